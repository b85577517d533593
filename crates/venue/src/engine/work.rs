//! What the engine is asked for, and what became of it.

use std::sync::Arc;

use units::Timestamp;
use venue_core::{AccountId, Command, Event};
use venue_views::{DeskRefusal, Labels};

/// One thing for the engine to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Who asks; `None` for the venue itself and its administration.
    pub account: Option<AccountId>,
    /// What is to be done. The `tag` of a placed order is its place in the list: the engine sets it.
    pub command: Command,
    /// What the core does not know of it.
    pub labels: Labels,
    /// Until when it is of use, by the venue's clock (Unix time): later it is shed.
    pub deadline: Timestamp,
}

impl Work {
    /// How much it is for the engine: one, or as many as there are orders in it.
    #[must_use]
    pub fn weight(&self) -> u64 {
        if let Command::PlaceAll(list) = &self.command {
            u64::try_from(list.len()).unwrap_or(u64::MAX).max(1)
        } else {
            1
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, or refused by events, and that is durable.
    Done(Done),
    /// It was not taken, and nothing has happened.
    Shed(ShedReason),
    /// It may have been done and may not: the journal did not say. It can be asked for by the client's order id.
    Unknown,
    /// The engine does not take anything any more.
    Stopped,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its number in the journal, from 1 on.
    pub sequence: u64,
    /// Its time.
    pub at: Timestamp,
    /// All that happened by it, in order; also what was due by then, and to others.
    pub events: Arc<[Event]>,
    /// What did not get as far as the core, by its place in the list; of anything else, 0.
    pub refused: Arc<[(u32, DeskRefusal)]>,
}

/// Why work was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShedReason {
    /// There is as much waiting as may.
    Full,
    /// It has waited for so long, as all have for a while, that fresher work is of more use.
    Overload,
    /// It cuts risk, and its account has asked for more of that than is kept free for it.
    Budget,
    /// Its deadline passed while it waited.
    Late,
    /// The engine is draining before a stop.
    Draining,
}
