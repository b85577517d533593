//! The practice world: small chain nodes that speak real JSON-RPC over real sockets and fail on command.
//!
//! - `chain` executes transactions and makes blocks: pure, the same inputs give the same bytes;
//! - `node` answers JSON-RPC over one node's view of that chain;
//! - `network` says who has which block and when: pure, time and seed come in;
//! - `fault` is what can be broken about a node;
//! - `scenario` is what can happen to all nodes at once, step by step;
//! - `world` gives it sockets, a clock and threads, `stage` plays scenarios, `load` plays the clients;
//!   `control` and `panel` let people break things.
//!
//! What a real node has and these do not: WebSocket and filters, `debug_` and `trace_` calls, state
//! overrides, blob transactions, error texts of other clients than Geth.

mod action;
mod chain;
mod control;
mod fault;
mod load;
mod network;
mod node;
mod nodes;
mod panel;
mod scenario;
mod server;
mod shared;
mod stage;
mod world;

pub use action::Action;
pub use chain::{MARKET_CONTRACTS, MarkSource, MarketContracts, Marks, signed_transfer};
pub use fault::{Breakage, Garble, GarbleKind, Lie};
pub use load::Tally;
pub use network::{Finality, maker_of_splits};
pub use nodes::{ActionError, NodeSpec, NodeView};
pub use scenario::{Scenario, Scene};
pub use world::{PracticeError, World, WorldOptions};
