//! A crisis as data.
//!
//! An [`Incident`] is read from a file: what happened and who says so, which [`Mechanism`] simulates it with which
//! parameters, the configuration of the real part that stands against it, the [`Defence`]s (each one key of that
//! configuration, and what it is without the defence), the [`Metric`]s of the damage, and what is expected of them.
//! Whoever knows the mechanisms can write one without Rust.
//!
//! [`Case`]s are the runs that a drill is made of: all defences on, all off, one off at a time, and what the file asks
//! for besides. A mechanism runs one and gives an [`Outcome`].

mod case;
mod configuration;
mod expectation;
mod file;
mod mechanism;
mod mistake;
mod outcome;
mod reader;
mod story;
mod target;
mod values;

pub use case::{Case, Role, cases, target_case};
pub use configuration::{Change, changed, value_of};
pub use expectation::{Bounds, Expectation};
pub use file::Incident;
pub use mechanism::{Mechanism, Parameter, Scene, Silent, Watch};
pub use mistake::{Mistake, Mistakes};
pub use outcome::{Across, Event, Outcome, Series};
pub use story::{Better, Defence, Fact, Metric, Moment, Profile, Remedy, Risk, Unit, Verdict};
pub use target::{Ports, Target, Upstream};
pub use values::{Value, Values};
