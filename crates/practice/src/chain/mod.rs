//! The practice chain as pure logic: state, transactions, blocks. No clock, no I/O, no own randomness.
//!
//! The same inputs give the same bytes, so two worlds of one seed have the same block hashes.

mod assembly;
mod block;
mod build;
mod contracts;
mod evm;
mod genesis;
mod identity;
mod pool;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod transaction;
mod trie;
mod view;

pub(crate) use block::Block;
pub(crate) use build::{Template, build_block};
pub use contracts::{MARKET_CONTRACTS, MarkSource, MarketContracts, Marks};
pub(crate) use evm::{Ledger, block_env, cfg_env, evm};
pub use genesis::signed_transfer;
pub(crate) use genesis::{faucet_key, faucet_transfer, genesis_block};
pub(crate) use identity::{TRIGGER_SENDER, has_bug, trigger_transaction};
pub(crate) use pool::Pool;
pub(crate) use state::Account;
pub(crate) use store::BlockStore;
pub(crate) use transaction::Transaction;
#[cfg(test)]
pub(crate) use transaction::sign;
pub(crate) use view::{HISTORY_BLOCKS, View};
