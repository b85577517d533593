//! What comes in, and what becomes of it.

use units::Span;

use crate::class::Class;
use crate::request::{Arrival, ShedReason, Ticket};

/// A piece of work that comes in.
#[derive(Clone, Copy, Debug)]
pub struct LaneArrival {
    /// What it is. The class is the one found from its effect; the cost is in the unit of
    /// [`crate::LaneSettings::rate`].
    pub arrival: Arrival,
    /// How many orders the client has open: it may cancel them all.
    pub open_orders: u32,
    /// What it does, where doing it twice does no more than doing it once: any number that is the same
    /// for the same effect of the same client.
    pub key: Option<u64>,
}

/// What is decided about work the moment it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It waits; a [`Turn`] or a [`ShedTurn`] with this ticket will say what became of it.
    Waits {
        /// Its name from now on.
        ticket: Ticket,
        /// The class in whose queue it is.
        queued: Class,
    },
    /// It repeats what waits already, and has the same outcome.
    Joins {
        /// What it repeats.
        ticket: Ticket,
    },
    /// It is sent away.
    Shed(ShedReason),
}

/// What the server is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub ticket: Ticket,
    /// The class that it came in with.
    pub class: Class,
    /// The class in whose queue it waited. Only what waited in that of the first is a claim to check.
    pub queued: Class,
    /// Whose it is.
    pub client: u64,
    /// How long it waited.
    pub waited: Span,
    /// How many others wait for the same answer.
    pub repeats: u32,
}

/// Somebody who waited and is sent away, with all his repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShedTurn {
    /// Which.
    pub ticket: Ticket,
    /// The class that it came in with.
    pub class: Class,
    /// Whose it is.
    pub client: u64,
    /// Why.
    pub reason: ShedReason,
}

/// Counters of one class, as the work came in, since the start; each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounts {
    /// What came.
    pub offered: u64,
    /// What joined work that waited already.
    pub joined: u64,
    /// What was above its client's budget and went to the third class.
    pub demoted: u64,
    /// What the server was given.
    pub served: u64,
    /// What was sent away because as many waited as may.
    pub shed_full: u64,
    /// What was sent away because it had waited for too long.
    pub shed_late: u64,
    /// What was sent away because its client's time was up.
    pub shed_deadline: u64,
    /// What left by itself while it waited.
    pub left: u64,
}

impl LaneCounts {
    /// What was sent away, for any reason.
    #[must_use]
    pub const fn shed(&self) -> u64 {
        self.shed_full.saturating_add(self.shed_late).saturating_add(self.shed_deadline)
    }

    pub(crate) const fn count_shed(&mut self, reason: ShedReason) {
        let count = match reason {
            ShedReason::Full => &mut self.shed_full,
            ShedReason::Late => &mut self.shed_late,
            ShedReason::Deadline => &mut self.shed_deadline,
        };
        *count = count.saturating_add(1);
    }
}
