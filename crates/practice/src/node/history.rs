//! Calls about blocks, transactions and receipts.

use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};

use super::params::{BlockSelector, Params};
use super::rpc::RpcError;
use super::{NodeSnapshot, format};
use crate::chain::Block;

impl NodeSnapshot {
    /// `eth_getBlockByNumber`.
    pub(super) fn block_by_number(&self, params: Params<'_>) -> Result<Value, RpcError> {
        params.required(0)?;
        let (selector, full) = (params.block(0)?, params.flag(1)?);
        let Some(block) = self.find(selector)? else { return Ok(Value::Null) };
        let mut block = format::block(&block, full);
        if selector == BlockSelector::Pending {
            hide_pending(&mut block);
        }
        Ok(block)
    }

    /// `eth_getBlockByHash`.
    pub(super) fn block_by_hash(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let (hash, full) = (params.hash(0)?, params.flag(1)?);
        Ok(self.view.by_hash(hash).map_or(Value::Null, |block| format::block(block, full)))
    }

    /// `eth_getHeaderByNumber` and `eth_getHeaderByHash`.
    pub(super) fn block_header(&self, params: Params<'_>) -> Result<Value, RpcError> {
        params.required(0)?;
        let Some(block) = self.find(params.block(0)?)? else { return Ok(Value::Null) };
        let mut header = format::block(&block, false);
        if let Some(fields) = header.as_object_mut() {
            for body in ["transactions", "uncles", "withdrawals", "size"] {
                fields.remove(body);
            }
        }
        Ok(header)
    }

    /// `eth_getBlockReceipts`.
    pub(super) fn block_receipts(&self, params: Params<'_>) -> Result<Value, RpcError> {
        params.required(0)?;
        let Some(block) = self.find(params.block(0)?)? else { return Ok(Value::Null) };
        Ok((0..block.transactions.len())
            .filter_map(|index| format::receipt(&block, index))
            .collect())
    }

    /// Something that is counted in a block.
    pub(super) fn block_count(
        &self,
        params: Params<'_>,
        count: fn(&Block) -> usize,
    ) -> Result<Value, RpcError> {
        params.required(0)?;
        let block = self.find(params.block(0)?)?;
        Ok(block.map_or(Value::Null, |block| format::quantity(count(&block))))
    }

    /// `eth_getTransactionByHash`.
    pub(super) fn transaction_by_hash(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let hash = params.hash(0)?;
        if let Some((block, index)) = self.view.transaction(hash) {
            return Ok(transaction_at(block, index));
        }
        Ok(self.pool.get(hash).map_or(Value::Null, |waiting| format::transaction(waiting, None)))
    }

    /// `eth_getTransactionByBlockNumberAndIndex` and `eth_getTransactionByBlockHashAndIndex`.
    pub(super) fn transaction_by_index(&self, params: Params<'_>) -> Result<Value, RpcError> {
        params.required(0)?;
        let (block, index) = (self.find(params.block(0)?)?, params.quantity(1)?);
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        Ok(block.map_or(Value::Null, |block| transaction_at(&block, index)))
    }

    /// `eth_getTransactionReceipt`.
    pub(super) fn transaction_receipt(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let place = self.view.transaction(params.hash(0)?);
        Ok(place.and_then(|(block, index)| format::receipt(block, index)).unwrap_or(Value::Null))
    }

    /// `eth_getRawTransactionByHash`.
    pub(super) fn raw_transaction(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let hash = params.hash(0)?;
        let mined =
            self.view.transaction(hash).and_then(|(block, index)| block.transactions.get(index));
        let known = mined.or_else(|| self.pool.get(hash));
        Ok(known
            .map_or(json!("0x"), |transaction| format::data(transaction.envelope.encoded_2718())))
    }
}

fn transaction_at(block: &Block, index: usize) -> Value {
    let transaction = block.transactions.get(index);
    transaction
        .map_or(Value::Null, |transaction| format::transaction(transaction, Some((block, index))))
}

/// What is not known before a block is made is null in the pending block.
fn hide_pending(block: &mut Value) {
    for field in ["hash", "nonce", "miner"] {
        if let Some(value) = block.get_mut(field) {
            *value = Value::Null;
        }
    }
    let transactions = block.get_mut("transactions").and_then(Value::as_array_mut);
    for transaction in transactions.into_iter().flatten().filter_map(Value::as_object_mut) {
        transaction.insert("blockHash".to_owned(), Value::Null);
    }
}
