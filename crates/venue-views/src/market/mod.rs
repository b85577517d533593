//! What everybody sees of a market.

mod candle;
mod candles;
mod funding;
mod interval;
mod ticker;

use std::collections::VecDeque;

use machine::{Codec, CodecError, Reader};
use units::fixed::mul_div;
use units::{Money, Rounding, Timestamp};
use venue_core::{BookLevel, Lots, OrderId, PriceUpdate, Side, Ticks, Trade, TradeId, worth};

use crate::history::keep;
use crate::trade::{Aggregate, PublicTrade};
pub use candle::Candle;
use candles::Candles;
pub(crate) use funding::Funding;
pub use funding::{Funded, FundingRule};
pub use interval::Interval;
pub use ticker::Ticker;
pub(crate) use ticker::WINDOW;

/// Trades, and aggregated trades, that are kept of a market: as many as one answer may hold (Binance's largest limit).
pub(crate) const TRADES: usize = 1_000;

/// What a whole premium is in candles, which hold whole numbers: they have eight places.
const PREMIUM: i128 = 100_000_000;

/// Prices that are not of trades, and have candles all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// The index, in ticks.
    Index,
    /// The mark, in ticks.
    Mark,
    /// How far the mark is from the index, as a part of the index, in hundred-millionths.
    Premium,
}

/// What everybody sees of a market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MarketViews {
    /// The number of the last change of the book.
    pub(crate) update: u64,
    /// When it was.
    pub(crate) updated_at: Timestamp,
    /// The best bid and ask, as they were told last.
    pub(crate) best: (Option<BookLevel>, Option<BookLevel>),
    /// What its index is worth.
    pub(crate) index: Option<PriceUpdate>,
    trades: VecDeque<PublicTrade>,
    aggregates: VecDeque<Aggregate>,
    /// How many aggregated trades there were.
    aggregated: u64,
    candles: Candles,
    /// Candles of what is not traded, by [`PriceKind`].
    prices: [Candles; 3],
    pub(crate) funding: Funding,
    /// Aggregated trades of this entry, each with the order that took.
    growing: Vec<(OrderId, Aggregate)>,
}

impl MarketViews {
    /// Takes a trade in, and gives it back as everybody sees it.
    pub(crate) fn trade(&mut self, trade: &Trade, tick_value: Money, at: Timestamp) -> PublicTrade {
        let Trade { trade: number, price, lots, taker_side, taker, .. } = *trade;
        let public = PublicTrade { trade: number, price, lots, taker_side, at };
        keep(&mut self.trades, TRADES, public);
        self.candles.trade(&public, worth(lots, price, tick_value));
        match self.growing.last_mut() {
            Some((order, grown)) if *order == taker.order && grown.grows_by(&public) => {
                grown.lots = grown.lots.plus(lots);
                grown.last = number;
            }
            _ => {
                self.aggregated = self.aggregated.saturating_add(1);
                let aggregate = Aggregate {
                    number: self.aggregated,
                    price,
                    lots,
                    first: number,
                    last: number,
                    taker_side,
                    at,
                };
                self.growing.push((taker.order, aggregate));
            }
        }
        public
    }

    /// Takes an index and a mark in.
    pub(crate) fn sample(&mut self, index: Ticks, mark: Ticks, at: Timestamp) {
        let off = i128::from(mark.minus(index).number());
        let premium = mul_div(off, PREMIUM, i128::from(index.number()), Rounding::Down);
        let premium = premium.and_then(|premium| i64::try_from(premium).ok()).unwrap_or(0);
        let (trade, lots, taker_side) = (TradeId::new(0), Lots::ZERO, Side::Buy);
        for (candles, price) in self.prices.iter_mut().zip([index, mark, Ticks::new(premium)]) {
            candles.trade(&PublicTrade { trade, price, lots, taker_side, at }, Money::ZERO);
        }
    }

    /// The aggregated trades of an entry that is over.
    pub(crate) fn aggregate(&mut self) -> Vec<Aggregate> {
        let done: Vec<_> = self.growing.drain(..).map(|(_, aggregate)| aggregate).collect();
        for aggregate in &done {
            keep(&mut self.aggregates, TRADES, *aggregate);
        }
        done
    }

    pub(crate) const fn trades(&self) -> &VecDeque<PublicTrade> {
        &self.trades
    }

    pub(crate) const fn aggregates(&self) -> &VecDeque<Aggregate> {
        &self.aggregates
    }

    pub(crate) const fn prices(&self, kind: PriceKind) -> &Candles {
        let [index, mark, premium] = &self.prices;
        match kind {
            PriceKind::Index => index,
            PriceKind::Mark => mark,
            PriceKind::Premium => premium,
        }
    }

    pub(crate) const fn candles(&self) -> &Candles {
        &self.candles
    }
}

impl Aggregate {
    fn grows_by(&self, trade: &PublicTrade) -> bool {
        self.price == trade.price && self.taker_side == trade.taker_side
    }
}

impl Codec for MarketViews {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { update, updated_at, best, index, trades, aggregates, aggregated, .. } = self;
        // Between two entries nothing grows.
        let Self { candles, prices, funding, growing: _, .. } = self;
        update.encode(bytes);
        updated_at.encode(bytes);
        best.encode(bytes);
        index.encode(bytes);
        trades.encode(bytes);
        aggregates.encode(bytes);
        aggregated.encode(bytes);
        candles.encode(bytes);
        prices.iter().for_each(|candles| candles.encode(bytes));
        funding.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            update: Codec::decode(reader)?,
            updated_at: Codec::decode(reader)?,
            best: Codec::decode(reader)?,
            index: Codec::decode(reader)?,
            trades: Codec::decode(reader)?,
            aggregates: Codec::decode(reader)?,
            aggregated: Codec::decode(reader)?,
            candles: Candles::decode(reader)?,
            prices: [Candles::decode(reader)?, Candles::decode(reader)?, Candles::decode(reader)?],
            funding: Funding::decode(reader)?,
            growing: Vec::new(),
        })
    }
}
