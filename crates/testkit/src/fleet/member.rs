//! One node of the network, as the network's driver sees it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::node::Node;
use crate::rpc::{self, RpcError};

/// A block as it is told to each node, so that all make the same one of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Seconds since 1970.
    pub(super) timestamp: u64,
    /// The raw transactions that became part of it, in order.
    pub(super) raws: Vec<String>,
    /// The hash that every node must come to.
    pub(super) hash: String,
}

/// What a node does when the network has a new block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes it.
    Following,
    /// Stays where it is, and answers.
    Frozen,
    /// Takes it so many blocks late.
    Lagging(usize),
    /// Goes on with empty blocks on a branch of its own.
    Apart,
}

/// A node, alive or dead, at an address that it keeps.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) node: Option<Node>,
    pub(super) address: SocketAddr,
    pub(super) mode: Mode,
}

/// What a pending transaction is, of what the driver needs.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) sender: String,
    pub(super) nonce: u128,
    pub(super) raw: String,
}

impl Member {
    pub(super) fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        match &self.node {
            Some(node) => node.rpc.call(method, params),
            None => Err(RpcError::NotJson("the node is dead".to_owned())),
        }
    }

    pub(super) const fn is_alive(&self) -> bool {
        self.node.is_some()
    }

    pub(super) fn head(&self) -> Result<(u64, String, Vec<String>), RpcError> {
        let block = self.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let number = rpc::quantity(&block["number"]).unwrap_or(0);
        let hashes = block["transactions"].as_array().cloned().unwrap_or_default();
        let hashes = hashes.iter().filter_map(|hash| hash.as_str().map(str::to_owned)).collect();
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        Ok((number, block["hash"].as_str().unwrap_or_default().to_owned(), hashes))
    }

    pub(super) fn hash_at(&self, number: u64) -> Result<String, RpcError> {
        let block = self.call("eth_getBlockByNumber", &json!([rpc::hex(number), false]))?;
        Ok(block["hash"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes one block of exactly these transactions and gives its hash and its transactions' hashes.
    /// The base fee is set, since anvil goes on from that of the abandoned head after a rollback.
    pub(super) fn make(
        &self,
        timestamp: u64,
        raws: &[String],
    ) -> Result<(String, Vec<String>), RpcError> {
        let parent = self.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let base_fee = format!("{:#x}", base_fee_after(&parent));
        self.call("anvil_dropAllTransactions", &json!([]))?;
        self.call("anvil_setNextBlockBaseFeePerGas", &json!([base_fee]))?;
        for raw in raws {
            // One that no longer fits, such as a nonce that was used, stays out on every node alike.
            if let Err(error @ RpcError::Transport(_)) =
                self.call("eth_sendRawTransaction", &json!([raw]))
            {
                return Err(error);
            }
        }
        self.call("evm_mine", &json!([{"timestamp": timestamp}]))?;
        let (_, hash, transactions) = self.head()?;
        Ok((hash, transactions))
    }

    pub(super) fn roll_back(&self, depth: u64) -> Result<(), RpcError> {
        if depth > 0 {
            self.call("anvil_rollback", &json!([depth]))?;
        }
        Ok(())
    }

    /// The transactions in its pool, by hash, with the sender and nonce of each.
    pub(super) fn pool(&self) -> Result<Vec<(String, String, u128)>, RpcError> {
        let content = self.call("txpool_content", &json!([]))?;
        let mut found = Vec::new();
        for part in ["pending", "queued"] {
            let senders = content[part].as_object().into_iter().flatten();
            let transactions = senders.flat_map(|(_, nonces)| nonces.as_object()).flatten();
            for (_, transaction) in transactions {
                let text = |key: &str| transaction[key].as_str().unwrap_or_default().to_owned();
                let nonce = rpc::quantity(&transaction["nonce"]).unwrap_or(0);
                found.push((text("hash"), text("from"), nonce));
            }
        }
        Ok(found)
    }

    pub(super) fn raw(&self, hash: &str) -> Result<Option<String>, RpcError> {
        let raw = self.call("eth_getRawTransactionByHash", &json!([hash]))?;
        Ok(raw.as_str().map(str::to_owned))
    }
}

/// The base fee of the block after `parent`, by the rule of EIP-1559.
fn base_fee_after(parent: &Value) -> u128 {
    let read = |key: &str| rpc::quantity(&parent[key]).unwrap_or(0);
    let (fee, used, target) = (read("baseFeePerGas"), read("gasUsed"), read("gasLimit") / 2);
    let change = fee * used.abs_diff(target) / target.max(1) / 8;
    if used > target { fee + change.max(1) } else { fee - change }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(used: u64) -> u128 {
        base_fee_after(&json!({
            "baseFeePerGas": rpc::hex(1_000_000_000), "gasUsed": rpc::hex(used),
            "gasLimit": rpc::hex(30_000_000),
        }))
    }

    #[test]
    fn a_base_fee_by_another_rule_would_make_blocks_that_no_network_has() {
        assert_eq!(after(15_000_000), 1_000_000_000);
        assert_eq!(after(30_000_000), 1_125_000_000);
        assert_eq!(after(0), 875_000_000);
    }
}
