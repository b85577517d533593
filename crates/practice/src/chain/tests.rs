//! Tests of block building over the public surface of the chain.

use std::sync::Arc;

use alloy_consensus::{Header, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use k256::ecdsa::SigningKey;

use super::genesis::BLOCK_GAS_LIMIT;
use super::pool::Refusal;
use super::*;

/// The first key of the development mnemonic.
fn development_key() -> SigningKey {
    let key = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    SigningKey::from_slice(&key).expect("a valid key")
}

fn template(store: &BlockStore, parent: &Arc<Block>) -> Template {
    Template {
        parent: Arc::clone(parent),
        hashes: store.hashes(parent),
        chain_id: 31_337,
        timestamp: parent.header.timestamp + 2,
        beneficiary: Address::repeat_byte(0xbe),
        prev_randao: B256::repeat_byte(7),
        beacon_root: B256::repeat_byte(9),
        extra_data: Bytes::new(),
        marks: None,
        old_rules: false,
    }
}

struct Maker {
    store: BlockStore,
    head: Arc<Block>,
}

impl Maker {
    fn new() -> Self {
        let head = Arc::new(genesis_block(1_700_000_000, None));
        let mut store = BlockStore::default();
        store.insert(Arc::clone(&head));
        Self { store, head }
    }

    fn make(&mut self, transactions: Vec<Transaction>) -> Arc<Block> {
        let candidates: Vec<Arc<Transaction>> = transactions.into_iter().map(Arc::new).collect();
        self.head = Arc::new(build_block(&template(&self.store, &self.head), &candidates));
        self.store.insert(Arc::clone(&self.head));
        Arc::clone(&self.head)
    }
}

fn transfer(nonce: u64, wei: u64, tip: u128) -> Transaction {
    let transfer = TxEip1559 {
        chain_id: 31_337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(Address::repeat_byte(0x11)),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    sign(transfer, &development_key()).expect("signs")
}

#[test]
fn a_transfer_moves_money_and_pays_the_maker() {
    let mut maker = Maker::new();
    let block = maker.make(vec![transfer(0, 5, 3)]);
    assert_eq!(block.transactions.len(), 1);
    assert_eq!(block.header.gas_used, 21_000);
    assert_eq!(block.state.balance(Address::repeat_byte(0x11)), U256::from(5));
    // The maker earns the tip alone; the base fee is burned (EIP-1559).
    assert_eq!(block.state.balance(Address::repeat_byte(0xbe)), U256::from(3 * 21_000));
    let first = block.outcomes.first().expect("one outcome");
    assert!(first.receipt.status());
    assert_eq!(first.gas_price, u128::from(block.base_fee()) + 3);
    assert_eq!(block.header.state_root, block.state.root_hash());
    assert_eq!(block.header.parent_hash, maker.store.ancestor(&block, 1).hash);
}

#[test]
fn an_invalid_transaction_is_left_out_and_the_rest_goes_in() {
    // One bad transaction in the pool must not stop the chain.
    let mut maker = Maker::new();
    let block = maker.make(vec![
        transfer(7, 1, 0),
        transfer(0, 1, 0),
        transfer(0, 2, 0),
        transfer(1, 1, 0),
    ]);
    let nonces: Vec<u64> =
        block.transactions.iter().map(|transaction| transaction.nonce()).collect();
    assert_eq!(nonces, [0, 1]);
}

#[test]
fn the_base_fee_follows_the_published_examples() {
    // Examples: an empty parent lowers the fee by one eighth; a full one raises it by one eighth;
    // one at the target leaves it. Source: EIP-1559.
    let genesis = genesis_block(1, None);
    let fee_after = |gas_used: u64| {
        let mut header = genesis.header.clone();
        header.gas_used = gas_used;
        Block::seal(header, Vec::new(), Vec::new(), genesis.state.clone()).next_base_fee()
    };
    assert_eq!(fee_after(0), 875_000_000);
    assert_eq!(fee_after(BLOCK_GAS_LIMIT / 2), 1_000_000_000);
    assert_eq!(fee_after(BLOCK_GAS_LIMIT), 1_125_000_000);
}

#[test]
fn the_system_contracts_keep_ancestor_hashes_and_beacon_roots() {
    // A chain that claims Prague but skips its system calls has false state roots (EIP-2935, EIP-4788).
    let mut maker = Maker::new();
    let genesis = maker.head.hash;
    let block = maker.make(Vec::new());
    let history =
        block.state.account(alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS).expect("deployed");
    assert_eq!(B256::from(history.slot(U256::ZERO)), genesis);
    let roots = block.state.account(alloy_eips::eip4788::BEACON_ROOTS_ADDRESS).expect("deployed");
    let slot = block.header.timestamp % 8_191;
    assert_eq!(roots.slot(U256::from(slot)), U256::from(block.header.timestamp));
    assert_eq!(B256::from(roots.slot(U256::from(slot + 8_191))), B256::repeat_byte(9));
    assert_eq!(block.header.requests_hash, Some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH));
}

#[test]
fn the_same_inputs_give_the_same_block_hash() {
    // Drills compare runs of one seed by hash.
    let run = || {
        let mut maker = Maker::new();
        let faucet = faucet_key();
        maker.make(vec![faucet_transfer(&faucet, 31_337, 0, Address::repeat_byte(0x22), 9)]);
        maker.make(vec![transfer(0, 5, 3)]).hash
    };
    assert_eq!(run(), run());
}

#[test]
fn the_pool_orders_by_tip_and_each_sender_by_nonce() {
    let genesis = genesis_block(1, None);
    let mut pool = Pool::default();
    let cheap_then_dear = [transfer(0, 1, 1), transfer(1, 1, 900)];
    for transaction in cheap_then_dear {
        pool.submit(Arc::new(transaction), &genesis, 31_337).expect("valid");
    }
    let faucet = faucet_transfer(&faucet_key(), 31_337, 0, Address::ZERO, 1);
    pool.submit(Arc::new(faucet), &genesis, 31_337).expect("valid");
    let tips: Vec<u128> = pool
        .best(&genesis.state, 1_000_000_000)
        .iter()
        .map(|transaction| transaction.tip(1_000_000_000).expect("affordable"))
        .collect();
    assert_eq!(tips, [1_000_000_000, 1, 900]);
}

#[test]
fn the_pool_refuses_in_the_words_clients_match_on() {
    let genesis = genesis_block(1, None);
    let mut pool = Pool::default();
    let mut refuse = |transaction: Transaction| {
        pool.submit(Arc::new(transaction), &genesis, 31_337).expect_err("refused").to_string()
    };
    let wealth = U256::from(10_000) * U256::from(1_000_000_000_000_000_000_u64);
    let legacy = TxLegacy {
        chain_id: Some(31_337),
        gas_limit: 21_000,
        gas_price: 1,
        to: TxKind::Call(Address::ZERO),
        ..TxLegacy::default()
    };
    let signed = |transaction: TxLegacy| sign(transaction, &development_key()).expect("signs");
    let rich = TxLegacy { value: wealth, ..legacy.clone() };
    assert!(
        refuse(signed(rich)).starts_with("insufficient funds for gas * price + value: balance 1")
    );
    let elsewhere = TxLegacy { chain_id: Some(1), ..legacy.clone() };
    assert_eq!(refuse(signed(elsewhere)), "invalid chain id for signer: have 1 want 31337");
    let starved = TxLegacy { gas_limit: 20_999, ..legacy.clone() };
    assert_eq!(refuse(signed(starved)), "intrinsic gas too low: gas 20999, minimum needed 21000");
    let huge = TxLegacy { gas_limit: BLOCK_GAS_LIMIT + 1, ..legacy };
    assert_eq!(refuse(signed(huge)), "exceeds block gas limit");

    pool.submit(Arc::new(transfer(0, 1, 100)), &genesis, 31_337).expect("valid");
    let again = pool.submit(Arc::new(transfer(0, 1, 100)), &genesis, 31_337);
    assert_eq!(again, Err(Refusal::AlreadyKnown));
    let rival = pool.submit(Arc::new(transfer(0, 2, 105)), &genesis, 31_337);
    assert_eq!(rival, Err(Refusal::Underpriced));

    let mut maker = Maker::new();
    let block = maker.make(vec![transfer(0, 1, 100)]);
    pool.settle(&block.state);
    let late = pool.submit(Arc::new(transfer(0, 3, 9)), &block, 31_337).expect_err("refused");
    assert_eq!(late.to_string(), "nonce too low: next nonce 1, tx nonce 0");
}

#[test]
fn a_view_follows_another_branch_and_back() {
    // A node that is told to follow another branch must show that branch's blocks and transactions.
    let mut maker = Maker::new();
    let mut view = View::new(Arc::clone(&maker.head));
    let first = maker.make(Vec::new());
    let spent = maker.make(vec![transfer(0, 1, 1)]);
    view.adopt(&spent, &maker.store);
    let hash = spent.transactions.first().expect("one").hash();
    assert_eq!(view.transaction(hash).map(|(block, _)| block.hash), Some(spent.hash));

    let mut other = template(&maker.store, &first);
    other.extra_data = Bytes::from_static(b"branch");
    let rival = Arc::new(build_block(&other, &[]));
    maker.store.insert(Arc::clone(&rival));
    view.adopt(&rival, &maker.store);
    assert_eq!(view.by_number(2).map(|block| block.hash), Some(rival.hash));
    assert!(view.transaction(hash).is_none() && view.by_hash(spent.hash).is_none());
    view.adopt(&spent, &maker.store);
    assert!(view.transaction(hash).is_some());
}

#[test]
fn a_view_forgets_old_blocks_but_not_the_first() {
    // A gateway checks the genesis hash hourly; memory must not grow with uptime.
    let mut maker = Maker::new();
    let mut view = View::new(Arc::clone(&maker.head));
    for number in 1..=HISTORY_BLOCKS + 10 {
        // Contents do not matter here, so nothing is executed.
        let header = Header { number, parent_hash: maker.head.hash, ..maker.head.header.clone() };
        let state = maker.head.state.clone();
        maker.head = Arc::new(Block::seal(header, Vec::new(), Vec::new(), state));
        maker.store.insert(Arc::clone(&maker.head));
        view.adopt(&maker.head, &maker.store);
    }
    assert!(view.by_number(0).is_some() && view.by_number(1).is_none() && view.is_pruned(1));
    assert!(view.by_number(10).is_some());
    assert_eq!(view.range(0, u64::MAX).count() as u64, HISTORY_BLOCKS + 2);
}
