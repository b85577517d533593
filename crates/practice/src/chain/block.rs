//! A block with everything that followed from it: receipts and the state after it.

use std::sync::Arc;

use alloy_consensus::{Header, ReceiptEnvelope};
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy_primitives::{Address, B256};
use alloy_rlp::Encodable;

use super::state::State;
use super::transaction::Transaction;

/// One block. Its hash is the keccak hash of its RLP header.
#[derive(Debug)]
pub(crate) struct Block {
    /// The header.
    pub(crate) header: Header,
    /// The header's hash.
    pub(crate) hash: B256,
    /// The transactions in order.
    pub(crate) transactions: Vec<Arc<Transaction>>,
    /// What became of each transaction, in the same order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The accounts after the block.
    pub(crate) state: State,
}

/// What became of one transaction.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The receipt that the receipts root commits to.
    pub(crate) receipt: ReceiptEnvelope,
    /// Gas used by this transaction alone.
    pub(crate) gas_used: u64,
    /// The price paid by the unit of gas, in wei.
    pub(crate) gas_price: u128,
    /// The contract it created, if it did.
    pub(crate) contract: Option<Address>,
    /// The number of logs in the block before its own.
    pub(crate) first_log: usize,
}

impl Block {
    /// Seals a header over its contents.
    pub(crate) fn seal(
        header: Header,
        transactions: Vec<Arc<Transaction>>,
        outcomes: Vec<Outcome>,
        state: State,
    ) -> Self {
        let hash = header.hash_slow();
        Self { header, hash, transactions, outcomes, state }
    }

    /// The block's number.
    pub(crate) fn number(&self) -> u64 {
        self.header.number
    }

    /// The base fee in wei by the unit of gas.
    pub(crate) fn base_fee(&self) -> u64 {
        self.header.base_fee_per_gas.unwrap_or_default()
    }

    /// The base fee of a child. Source: EIP-1559.
    pub(crate) fn next_base_fee(&self) -> u64 {
        let header = &self.header;
        calc_next_block_base_fee(
            header.gas_used,
            header.gas_limit,
            self.base_fee(),
            BaseFeeParams::ethereum(),
        )
    }

    /// The size in bytes of the RLP block: header, transactions, no uncles, no withdrawals.
    pub(crate) fn size(&self) -> usize {
        let transactions: usize =
            self.transactions.iter().map(|transaction| transaction.envelope.length()).sum();
        let list =
            alloy_rlp::Header { list: true, payload_length: transactions }.length_with_payload();
        let empty_lists = 2;
        let payload_length = self.header.length() + list + empty_lists;
        alloy_rlp::Header { list: true, payload_length }.length_with_payload()
    }
}
