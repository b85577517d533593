//! The one crate that names the async runtime, sockets, clocks, signals and metrics.
//!
//! Everything above it says `runtime::…`; nothing else depends on tokio, hyper or rustls.

mod body;
pub mod client;
pub mod clock;
pub mod http;
pub mod log;
pub mod metrics;
pub mod signal;
mod stream;
pub mod task;
