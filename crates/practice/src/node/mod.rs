//! The JSON-RPC side of one practice node: pure functions of its view of the chain and its pool.

mod account;
mod call;
mod fees;
mod format;
mod history;
mod lie;
mod logs;
mod params;
mod rpc;
mod submit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use serde_json::{Value, json};

use crate::chain::{Block, Pool, Template, Transaction, View, build_block};
use crate::fault::{Breakage, Lie};
use format::{data, quantity};
use params::{BlockSelector, Params};
use rpc::{Call, RpcError};

/// What a node says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The answer to `web3_clientVersion`.
    pub(crate) client_version: String,
    /// The chain it is on.
    pub(crate) chain_id: u64,
    /// How many other nodes it is connected to.
    pub(crate) peers: usize,
    /// Seconds between blocks, for the pending block's timestamp.
    pub(crate) block_seconds: u64,
}

/// A node as it is at one moment, for answering one request. Blocks that arrive meanwhile do not
/// change it, so all items of a batch see one chain.
#[derive(Clone, Debug)]
pub(crate) struct NodeSnapshot {
    /// Who answers.
    pub(crate) identity: Arc<Identity>,
    /// The chain as the node sees it.
    pub(crate) view: Arc<View>,
    /// The transactions that wait.
    pub(crate) pool: Arc<Pool>,
    /// What the node lies about, if it does.
    pub(crate) lie: Option<Lie>,
    /// The method that is broken, if one is.
    pub(crate) breakage: Option<Breakage>,
    /// The transactions that were taken in while answering, for the network to carry on.
    pub(crate) accepted: Vec<Arc<Transaction>>,
    /// Whether the whole HTTP request is to fail.
    pub(crate) failed: bool,
}

/// Answers the body of one HTTP request.
pub(crate) fn answer(node: &mut NodeSnapshot, body: &[u8]) -> Vec<u8> {
    rpc::respond(body, |call| node.answer_call(call))
}

impl NodeSnapshot {
    fn answer_call(&mut self, call: &Call) -> Result<Value, RpcError> {
        if self.breakage.as_ref().is_some_and(|breakage| breakage.method == call.method) {
            self.failed |= self.breakage.as_ref().is_some_and(|breakage| breakage.as_http);
            return Err(RpcError::new(-32603, "internal error"));
        }
        let truth = self.truth(call);
        match self.lie {
            Some(lie) => self.lie_about(lie, call, truth),
            None => truth,
        }
    }

    /// What an honest node answers.
    fn truth(&mut self, call: &Call) -> Result<Value, RpcError> {
        let params = Params(&call.params);
        match call.method.as_str() {
            "web3_clientVersion" => Ok(json!(self.identity.client_version)),
            "web3_sha3" => Ok(data(keccak256(params.bytes(0)?))),
            "net_version" => Ok(json!(self.identity.chain_id.to_string())),
            "net_listening" => Ok(json!(true)),
            "net_peerCount" => Ok(quantity(self.identity.peers)),
            "eth_chainId" => Ok(quantity(self.identity.chain_id)),
            "eth_syncing" => Ok(json!(false)),
            "eth_accounts" => Ok(json!([])),
            "eth_blockNumber" => Ok(quantity(self.view.head().number())),
            "eth_getBlockByNumber" => self.block_by_number(params),
            "eth_getBlockByHash" => self.block_by_hash(params),
            "eth_getBlockReceipts" => self.block_receipts(params),
            "eth_getHeaderByNumber" | "eth_getHeaderByHash" => self.block_header(params),
            "eth_getBlockTransactionCountByNumber" | "eth_getBlockTransactionCountByHash" => {
                self.block_count(params, |block| block.transactions.len())
            }
            "eth_getUncleCountByBlockNumber" | "eth_getUncleCountByBlockHash" => {
                self.block_count(params, |_| 0)
            }
            "eth_getTransactionByHash" => self.transaction_by_hash(params),
            "eth_getTransactionByBlockNumberAndIndex" | "eth_getTransactionByBlockHashAndIndex" => {
                self.transaction_by_index(params)
            }
            "eth_getTransactionReceipt" => self.transaction_receipt(params),
            "eth_getRawTransactionByHash" => self.raw_transaction(params),
            "eth_getBalance" => self.balance(params),
            "eth_getCode" => self.code(params),
            "eth_getStorageAt" => self.storage_at(params),
            "eth_getTransactionCount" => self.transaction_count(params),
            "eth_getProof" => self.proof(params),
            "eth_call" => self.call(params),
            "eth_estimateGas" => self.estimate_gas(params),
            "eth_gasPrice" => Ok(self.gas_price()),
            "eth_maxPriorityFeePerGas" => Ok(quantity(fees::SUGGESTED_TIP)),
            "eth_blobBaseFee" => Ok(quantity(1_u64)),
            "eth_feeHistory" => self.fee_history(params),
            "eth_getLogs" => self.logs(params),
            "eth_sendRawTransaction" => self.send_raw_transaction(params),
            method => Err(RpcError::unknown_method(method)),
        }
    }

    /// The block that a selector names; `None` where this node knows no such block.
    ///
    /// # Errors
    /// Where the block is older than the history that the node keeps.
    fn find(&self, selector: BlockSelector) -> Result<Option<Arc<Block>>, RpcError> {
        let view = &self.view;
        Ok(match selector {
            BlockSelector::Latest => Some(Arc::clone(view.head())),
            BlockSelector::Pending => Some(Arc::new(self.pending_block())),
            BlockSelector::Safe => Some(Arc::clone(view.safe())),
            BlockSelector::Finalized => Some(Arc::clone(view.finalized())),
            BlockSelector::Earliest => view.by_number(0).cloned(),
            BlockSelector::Hash(hash) => view.by_hash(hash).cloned(),
            BlockSelector::Number(number) if view.is_pruned(number) => {
                return Err(RpcError::new(4444, "pruned history unavailable"));
            }
            BlockSelector::Number(number) => view.by_number(number).cloned(),
        })
    }

    /// The block whose state a call reads.
    ///
    /// # Errors
    /// Where the node does not have it, in the words that Geth uses.
    fn state_block(&self, selector: BlockSelector) -> Result<Arc<Block>, RpcError> {
        match (self.find(selector)?, selector) {
            (Some(block), _) => Ok(block),
            (None, BlockSelector::Hash(_)) => Err(RpcError::server("header for hash not found")),
            (None, _) => Err(RpcError::server("header not found")),
        }
    }

    /// The block that would be made next from this node's pool.
    fn pending_block(&self) -> Block {
        let parent = Arc::clone(self.view.head());
        let template = Template {
            hashes: self.view.hashes(&parent),
            chain_id: self.identity.chain_id,
            timestamp: parent.header.timestamp + self.identity.block_seconds.max(1),
            beneficiary: parent.header.beneficiary,
            prev_randao: B256::ZERO,
            beacon_root: B256::ZERO,
            extra_data: parent.header.extra_data.clone(),
            marks: None,
            old_rules: false,
            parent,
        };
        let candidates = self.pool.best(&template.parent.state, template.parent.next_base_fee());
        build_block(&template, &candidates)
    }
}
