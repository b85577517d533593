//! What happened, for logs and alarms.

use units::Ratio;

use crate::id::{FeedId, SourceId};
use crate::input::Moment;
use crate::refusal::Refusal;
use crate::status::{Cause, Status};

/// Something that somebody should know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// Of which feed.
    pub feed: FeedId,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The status is another.
    Status {
        /// What it was.
        from: Status,
        /// What it is.
        to: Status,
        /// The worst cause of it, where there is one.
        cause: Option<Cause>,
    },
    /// A source is refused, or is used.
    Source {
        /// Which.
        source: SourceId,
        /// Why it is refused; `None` where it is used.
        refusal: Option<Refusal>,
        /// Whether nothing was told of it before: that it is used is then a part of starting.
        first: bool,
    },
    /// An exchange rate has reached a bound and is held: an alarm until it is over.
    Capped {
        /// The bound.
        bound: Ratio,
        /// What was read.
        read: Ratio,
    },
    /// It is within its bounds again.
    Uncapped,
}
