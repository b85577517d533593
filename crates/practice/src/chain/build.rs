//! Making a block: a pure function of the parent, the transactions on offer and a template.

use std::sync::Arc;

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom,
    Transaction as _, TxEnvelope, TxType, constants::EMPTY_WITHDRAWALS,
};
use alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS;
use alloy_eips::eip4788::BEACON_ROOTS_ADDRESS;
use alloy_eips::eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_TYPE};
use alloy_eips::eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_TYPE};
use alloy_eips::eip7685::Requests;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256};
use revm::context::result::ExecutionResult;
use revm::{ExecuteCommitEvm, InspectCommitEvm, SystemCallCommitEvm};

use super::block::{Block, Outcome};
use super::contracts::{Marks, advance};
use super::evm::{BlockHashes, Ledger, PracticeEvm, block_env, cfg_env, evm};
use super::transaction::Transaction;

/// What a block is made from besides its transactions.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The block to build on.
    pub(crate) parent: Arc<Block>,
    /// The hashes of the parent and its ancestors.
    pub(crate) hashes: BlockHashes,
    /// The chain's id.
    pub(crate) chain_id: u64,
    /// Seconds since 1970; later than the parent's.
    pub(crate) timestamp: u64,
    /// Who earns the tips.
    pub(crate) beneficiary: Address,
    /// The beacon chain's randomness, invented here.
    pub(crate) prev_randao: B256,
    /// The root of the parent beacon block, invented here.
    pub(crate) beacon_root: B256,
    /// Up to 32 bytes of the maker's choice.
    pub(crate) extra_data: Bytes,
    /// The prices that the market's contracts have from this block on; those of the parent where there are none.
    pub(crate) marks: Option<Marks>,
    /// Whether transactions are executed as by the versions of Geth with the bug of 2020.
    pub(crate) old_rules: bool,
}

/// Executes `candidates` in order and seals the block. Candidates that do not fit or are invalid
/// by the time it is their turn are left out.
pub(crate) fn build_block(template: &Template, candidates: &[Arc<Transaction>]) -> Block {
    let mut header = open_header(template);
    let mut state = template.parent.state.clone();
    advance(&mut state, template.timestamp, template.marks.as_ref());
    let mut ledger = Ledger::new(state, template.hashes.clone());
    let mut evm = evm(&mut ledger, cfg_env(template.chain_id), block_env(&header));
    system_call(&mut evm, BEACON_ROOTS_ADDRESS, template.beacon_root.into());
    system_call(&mut evm, HISTORY_STORAGE_ADDRESS, template.parent.hash.into());

    let (mut included, mut outcomes) = (Vec::new(), Vec::<Outcome>::new());
    let mut log_count = 0;
    for transaction in candidates {
        if transaction.envelope.gas_limit() > header.gas_limit - header.gas_used {
            continue;
        }
        // An error is an invalid transaction: one whose nonce or funds are gone by now.
        let result = match template.old_rules {
            false => evm.transact_commit(transaction.to_env()),
            true => evm.inspect_tx_commit(transaction.to_env()),
        };
        let Ok(result) = result else { continue };
        header.gas_used += result.tx_gas_used();
        let outcome = outcome(transaction, result, &header, log_count);
        log_count += outcome.receipt.logs().len();
        header.logs_bloom.accrue_bloom(outcome.receipt.logs_bloom());
        outcomes.push(outcome);
        included.push(Arc::clone(transaction));
    }

    let mut requests = Requests::default();
    let withdrawals = system_call(&mut evm, WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, Bytes::new());
    requests.push_request_with_type(WITHDRAWAL_REQUEST_TYPE, withdrawals);
    let consolidations =
        system_call(&mut evm, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, Bytes::new());
    requests.push_request_with_type(CONSOLIDATION_REQUEST_TYPE, consolidations);
    drop(evm);

    let envelopes: Vec<&TxEnvelope> =
        included.iter().map(|transaction| &transaction.envelope).collect();
    let receipts: Vec<&ReceiptEnvelope> = outcomes.iter().map(|outcome| &outcome.receipt).collect();
    header.transactions_root = calculate_transaction_root(&envelopes);
    header.receipts_root = calculate_receipt_root(&receipts);
    header.requests_hash = Some(requests.requests_hash());
    header.state_root = ledger.state.root_hash();
    Block::seal(header, included, outcomes, ledger.state)
}

/// The header as far as it is known before execution.
fn open_header(template: &Template) -> Header {
    Header {
        parent_hash: template.parent.hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: template.beneficiary,
        logs_bloom: Bloom::ZERO,
        difficulty: U256::ZERO,
        number: template.parent.number() + 1,
        gas_limit: template.parent.header.gas_limit,
        timestamp: template.timestamp,
        extra_data: template.extra_data.clone(),
        mix_hash: template.prev_randao,
        nonce: B64::ZERO,
        base_fee_per_gas: Some(template.parent.next_base_fee()),
        withdrawals_root: Some(EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(template.beacon_root),
        ..Header::default()
    }
}

/// Runs one of the protocol's own calls and keeps its effects.
fn system_call(evm: &mut PracticeEvm<'_>, contract: Address, input: Bytes) -> Bytes {
    evm.system_call_commit(contract, input)
        .expect("invariant: a system call is not validated and its ledger cannot fail")
        .into_output()
        .unwrap_or_default()
}

fn outcome(
    transaction: &Transaction,
    result: ExecutionResult,
    header: &Header,
    first_log: usize,
) -> Outcome {
    let (gas_used, contract) = (result.tx_gas_used(), result.created_address());
    let status = Eip658Value::Eip658(result.is_success());
    // A failed transaction leaves no logs.
    let logs: Vec<Log> = if result.is_success() { result.into_logs() } else { Vec::new() };
    let receipt = Receipt { status, cumulative_gas_used: header.gas_used, logs }.with_bloom();
    Outcome {
        receipt: envelope(transaction.envelope.tx_type(), receipt),
        gas_used,
        gas_price: transaction.envelope.effective_gas_price(header.base_fee_per_gas),
        contract,
        first_log,
    }
}

fn envelope(kind: TxType, receipt: ReceiptWithBloom<Receipt<Log>>) -> ReceiptEnvelope {
    match kind {
        TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
        TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
        TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
    }
}
