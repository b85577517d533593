//! Trades of a span of time, as one.

use machine::codec_struct;
use units::{Money, Timestamp};
use venue_core::{Lots, Side, Ticks, TradeId};

use crate::trade::PublicTrade;

/// Trades of a span of time, as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When the span begins.
    pub from: Timestamp,
    /// The first price.
    pub open: Ticks,
    /// The highest.
    pub high: Ticks,
    /// The lowest.
    pub low: Ticks,
    /// The last.
    pub close: Ticks,
    /// All lots.
    pub lots: Lots,
    /// What they were worth.
    pub quote: Money,
    /// How many trades.
    pub trades: u64,
    /// Lots that were bought by who took.
    pub taker_lots: Lots,
    /// What those were worth.
    pub taker_quote: Money,
    /// The first trade; 0 where there is none.
    pub first: TradeId,
    /// The last trade; 0 where there is none.
    pub last: TradeId,
}

codec_struct! {
    Candle {
        from, open, high, low, close, lots, quote, trades, taker_lots, taker_quote, first, last,
    }
}

impl Candle {
    /// A span without a trade, after a price.
    pub(crate) const fn flat(from: Timestamp, price: Ticks) -> Self {
        Self {
            from,
            open: price,
            high: price,
            low: price,
            close: price,
            lots: Lots::ZERO,
            quote: Money::ZERO,
            trades: 0,
            taker_lots: Lots::ZERO,
            taker_quote: Money::ZERO,
            first: TradeId::new(0),
            last: TradeId::new(0),
        }
    }

    /// A span that begins with a trade.
    pub(crate) fn of(from: Timestamp, trade: &PublicTrade, quote: Money) -> Self {
        let bought = trade.taker_side == Side::Buy;
        Self {
            lots: trade.lots,
            quote,
            trades: 1,
            taker_lots: if bought { trade.lots } else { Lots::ZERO },
            taker_quote: if bought { quote } else { Money::ZERO },
            first: trade.trade,
            last: trade.trade,
            ..Self::flat(from, trade.price)
        }
    }

    /// Adds what came after it; the span's beginning stays.
    pub(crate) fn add(&mut self, later: &Self) {
        if self.trades == 0 {
            *self = Self { from: self.from, ..*later };
            return;
        }
        if later.trades == 0 {
            return;
        }
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.lots = self.lots.plus(later.lots);
        self.quote = self.quote.plus(later.quote);
        self.trades = self.trades.saturating_add(later.trades);
        self.taker_lots = self.taker_lots.plus(later.taker_lots);
        self.taker_quote = self.taker_quote.plus(later.taker_quote);
        self.last = later.last;
    }
}
