//! The engine: one thread that gives work its order and time, has it made durable, does it, and answers.

mod work;

pub use work::{Done, Outcome, ShedReason, Work};
