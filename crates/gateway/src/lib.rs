//! The gateway's shell: sockets in, the core's decisions, sockets out.
//!
//! The way of a call: `server` takes the HTTP request, `answer` reads it and routes each item, `forward`
//! lets an item in by the `gate` and carries it through the core's [`gateway_core::Call`], `upstream` speaks to the node,
//! and `passing` hands large answers on while they come. Beside it `prober` keeps the core's knowledge of the nodes
//! fresh.

mod answer;
mod beacon;
mod chain;
mod checks;
pub mod config;
mod describe;
mod evidence;
mod fees;
mod follow;
mod forward;
mod gate;
mod gateway;
mod headers;
mod keeping;
mod lane;
mod latency;
mod metrics;
mod newheads;
mod opinion;
mod passing;
mod plan;
mod prober;
mod read;
mod refuse;
mod remainder;
mod server;
mod sharing;
mod submit;
mod testimony;
mod upstream;
mod websocket;

pub use chain::LoggedEvent;
pub use gate::{AdmissionClass, AdmissionSnapshot};
pub use gateway::{Gateway, StartError};
pub use latency::ClientLatency;
