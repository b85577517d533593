//! Readers of contracts: aggregators, pools and exchange rates, all of one round at one block.
//!
//! The poller asks and hands the raw answers over as they are; what they mean is worked out at the desk, from the
//! same events in a replay. A contract that refuses, or that says something odd, has no price at that block; a node
//! that does not answer leaves what was last read standing, until that is too old.

mod calls;
mod config;
mod event;
mod read;
mod reads;
#[cfg(test)]
mod tests;

pub(crate) use calls::{Question, Questions, questions};
pub use config::{ChainConfig, ChainRate, ChainSource, ENDPOINTS_MAX, SourceContract};
pub(crate) use event::shortened;
pub use event::{CallSaid, ChainAnswer, ChainEvent, ChainRound, ChainSaid};
pub(crate) use reads::ChainReads;
