//! The venue's shell: requests in, the core's decisions, durable answers and streams out.
//!
//! One [engine] thread owns the desk: it gives work its order and time, has the journal make it durable, does it, and
//! answers. Whoever asks or streams sees only what is durable.

mod admission;
pub mod config;
pub mod engine;
mod front;
mod listed;
pub mod prices;
mod running;
mod setup;
mod watch;

pub use running::{Running, StartError};
pub use setup::SetupError;
pub use watch::{LaneFigures, Reader, Refused, Watch};
