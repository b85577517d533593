//! What frames say.

use units::{Price, Quantity};

/// The best prices of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// What buyers offer; 0 where there are none.
    pub bid: Price,
    /// For how many; 0 where the venue does not say.
    pub bid_quantity: Quantity,
    /// What sellers want; 0 where there are none.
    pub ask: Price,
    /// For how many; 0 where the venue does not say.
    pub ask_quantity: Quantity,
    /// When the venue says, in milliseconds since 1970.
    pub time_ms: Option<u64>,
    /// Its place among the venue's messages of this market; it grows, with gaps where the venue leaves some out. 0
    /// where the venue does not number them.
    pub sequence: u64,
}

/// A trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trade {
    /// What was paid for one.
    pub price: Price,
    /// How many changed hands; 0 where the source does not say.
    pub quantity: Quantity,
    /// When the venue says, in milliseconds since 1970.
    pub time_ms: Option<u64>,
    /// The venue's number of it; 0 where it does not number them.
    pub sequence: u64,
}

/// One thing that a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A market's best prices, by the venue's own name of the market.
    Quote(&'a str, Quote),
    /// A trade on a market.
    Trade(&'a str, Trade),
    /// The connection is alive: a heartbeat, a pong, or a subscription that was confirmed.
    Beat,
    /// The message's number, of those that the venue counts without gaps on this connection: one that is left out is
    /// a loss.
    Count(u64),
    /// The venue refuses a subscription, in its own words.
    Refused(&'a str),
    /// The venue is about to end this connection: open another.
    Reconnect,
}
