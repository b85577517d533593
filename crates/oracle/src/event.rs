//! Everything that comes in, with the moment it came at: the same events give the same prices.

use std::sync::Arc;

use oracle_core::{Moment, SourceId};
use runtime::clock;
use runtime::http::Bytes;
use runtime::task::sync::mpsc;

use crate::chain::ChainEvent;

/// A connection, by its place among those of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub usize);

/// Something that came in, or that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskEvent {
    /// A connection is open and has subscribed.
    Opened(ConnectionId),
    /// A connection is gone, or could not be had; why, in words without secrets.
    Closed(ConnectionId, Arc<str>),
    /// A connection brought a message.
    Frame(ConnectionId, Bytes),
    /// The answer to a question for best prices.
    RestQuote(SourceId, Bytes),
    /// The answer to a question for a book.
    RestBook(SourceId, Bytes),
    /// A question that was not answered, and why.
    RestFailed(SourceId, Arc<str>),
    /// What an endpoint of a chain said, by the chain's place in the configuration.
    Chain(usize, Arc<ChainEvent>),
    /// It is time to work out the prices.
    Tick,
}

/// Where what comes in is handed to the engine; clones hand it to the same one.
#[derive(Clone, Debug)]
pub struct EventSender {
    events: mpsc::Sender<(Moment, DeskEvent)>,
}

impl EventSender {
    /// A sender and what it sends to, with room for so many events.
    #[must_use]
    pub fn channel(room: usize) -> (Self, mpsc::Receiver<(Moment, DeskEvent)>) {
        let (events, received) = mpsc::channel(room);
        (Self { events }, received)
    }

    /// Hands over what came in just now; waits while the engine is behind. False where it has ended.
    pub async fn send(&self, event: DeskEvent) -> bool {
        let at = moment();
        self.events.send((at, event)).await.is_ok()
    }
}

/// This moment, by both clocks.
#[must_use]
pub fn moment() -> Moment {
    Moment { now: clock::now(), unix_ms: clock::unix_time().as_millis() }
}
