//! The venue's shell: requests in, the core's decisions made durable, answers and streams out.

pub mod config;
