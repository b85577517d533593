//! Test support: real nodes, fault proxies and load for the tests of the other crates.
//!
//! It speaks HTTP by its own few lines over blocking sockets, not through the `runtime` crate: a
//! fault there must not be hidden by the same fault in what measures it, and a proxy that cuts a
//! body short or hangs up in the middle needs the socket itself.

pub mod contract;
pub mod fleet;
pub mod gateway;
pub mod http;
pub mod load;
pub mod node;
pub mod power;
pub mod proof;
pub mod proxy;
pub mod rpc;
pub mod script;
pub mod split;
pub mod storm;
pub mod tools;
pub mod venue;
pub mod world;
