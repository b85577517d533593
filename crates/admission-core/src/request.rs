//! What comes in, what is decided about it at once, and what became of it later.

use units::{Span, Timestamp};

use crate::class::Class;

/// Names one piece of work that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A piece of work that comes in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Its class.
    pub class: Class,
    /// Whose it is: any number that stands for one client.
    pub client: u64,
    /// What it costs compared to other work of its class; 1 where that is not known.
    pub cost: u32,
    /// When its client stops waiting.
    pub deadline: Timestamp,
}

/// What is decided about work the moment it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It has a place, to be given back with [`crate::Admission::release`].
    Admitted,
    /// It waits; an [`Output`] with this ticket will say what became of it.
    Waits {
        /// Its name from now on.
        ticket: Ticket,
        /// When it gives up: call [`crate::Admission::on_wake`] then.
        until: Timestamp,
    },
    /// It is sent away.
    Shed(ShedReason),
}

/// What became of work that waited. Each ticket has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// It has a place, to be given back with [`crate::Admission::release`].
    Admit {
        /// Which.
        ticket: Ticket,
        /// How long it waited.
        waited: Span,
    },
    /// It is sent away.
    Shed {
        /// Which.
        ticket: Ticket,
        /// Why.
        reason: ShedReason,
    },
}

/// Why somebody who waited, or wanted to, was sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShedReason {
    /// As many wait as may, and nobody has more of them in line than this client.
    Full,
    /// Waited so long that serving it would keep fresher work waiting for nothing.
    Late,
    /// Its client's time is up.
    Deadline,
}

impl ShedReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Full, Self::Late, Self::Deadline];

    /// The reason as it is written in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Late => "late",
            Self::Deadline => "deadline",
        }
    }
}
