//! The practice world: small chain nodes that speak real JSON-RPC and fail on command.

mod chain;
mod fault;
mod network;
mod node;
