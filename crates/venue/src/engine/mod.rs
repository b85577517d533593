//! The engine: one thread that gives work its order and time, has it made durable, does it, and answers.
//!
//! Nothing is done before it is durable, so there is never anything to take back, and what is read is durable. While the
//! journal writes one batch the thread does the one before and hands in the next.

mod capacity;
mod claim;
mod doing;
mod figures;
mod handle;
mod intake;
mod mailbox;
mod publish;
mod record;
mod recover;
mod schedule;
mod sequencer;
mod settings;
mod snapshots;
#[cfg(test)]
pub(crate) mod tests;
mod thread;
mod ticket;
mod work;

pub use claim::Claim;
pub use figures::{EngineFigures, EngineState};
pub use handle::Engine;
pub use intake::{Intake, Shed};
pub use publish::{Heard, Published, Subscription};
pub use recover::{StartError, Started};
pub use settings::{EngineSettings, InterestRule};
pub(crate) use thread::unix_now;
pub use ticket::Ticket;
pub use work::{Done, Outcome, ShedReason, Work};
