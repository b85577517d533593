//! The gateway's shell: sockets in, the core's decisions, sockets out.

pub mod config;
