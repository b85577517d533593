//! Crises of chains.
//!
//! Small models, each in a file that says what it leaves out: votes, validators' versions, a sequencer's queue, a fee
//! market. Time is simulated and everything is drawn from one seed, so that the same scene gives the same bytes.

mod chart;
mod course;
mod fees;
pub mod sequencer;
pub mod upgrade;
pub mod versions;
pub mod votes;

pub use course::Course;

use incident::Mechanism;

/// All mechanisms of this crate.
#[must_use]
pub fn mechanisms() -> Vec<Box<dyn Mechanism>> {
    vec![Box::new(fees::Fees), Box::new(chart::Chart)]
}
