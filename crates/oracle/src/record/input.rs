//! What was read from a chain, as a recording keeps it.

use oracle_core::{FeedId, Input, Quote, RateReading, SourceId, Trade};
use serde::{Deserialize, Serialize};
use units::{Money, Price, Quantity, Ratio};

/// An input, with exact numbers as trillionths in text: JSON's own numbers end at 53 bits in many readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InputLine {
    Quote { source: usize, bid: Exact, ask: Exact, time_ms: Option<u64>, sequence: u64 },
    Trade { source: usize, price: Exact, quantity: Exact, time_ms: Option<u64>, sequence: u64 },
    Point { source: usize, price: Exact, quantity: Exact, time_ms: Option<u64>, sequence: u64 },
    Beat { source: usize },
    Gap { source: usize },
    Resync { source: usize },
    Lost { source: usize },
    Depth { source: usize, bids: Exact, asks: Exact, complete: bool },
    Rate { feed: usize, reader: usize, ratio: Exact, block: u64, time_ms: u64 },
    Redemption { feed: usize, healthy: bool },
}

/// An exact number, written in trillionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Exact(i128);

impl TryFrom<String> for Exact {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<Exact> for String {
    fn from(exact: Exact) -> Self {
        exact.0.to_string()
    }
}

impl From<Input> for InputLine {
    fn from(input: Input) -> Self {
        match input {
            Input::Quote(source, quote) => Self::Quote {
                source: source.place(),
                bid: Exact(quote.bid.raw()),
                ask: Exact(quote.ask.raw()),
                time_ms: quote.time_ms,
                sequence: quote.sequence,
            },
            Input::Trade(source, trade) => Self::Trade {
                source: source.place(),
                price: Exact(trade.price.raw()),
                quantity: Exact(trade.quantity.raw()),
                time_ms: trade.time_ms,
                sequence: trade.sequence,
            },
            Input::Point(source, trade) => Self::Point {
                source: source.place(),
                price: Exact(trade.price.raw()),
                quantity: Exact(trade.quantity.raw()),
                time_ms: trade.time_ms,
                sequence: trade.sequence,
            },
            Input::Beat(source) => Self::Beat { source: source.place() },
            Input::Gap(source) => Self::Gap { source: source.place() },
            Input::Resync(source) => Self::Resync { source: source.place() },
            Input::Lost(source) => Self::Lost { source: source.place() },
            Input::Depth(source, depth) => Self::Depth {
                source: source.place(),
                bids: Exact(depth.bids.raw()),
                asks: Exact(depth.asks.raw()),
                complete: depth.complete,
            },
            Input::Rate(feed, reading) => Self::Rate {
                feed: feed.place(),
                reader: reading.reader,
                ratio: Exact(reading.ratio.raw()),
                block: reading.block,
                time_ms: reading.time_ms,
            },
            Input::Redemption(feed, healthy) => Self::Redemption { feed: feed.place(), healthy },
        }
    }
}

impl From<InputLine> for Input {
    fn from(line: InputLine) -> Self {
        let trade = |price: Exact, quantity: Exact, time_ms, sequence| Trade {
            price: Price::from_raw(price.0),
            quantity: Quantity::from_raw(quantity.0),
            time_ms,
            sequence,
        };
        match line {
            InputLine::Quote { source, bid, ask, time_ms, sequence } => {
                let (bid, ask) = (Price::from_raw(bid.0), Price::from_raw(ask.0));
                Self::Quote(SourceId::new(source), Quote { bid, ask, time_ms, sequence })
            }
            InputLine::Trade { source, price, quantity, time_ms, sequence } => {
                Self::Trade(SourceId::new(source), trade(price, quantity, time_ms, sequence))
            }
            InputLine::Point { source, price, quantity, time_ms, sequence } => {
                Self::Point(SourceId::new(source), trade(price, quantity, time_ms, sequence))
            }
            InputLine::Beat { source } => Self::Beat(SourceId::new(source)),
            InputLine::Gap { source } => Self::Gap(SourceId::new(source)),
            InputLine::Resync { source } => Self::Resync(SourceId::new(source)),
            InputLine::Lost { source } => Self::Lost(SourceId::new(source)),
            InputLine::Depth { source, bids, asks, complete } => {
                let (bids, asks) = (Money::from_raw(bids.0), Money::from_raw(asks.0));
                Self::Depth(SourceId::new(source), oracle_core::Depth { bids, asks, complete })
            }
            InputLine::Rate { feed, reader, ratio, block, time_ms } => {
                let ratio = Ratio::from_raw(ratio.0);
                Self::Rate(FeedId::new(feed), RateReading { reader, ratio, block, time_ms })
            }
            InputLine::Redemption { feed, healthy } => Self::Redemption(FeedId::new(feed), healthy),
        }
    }
}
