//! What a venue is to a reader of its prices.

use std::fmt;

use units::Span;

use crate::book::Book;
use crate::message::{Message, Quote};
use crate::odd::Odd;

/// What to send so that a venue keeps a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// How often.
    pub every: Span,
    /// What, as text.
    pub text: String,
}

/// Where a venue is found, what to send to it, and what its frames mean.
pub trait Venue: fmt::Debug + Send + Sync {
    /// Its name in the configuration, such as `binance`; also the name of its group.
    fn name(&self) -> &str;

    /// Where its market data is streamed, unless the configuration says otherwise.
    fn websocket(&self) -> &str;

    /// Where it answers questions, unless the configuration says otherwise: without a path, and no slash at its end.
    fn rest(&self) -> &str;

    /// What to send after connecting, so that best prices, trades and heartbeats of these markets come.
    fn subscribe(&self, markets: &[String]) -> Vec<String>;

    /// How long to wait between two of those messages, so that the venue's limit holds.
    fn subscribe_pause(&self) -> Span {
        Span::from_millis(250)
    }

    /// What to send now and then; nothing where the venue's own pings do.
    fn keep_alive(&self) -> Option<KeepAlive> {
        None
    }

    /// How many markets one connection may carry.
    fn markets_max(&self) -> usize {
        200
    }

    /// Adds what a frame says to `out`, in order.
    ///
    /// # Errors
    /// Where the frame is not what the venue documents; `out` may hold what stood before the odd part.
    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd>;

    /// The path that answers with a market's best prices. Empty where the source has none.
    fn quote_path(&self, market: &str) -> String;

    /// Reads that answer.
    ///
    /// # Errors
    /// Where it is not what the venue documents.
    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd>;

    /// The path that answers with a snapshot of a market's book, as deep as the venue gives in one answer. Empty where
    /// the source has none.
    fn book_path(&self, market: &str) -> String;

    /// Reads that answer.
    ///
    /// # Errors
    /// Where it is not what the venue documents.
    fn read_book(&self, body: &[u8]) -> Result<Book, Odd>;

    /// How long to wait between two snapshots of books, of whatever markets, so that the venue's limit holds.
    fn book_pause(&self) -> Span {
        Span::from_secs(1)
    }
}
