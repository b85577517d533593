//! An open-loop load on a venue, over the surface that its clients use, and capacity tests of venues and gateways.
//!
//! Requests are due at times that are fixed before the run, whatever becomes of the earlier ones, and latency counts
//! from when a request was due: a venue that stalls is not spared what it held up. What was offered, what was sent and
//! what was answered are counted apart, since a venue under pressure does not even read all that is offered. A load that
//! has no time to keep its own schedule says so, and its run is void: it would have measured itself.

mod ask;
pub mod capacity;
mod closed;
mod door;
mod holder;
mod outcome;
mod plan;
mod prices;
mod report;
mod run;
mod scene;
mod schedule;
mod stage;
mod tally;
mod watch;

pub use ask::{Ask, Terms};
pub use closed::{Closed, closed};
pub use door::{Door, Way};
pub use holder::Holder;
pub use outcome::Answer;
pub use plan::{Class, Group, Insist, Plan};
pub use prices::Prices;
pub use report::{Figures, GroupReport, Report};
pub use run::run;
pub use scene::{Scene, groups, who_close};
pub use stage::{Admin, Cast, StageError, Stake, Troupe, terms};
pub use watch::Watched;
