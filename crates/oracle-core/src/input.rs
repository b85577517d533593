//! What comes in: what sources say, and when.

use units::{Money, Price, Quantity, Ratio, Timestamp};

use crate::id::{FeedId, SourceId};

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// By the monotonic clock; what every span is measured with.
    pub now: Timestamp,
    /// Milliseconds since 1970-01-01T00:00:00Z; what venues' clocks are compared with, and what people read.
    pub unix_ms: u64,
}

/// The best bid and ask of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// What buyers offer.
    pub bid: Price,
    /// What sellers want.
    pub ask: Price,
    /// When the venue says, in milliseconds since 1970; `None` where it does not say.
    pub time_ms: Option<u64>,
    /// Its place among the venue's messages of this market; 0 where they are not numbered.
    pub sequence: u64,
}

/// A trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trade {
    /// What was paid for one.
    pub price: Price,
    /// How many changed hands.
    pub quantity: Quantity,
    /// When the venue says, in milliseconds since 1970; `None` where it does not say.
    pub time_ms: Option<u64>,
    /// Its place among the venue's messages of this market; 0 where they are not numbered.
    pub sequence: u64,
}

/// How much money stands within one per cent of the midpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// On the buyers' side: what it takes to push the price down by one per cent.
    pub bids: Money,
    /// On the sellers' side: what it takes to push it up by one.
    pub asks: Money,
    /// Whether the book was seen as far as one per cent away; otherwise there is at least this much.
    pub complete: bool,
}

/// What one reader says of an exchange rate: value, time and block are one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateReading {
    /// Which of the feed's readers.
    pub reader: usize,
    /// How much comes out for one.
    pub ratio: Ratio,
    /// The block that it was read at.
    pub block: u64,
    /// That block's own time, in milliseconds since 1970.
    pub time_ms: u64,
}

/// Something that a source said, or that became of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A book's best prices.
    Quote(SourceId, Quote),
    /// A trade.
    Trade(SourceId, Trade),
    /// A price without a book: of a pool, or of another oracle.
    Point(SourceId, Trade),
    /// The source's connection is alive, and said nothing of prices.
    Beat(SourceId),
    /// Messages of the source are missing: it says nothing until it is in step again.
    Gap(SourceId),
    /// It is in step again.
    Resync(SourceId),
    /// Its connection is gone.
    Lost(SourceId),
    /// It was asked, and has no price: what it said before is not true any more.
    NoPrice(SourceId),
    /// How deep its book is.
    Depth(SourceId, Depth),
    /// What an exchange rate was read to be.
    Rate(FeedId, RateReading),
    /// Whether the issuer redeems as promised.
    Redemption(FeedId, bool),
}
