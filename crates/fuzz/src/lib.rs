//! Fuzzing targets: random inputs against slow, obvious models.
//!
//! A [`Target`] is a function on bytes that panics where the code under test breaks its word: it panics
//! itself, or says something else than a model that is too slow or too simple for production. The
//! tests of this crate run every target for a bounded number of cases, each made from its number alone,
//! so that a failure is a line to rerun; [`hold`] says how. The folder `guided` runs the same targets for
//! hours under libFuzzer, which sees what code an input reaches.

mod binance;
mod block_tree;
mod config;
mod contract;
mod desk;
mod journal;
mod json_rpc;
mod markets;
mod mutate;
mod run;
mod target;
mod venue;

pub use binance::{BINANCE, binance};
pub use block_tree::{BLOCK_TREE, block_tree};
pub use config::{CONFIG, config};
pub use contract::{CONTRACT, contract};
pub use desk::{DESK, desk};
pub use journal::{JOURNAL, journal};
pub use json_rpc::{JSON_RPC, json_rpc};
pub use markets::{MARKETS, markets};
pub use mutate::{change, mutate};
pub use run::hold;
pub use target::{Form, Target};
pub use venue::{VENUE, venue};
