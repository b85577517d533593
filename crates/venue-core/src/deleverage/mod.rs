//! Deleveraging: who is closed against what the book did not take, and who pays what nobody else paid.
//!
//! Lots are closed in proportion to lots, and the deficit is shared in money in proportion to profit, each exact to the
//! unit and the same whatever order the holders are looked at in. Clearing houses have long cut gains like this
//! (variation margin gains haircutting); the rankings of three venues are here to be compared with it.

mod decision;
mod holder;
mod queue;
mod share;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Given, Loser, Mismatch, Question, verify};
pub use holder::{At, Holder};
pub use queue::{QueuePlace, place};
pub use share::{ShareError, share};
