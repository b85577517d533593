//! Durable changes, told to whoever listens.

use std::sync::Arc;

use runtime::task::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use units::Timestamp;
use venue_views::Change;

/// Messages that a slow listener may be behind; each is of up to [`SLICE`](super::sequencer::SLICE) entries.
const BEHIND: usize = 4_096;

/// What an entry has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The entry's number.
    pub sequence: u64,
    /// Its time.
    pub at: Timestamp,
    /// What has changed.
    pub changes: Vec<Change>,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Entries with changes, in order; entries without any are left out.
    Entries(Arc<[Published]>),
    /// The listener was too slow: so many messages are lost to it, and it has to begin anew.
    Lost(u64),
    /// Nothing will come any more.
    Ended,
}

/// Who tells.
#[derive(Clone, Debug)]
pub(super) struct Publisher {
    sender: broadcast::Sender<Arc<[Published]>>,
}

impl Publisher {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::channel(BEHIND).0 }
    }

    /// Tells all who listen; whether anybody does.
    pub(super) fn tell(&self, entries: Vec<Published>) -> bool {
        !entries.is_empty() && self.sender.send(entries.into()).is_ok()
    }

    pub(super) fn subscribe(&self) -> Subscription {
        Subscription { receiver: self.sender.subscribe() }
    }
}

/// Who listens. A reading of the desk after subscribing holds everything up to its
/// [number of entries](venue_views::Desk::entries); what is heard with a number up to that is already in it.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Arc<[Published]>>,
}

impl Subscription {
    /// Waits for the next message. Nothing is lost where the future is dropped.
    pub async fn next(&mut self) -> Heard {
        match self.receiver.recv().await {
            Ok(entries) => Heard::Entries(entries),
            Err(RecvError::Lagged(lost)) => Heard::Lost(lost),
            Err(RecvError::Closed) => Heard::Ended,
        }
    }

    /// The next message, if there is one already.
    pub fn try_next(&mut self) -> Option<Heard> {
        match self.receiver.try_recv() {
            Ok(entries) => Some(Heard::Entries(entries)),
            Err(TryRecvError::Lagged(lost)) => Some(Heard::Lost(lost)),
            Err(TryRecvError::Closed) => Some(Heard::Ended),
            Err(TryRecvError::Empty) => None,
        }
    }
}
