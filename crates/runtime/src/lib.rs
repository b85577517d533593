//! The one crate that names the async runtime, sockets, clocks, signals and metrics.
//!
//! Everything above it says `runtime::…`; nothing else depends on tokio or rustls.

pub mod calendar;
pub mod client;
pub mod clock;
mod h1;
pub mod http;
pub mod log;
pub mod metrics;
pub mod signal;
mod stream;
pub mod task;
mod words;
