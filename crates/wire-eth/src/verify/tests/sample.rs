//! A block with every kind of transaction, hashed by alloy and written as nodes write JSON.

use alloy_consensus::proofs::{
    calculate_receipt_root, calculate_transaction_root, calculate_withdrawals_root,
};
use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, SignableTransaction, Signed, Transaction,
    TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy, Typed2718,
};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip4895::Withdrawal;
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{
    Address, B256, Bloom, Bytes, Log, LogData, Signature, TxKind, U256, address, b256, hex,
};
use serde_json::{Value, json};

/// An address and a topic of the logs.
pub(super) const EMITTER: Address = address!("00000000000000000000000000000000000e1117");
pub(super) const TOPIC: B256 =
    b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// A block's answers.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) block: Value,
    pub(super) receipts: Value,
    pub(super) receipts_root: B256,
    pub(super) bloom: Box<[u8; 256]>,
}

fn quantity(number: impl std::fmt::LowerHex) -> Value {
    json!(format!("{number:#x}"))
}

fn data(bytes: impl AsRef<[u8]>) -> Value {
    json!(hex::encode_prefixed(bytes))
}

fn signed<T: SignableTransaction<Signature>>(transaction: T) -> Signed<T> {
    // Whether the signature fits is not what is tested; a leading zero is.
    let signature = Signature::new(U256::from(0x00ab_cdef_u64), U256::from(7), true);
    transaction.into_signed(signature)
}

fn transactions() -> Vec<TxEnvelope> {
    let to = TxKind::Call(EMITTER);
    let input = Bytes::from_static(&[0xa9, 5, 0, 0xbb]);
    let access_list = AccessList(vec![AccessListItem {
        address: EMITTER,
        storage_keys: vec![B256::ZERO, TOPIC],
    }]);
    let authorization = Authorization { chain_id: U256::from(1), address: EMITTER, nonce: 3 };
    let authorization =
        SignedAuthorization::new_unchecked(authorization, 1, U256::from(9), U256::from(8));
    let legacy = TxLegacy {
        chain_id: Some(1),
        nonce: 0,
        gas_price: 1_000,
        gas_limit: 21_000,
        to: TxKind::Create,
        value: U256::ZERO,
        input: input.clone(),
    };
    vec![
        signed(legacy).into(),
        signed(TxEip2930 {
            chain_id: 1,
            nonce: 1,
            access_list: access_list.clone(),
            to,
            ..Default::default()
        })
        .into(),
        signed(TxEip1559 {
            chain_id: 1,
            nonce: 2,
            gas_limit: 50_000,
            max_fee_per_gas: 300,
            max_priority_fee_per_gas: 0,
            to,
            value: U256::from(1) << 200,
            access_list: access_list.clone(),
            input: input.clone(),
        })
        .into(),
        signed(TxEip4844 {
            chain_id: 1,
            nonce: 300,
            to: EMITTER,
            max_fee_per_blob_gas: 5,
            blob_versioned_hashes: vec![TOPIC],
            access_list: access_list.clone(),
            ..Default::default()
        })
        .into(),
        signed(TxEip7702 {
            chain_id: 1,
            nonce: 4,
            to: EMITTER,
            authorization_list: vec![authorization],
            access_list,
            input,
            ..Default::default()
        })
        .into(),
    ]
}

fn transaction_json(envelope: &TxEnvelope) -> Value {
    let signature = envelope.signature();
    let parity = u64::from(signature.v());
    let mut object = json!({
        "hash": data(envelope.tx_hash()), "type": quantity(envelope.ty()), "from": data(EMITTER),
        "to": envelope.to().map_or(Value::Null, data), "nonce": quantity(envelope.nonce()),
        "gas": quantity(envelope.gas_limit()), "gasPrice": quantity(envelope.max_fee_per_gas()),
        "value": quantity(envelope.value()), "input": data(envelope.input()), "chainId": "0x1",
        "r": quantity(signature.r()), "s": quantity(signature.s()),
        "v": quantity(if envelope.is_legacy() { 37 + parity } else { parity }),
    });
    let mut put = |name: &str, value: Value| object[name] = value;
    if let Some(tip) = envelope.max_priority_fee_per_gas() {
        put("maxFeePerGas", quantity(envelope.max_fee_per_gas()));
        put("maxPriorityFeePerGas", quantity(tip));
    }
    if let Some(list) = envelope.access_list() {
        let entry = |item: &AccessListItem| {
            let keys: Value = item.storage_keys.iter().map(data).collect();
            json!({"address": data(item.address), "storageKeys": keys})
        };
        put("accessList", list.iter().map(entry).collect());
        put("yParity", quantity(parity));
    }
    if let Some(fee) = envelope.max_fee_per_blob_gas() {
        put("maxFeePerBlobGas", quantity(fee));
        let hashes = envelope.blob_versioned_hashes().unwrap_or_default();
        put("blobVersionedHashes", hashes.iter().map(data).collect());
    }
    if let Some(list) = envelope.authorization_list() {
        let entry = |one: &SignedAuthorization| {
            json!({
                "chainId": quantity(one.chain_id), "address": data(one.address), "nonce": quantity(one.nonce),
                "yParity": quantity(one.y_parity()), "r": quantity(one.r()), "s": quantity(one.s()),
            })
        };
        put("authorizationList", list.iter().map(entry).collect());
    }
    object
}

fn receipt(at: u64, envelope: &TxEnvelope) -> ReceiptEnvelope {
    let log = Log {
        address: EMITTER,
        data: LogData::new_unchecked(vec![TOPIC], Bytes::from_static(&[1])),
    };
    let receipt = Receipt {
        status: Eip658Value::Eip658(at != 1),
        cumulative_gas_used: 21_000 * (at + 1),
        logs: if at == 1 { Vec::new() } else { vec![log] },
    }
    .with_bloom();
    match envelope {
        TxEnvelope::Legacy(_) => ReceiptEnvelope::Legacy(receipt),
        TxEnvelope::Eip2930(_) => ReceiptEnvelope::Eip2930(receipt),
        TxEnvelope::Eip1559(_) => ReceiptEnvelope::Eip1559(receipt),
        TxEnvelope::Eip4844(_) => ReceiptEnvelope::Eip4844(receipt),
        TxEnvelope::Eip7702(_) => ReceiptEnvelope::Eip7702(receipt),
    }
}

/// A block of height 300, with all fields through Prague.
pub(super) fn sample() -> Sample {
    let transactions = transactions();
    let receipts: Vec<ReceiptEnvelope> =
        (0..).zip(&transactions).map(|(at, t)| receipt(at, t)).collect();
    let withdrawal = Withdrawal { index: 5, validator_index: 0, address: EMITTER, amount: 1_000 };
    let bloom = receipts.iter().fold(Bloom::ZERO, |all, receipt| all | *receipt.logs_bloom());
    let receipts_root = calculate_receipt_root(&receipts);
    let header = Header {
        number: 300,
        logs_bloom: bloom,
        transactions_root: calculate_transaction_root(&transactions),
        receipts_root,
        withdrawals_root: Some(calculate_withdrawals_root(&[withdrawal])),
        base_fee_per_gas: Some(7),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(131_072),
        parent_beacon_block_root: Some(TOPIC),
        requests_hash: Some(B256::ZERO),
        extra_data: Bytes::from_static(b"abc"),
        timestamp: 1_700_000_000,
        gas_limit: 36_000_000,
        ..Default::default()
    };
    let hash = header.hash_slow();
    let block = json!({
        "hash": data(hash), "parentHash": data(header.parent_hash), "sha3Uncles": data(header.ommers_hash),
        "miner": data(header.beneficiary), "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transactions_root), "receiptsRoot": data(header.receipts_root),
        "logsBloom": data(header.logs_bloom), "difficulty": "0x0", "number": "0x12c",
        "gasLimit": quantity(header.gas_limit), "gasUsed": "0x0", "timestamp": quantity(header.timestamp),
        "extraData": data(&header.extra_data), "mixHash": data(header.mix_hash), "nonce": data(header.nonce),
        "baseFeePerGas": "0x7", "withdrawalsRoot": header.withdrawals_root.map(data), "blobGasUsed": "0x0",
        "excessBlobGas": "0x20000", "parentBeaconBlockRoot": data(TOPIC), "requestsHash": data(B256::ZERO),
        "size": "0x1234", "uncles": [], "totalDifficulty": "0xc70d815d562d3cfa955",
        "withdrawals": [{"index": "0x5", "validatorIndex": "0x0", "address": data(EMITTER), "amount": "0x3e8"}],
        "transactions": transactions.iter().map(transaction_json).collect::<Value>(),
    });
    let receipts = transactions.iter().zip(&receipts).map(|(transaction, receipt)| {
        let logs: Value = receipt.logs().iter().map(|log| log_json(log, hash, *transaction.tx_hash())).collect();
        json!({
            "transactionHash": data(transaction.tx_hash()), "blockHash": data(hash), "blockNumber": "0x12c",
            "type": quantity(transaction.ty()), "status": quantity(u8::from(receipt.status())),
            "cumulativeGasUsed": quantity(receipt.cumulative_gas_used()),
            "logsBloom": data(receipt.logs_bloom()), "logs": logs,
        })
    });
    Sample { receipts: receipts.collect(), block, receipts_root, bloom: Box::new(bloom.0.0) }
}

fn log_json(log: &Log, block: B256, transaction: B256) -> Value {
    json!({
        "address": data(log.address), "topics": log.topics().iter().map(data).collect::<Value>(),
        "data": data(&log.data.data), "blockNumber": "0x12c", "blockHash": data(block),
        "transactionHash": data(transaction), "logIndex": "0x0",
    })
}
