//! The last 24 hours.

use units::{Money, Span, Timestamp};
use venue_core::{Lots, Ticks, TradeId};

use crate::market::candle::Candle;

/// The window of a ticker.
pub(crate) const WINDOW: Span = Span::from_secs(24 * 3_600);

/// The last 24 hours, to the minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticker {
    /// When the window begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// The first price.
    pub open: Ticks,
    /// The highest.
    pub high: Ticks,
    /// The lowest.
    pub low: Ticks,
    /// The last price; it may be of before the window.
    pub last: Ticks,
    /// The lots of the last trade.
    pub last_lots: Lots,
    /// All lots.
    pub lots: Lots,
    /// What they were worth.
    pub quote: Money,
    /// How many trades.
    pub trades: u64,
    /// The first trade; 0 where there is none.
    pub first_trade: TradeId,
    /// The last trade; 0 where there is none.
    pub last_trade: TradeId,
}

impl Ticker {
    /// A window that ends at a time, with all its trades as one, and the last trade of all.
    pub(crate) fn of(to: Timestamp, trades: Option<Candle>, last: Option<(Ticks, Lots)>) -> Self {
        let (last, last_lots) = last.unwrap_or_default();
        let all = trades.unwrap_or(Candle::flat(to, last));
        Self {
            from: to.before(WINDOW),
            to,
            open: all.open,
            high: all.high,
            low: all.low,
            last,
            last_lots,
            lots: all.lots,
            quote: all.quote,
            trades: all.trades,
            first_trade: all.first,
            last_trade: all.last,
        }
    }
}
