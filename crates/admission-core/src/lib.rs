//! Who is let in under load, and how many at once, as deterministic state machines.
//!
//! [`Limit`] finds out how many calls one server bears at a time, from how long its answers take; [`Pool`]
//! adds up those of several.
//! [`Admission`] shares that many places among those who come: by class, then fairly among the clients
//! of a class, with bounded queues in which nothing waits longer than is of use to anybody.
//!
//! [`Lanes`] shares one server that does so much a second and one piece of work at a time, as a matching
//! engine does: by class with a floor under each, and with a budget for the class that goes first.
//!
//! None of them reads a clock or knows what a call is: the shell hands in what happened and when, and does
//! what comes out. The gateway uses the first two before its upstreams; nothing here is about chains.

#![cfg_attr(
    not(test),
    deny(
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::integer_division,
        clippy::as_conversions,
        clippy::iter_over_hash_type,
        clippy::indexing_slicing
    )
)]

mod admission;
mod class;
mod counts;
mod lanes;
mod limit;
mod line;
mod pool;
mod queue;
mod request;
mod settings;
mod window;

pub use admission::Admission;
pub use class::{Class, PerClass};
pub use counts::ClassCounts;
pub use lanes::{
    BudgetRules, Entry, LaneArrival, LaneCounts, LaneRules, LaneSettings, Lanes, ShedTurn, Turn,
};
pub use limit::{Limit, LimitSettings};
pub use pool::{Condition, Pool};
pub use request::{Arrival, Decision, Output, ShedReason, Ticket};
pub use settings::{ClassRules, DelayRule, Mode, Settings};
pub use window::Sample;
