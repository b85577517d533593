//! Blocks, transactions, receipts and logs as JSON, spelled as in the Ethereum execution APIs.
//!
//! Source: ethereum/execution-apis, `src/schemas`.

use std::fmt::LowerHex;

use alloy_consensus::{Header, Transaction as _, TxEnvelope, Typed2718};
use alloy_primitives::{Address, B256, Log, hex};
use serde_json::{Map, Value, json};

use crate::chain::{Block, Transaction};

/// A number as a minimal hex quantity.
pub(crate) fn quantity(number: impl LowerHex) -> Value {
    Value::String(format!("{number:#x}"))
}

/// Bytes as hex with every digit.
pub(crate) fn data(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(hex::encode_prefixed(bytes))
}

/// A block. `full` gives its transactions whole, their hashes otherwise.
pub(crate) fn block(block: &Block, full: bool) -> Value {
    let mut fields = header(&block.header);
    fields.insert("hash".to_owned(), data(block.hash));
    fields.insert("size".to_owned(), quantity(block.size()));
    let transactions: Value = block
        .transactions
        .iter()
        .enumerate()
        .map(
            |(index, known)| {
                if full { transaction(known, Some((block, index))) } else { data(known.hash()) }
            },
        )
        .collect();
    fields.insert("transactions".to_owned(), transactions);
    fields.insert("uncles".to_owned(), json!([]));
    fields.insert("withdrawals".to_owned(), json!([]));
    Value::Object(fields)
}

fn header(header: &Header) -> Map<String, Value> {
    let optional = |number: Option<u64>| number.map_or(Value::Null, quantity);
    let fields = [
        ("number", quantity(header.number)),
        ("parentHash", data(header.parent_hash)),
        ("sha3Uncles", data(header.ommers_hash)),
        ("logsBloom", data(header.logs_bloom)),
        ("transactionsRoot", data(header.transactions_root)),
        ("stateRoot", data(header.state_root)),
        ("receiptsRoot", data(header.receipts_root)),
        ("miner", data(header.beneficiary)),
        ("difficulty", quantity(header.difficulty)),
        ("extraData", data(&header.extra_data)),
        ("gasLimit", quantity(header.gas_limit)),
        ("gasUsed", quantity(header.gas_used)),
        ("timestamp", quantity(header.timestamp)),
        ("nonce", data(header.nonce)),
        ("mixHash", data(header.mix_hash)),
        ("baseFeePerGas", optional(header.base_fee_per_gas)),
        ("withdrawalsRoot", header.withdrawals_root.map_or(Value::Null, data)),
        ("blobGasUsed", optional(header.blob_gas_used)),
        ("excessBlobGas", optional(header.excess_blob_gas)),
        ("parentBeaconBlockRoot", header.parent_beacon_block_root.map_or(Value::Null, data)),
        ("requestsHash", header.requests_hash.map_or(Value::Null, data)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A transaction, with its place where a block holds it.
pub(crate) fn transaction(transaction: &Transaction, place: Option<(&Block, usize)>) -> Value {
    let envelope = &transaction.envelope;
    let base_fee = place.and_then(|(block, _)| block.header.base_fee_per_gas);
    let price =
        base_fee.map_or(envelope.max_fee_per_gas(), |fee| envelope.effective_gas_price(Some(fee)));
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("blockHash", place.map_or(Value::Null, |(block, _)| data(block.hash)));
    put("blockNumber", place.map_or(Value::Null, |(block, _)| quantity(block.number())));
    put("transactionIndex", place.map_or(Value::Null, |(_, index)| quantity(index)));
    put("hash", data(transaction.hash()));
    put("type", quantity(envelope.ty()));
    put("from", data(transaction.sender));
    put("to", address(envelope.to()));
    put("nonce", quantity(envelope.nonce()));
    put("gas", quantity(envelope.gas_limit()));
    put("gasPrice", quantity(price));
    put("value", quantity(envelope.value()));
    put("input", data(envelope.input()));
    if let Some(chain_id) = envelope.chain_id() {
        put("chainId", quantity(chain_id));
    }
    if let Some(tip) = envelope.max_priority_fee_per_gas() {
        put("maxFeePerGas", quantity(envelope.max_fee_per_gas()));
        put("maxPriorityFeePerGas", quantity(tip));
    }
    if let Some(list) = envelope.access_list() {
        let entries = list.iter().map(|entry| {
            let keys: Value = entry.storage_keys.iter().map(data).collect();
            json!({"address": data(entry.address), "storageKeys": keys})
        });
        put("accessList", entries.collect());
    }
    if let Some(list) = envelope.authorization_list() {
        put("authorizationList", list.iter().map(authorization).collect());
    }
    signature(envelope, &mut put);
    Value::Object(fields)
}

fn signature(envelope: &TxEnvelope, put: &mut impl FnMut(&str, Value)) {
    let signature = envelope.signature();
    let parity = u64::from(signature.v());
    let v = match (envelope.is_legacy(), envelope.chain_id()) {
        // EIP-155 folds the chain id into v.
        (true, Some(chain_id)) => u128::from(chain_id) * 2 + 35 + u128::from(parity),
        (true, None) => 27 + u128::from(parity),
        (false, _) => u128::from(parity),
    };
    put("v", quantity(v));
    put("r", quantity(signature.r()));
    put("s", quantity(signature.s()));
    if !envelope.is_legacy() {
        put("yParity", quantity(parity));
    }
}

fn authorization(signed: &alloy_eips::eip7702::SignedAuthorization) -> Value {
    json!({
        "chainId": quantity(signed.chain_id), "address": data(signed.address), "nonce": quantity(signed.nonce),
        "yParity": quantity(signed.y_parity()), "r": quantity(signed.r()), "s": quantity(signed.s()),
    })
}

/// The receipt of the transaction at `index` of `block`.
pub(crate) fn receipt(block: &Block, index: usize) -> Option<Value> {
    let (transaction, outcome) = (block.transactions.get(index)?, block.outcomes.get(index)?);
    let receipt = &outcome.receipt;
    Some(json!({
        "transactionHash": data(transaction.hash()),
        "transactionIndex": quantity(index),
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.number()),
        "from": data(transaction.sender),
        "to": address(transaction.envelope.to()),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used()),
        "gasUsed": quantity(outcome.gas_used),
        "contractAddress": address(outcome.contract),
        "logs": logs(block, index).collect::<Value>(),
        "logsBloom": data(receipt.logs_bloom()),
        "type": quantity(transaction.envelope.ty()),
        "status": quantity(u64::from(receipt.status())),
        "effectiveGasPrice": quantity(outcome.gas_price),
    }))
}

/// The logs of the transaction at `index` of `block`.
fn logs(block: &Block, index: usize) -> impl Iterator<Item = Value> {
    let outcome = block.outcomes.get(index);
    let first = outcome.map_or(0, |outcome| outcome.first_log);
    let logs = outcome.map_or(&[] as &[Log], |outcome| outcome.receipt.logs());
    (first..).zip(logs).map(move |(log_index, entry)| log(block, index, log_index, entry))
}

/// A log: the `log_index`th of its block, made by the transaction at `index`.
pub(crate) fn log(block: &Block, index: usize, log_index: usize, log: &Log) -> Value {
    let transaction =
        block.transactions.get(index).map_or(B256::ZERO, |transaction| transaction.hash());
    json!({
        "address": data(log.address),
        "topics": log.topics().iter().map(data).collect::<Value>(),
        "data": data(&log.data.data),
        "blockNumber": quantity(block.number()),
        "transactionHash": data(transaction),
        "transactionIndex": quantity(index),
        "blockHash": data(block.hash),
        "blockTimestamp": quantity(block.header.timestamp),
        "logIndex": quantity(log_index),
        "removed": false,
    })
}

fn address(address: Option<Address>) -> Value {
    address.map_or(Value::Null, data)
}
