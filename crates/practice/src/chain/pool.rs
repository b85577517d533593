//! Transactions that wait for a block, and the rules by which a node takes them in.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use revm::context_interface::cfg::GasParams;
use revm::primitives::hardfork::SpecId;

use super::block::Block;
use super::state::State;
use super::transaction::Transaction;

/// The largest transaction a pool takes, in bytes. Source: Geth's `txMaxSize`.
const LARGEST_TRANSACTION_BYTES: usize = 128 * 1024;
/// The largest creation code, in bytes. Source: EIP-3860.
const LARGEST_INITCODE_BYTES: usize = 49_152;
/// The most transactions a pool holds.
const MOST_TRANSACTIONS: usize = 4_096;
/// By how many per cent a replacement must raise the price. Source: Geth's `PriceBump`.
const PRICE_BUMP_PERCENT: u128 = 10;

/// Why a pool does not take a transaction; reads as Geth's error does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is in the pool or in a block.
    #[error("already known")]
    AlreadyKnown,
    /// Its signature is for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain { have: u64, want: u64 },
    /// Its signature is good on every chain.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// It has too many bytes.
    #[error("oversized data: transaction size {size}, limit {LARGEST_TRANSACTION_BYTES}")]
    Oversized { size: usize },
    /// Its creation code has too many bytes.
    #[error("max initcode size exceeded: code size {size}, limit {LARGEST_INITCODE_BYTES}")]
    InitcodeTooLarge { size: usize },
    /// It could not fit in a block.
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    /// Its tip is above its whole price.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {sender}, \
         maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
    )]
    TipAboveCap { sender: Address, tip: u128, cap: u128 },
    /// Its gas does not cover even its own bytes.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas { gas: u64, needed: u64 },
    /// Its gas does not cover the price floor of its data (EIP-7623).
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorGas { gas: u64, needed: u64 },
    /// The sender has sent that one already.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow { next: u64, nonce: u64 },
    /// The sender cannot pay for it.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {overshot}"
    )]
    InsufficientFunds { balance: U256, cost: U256, overshot: U256 },
    /// Another with this nonce waits and pays about as much.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// The pool has no room.
    #[error("txpool is full")]
    Full,
}

/// The waiting transactions of one node or of a block maker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    senders: BTreeMap<Address, BTreeMap<u64, Arc<Transaction>>>,
    hashes: BTreeMap<B256, (Address, u64)>,
}

impl Pool {
    /// A waiting transaction by hash.
    pub(crate) fn get(&self, hash: B256) -> Option<&Arc<Transaction>> {
        let (sender, nonce) = self.hashes.get(&hash)?;
        self.senders.get(sender)?.get(nonce)
    }

    /// Everything that waits, each sender's in order.
    pub(crate) fn all(&self) -> Vec<Arc<Transaction>> {
        self.senders.values().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The nonce of the sender's next transaction once those waiting without a gap are done.
    pub(crate) fn next_nonce(&self, sender: Address, state: &State) -> u64 {
        let mut nonce = state.nonce(sender);
        if let Some(waiting) = self.senders.get(&sender) {
            while waiting.contains_key(&nonce) {
                nonce += 1;
            }
        }
        nonce
    }

    /// Takes in a transaction that is valid on top of `head`.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn submit(
        &mut self,
        transaction: Arc<Transaction>,
        head: &Block,
        chain_id: u64,
    ) -> Result<(), Refusal> {
        if self.hashes.contains_key(&transaction.hash()) {
            return Err(Refusal::AlreadyKnown);
        }
        check_shape(&transaction, head, chain_id)?;
        check_account(&transaction, &head.state)?;
        let waiting =
            self.senders.get(&transaction.sender).and_then(|queue| queue.get(&transaction.nonce()));
        match waiting {
            Some(waiting) if !outbids(&transaction, waiting) => return Err(Refusal::Underpriced),
            None if self.hashes.len() >= MOST_TRANSACTIONS => return Err(Refusal::Full),
            _ => {}
        }
        self.put(transaction);
        Ok(())
    }

    /// Takes in a transaction that another pool has accepted, unless it is known or cannot replace.
    pub(crate) fn gossip(&mut self, transaction: &Arc<Transaction>) {
        let waiting =
            self.senders.get(&transaction.sender).and_then(|queue| queue.get(&transaction.nonce()));
        let welcome = waiting
            .map_or(self.hashes.len() < MOST_TRANSACTIONS, |waiting| outbids(transaction, waiting));
        if welcome {
            self.put(Arc::clone(transaction));
        }
    }

    /// Drops what `state` shows as done.
    pub(crate) fn settle(&mut self, state: &State) {
        let hashes = &mut self.hashes;
        self.senders.retain(|sender, queue| {
            let later = queue.split_off(&state.nonce(*sender));
            for done in queue.values() {
                hashes.remove(&done.hash());
            }
            *queue = later;
            !queue.is_empty()
        });
    }

    /// The transactions that can go into the next block: best tip first, each sender's in order.
    pub(crate) fn best(&self, state: &State, base_fee: u64) -> Vec<Arc<Transaction>> {
        let mut chosen = Vec::new();
        let mut nonces: BTreeMap<Address, u64> =
            self.senders.keys().map(|sender| (*sender, state.nonce(*sender))).collect();
        loop {
            let next = nonces.iter().filter_map(|(sender, nonce)| {
                let transaction = self.senders.get(sender)?.get(nonce)?;
                Some((
                    transaction.tip(base_fee)?,
                    std::cmp::Reverse(transaction.hash()),
                    transaction,
                ))
            });
            let best = next.max_by_key(|(tip, hash, _)| (*tip, *hash));
            let Some((_, _, transaction)) = best else { return chosen };
            nonces.insert(transaction.sender, transaction.nonce() + 1);
            chosen.push(Arc::clone(transaction));
        }
    }

    fn put(&mut self, transaction: Arc<Transaction>) {
        let (sender, nonce) = (transaction.sender, transaction.nonce());
        self.hashes.insert(transaction.hash(), (sender, nonce));
        let replaced = self.senders.entry(sender).or_default().insert(nonce, transaction);
        if let Some(replaced) = replaced {
            self.hashes.remove(&replaced.hash());
        }
    }
}

/// What can be checked without the sender's account.
fn check_shape(transaction: &Transaction, head: &Block, chain_id: u64) -> Result<(), Refusal> {
    let envelope = &transaction.envelope;
    match envelope.chain_id() {
        None => return Err(Refusal::Unprotected),
        Some(have) if have != chain_id => return Err(Refusal::WrongChain { have, want: chain_id }),
        Some(_) => {}
    }
    if transaction.encoded_len() > LARGEST_TRANSACTION_BYTES {
        return Err(Refusal::Oversized { size: transaction.encoded_len() });
    }
    if envelope.is_create() && envelope.input().len() > LARGEST_INITCODE_BYTES {
        return Err(Refusal::InitcodeTooLarge { size: envelope.input().len() });
    }
    if envelope.gas_limit() > head.header.gas_limit {
        return Err(Refusal::ExceedsBlockGasLimit);
    }
    let (tip, cap) =
        (envelope.max_priority_fee_per_gas().unwrap_or_default(), envelope.max_fee_per_gas());
    if tip > cap {
        return Err(Refusal::TipAboveCap { sender: transaction.sender, tip, cap });
    }
    let needed =
        GasParams::new_spec(SpecId::PRAGUE).initial_tx_gas_for_tx(transaction.to_env(), None);
    if envelope.gas_limit() < needed.initial_total_gas() {
        return Err(Refusal::IntrinsicGas {
            gas: envelope.gas_limit(),
            needed: needed.initial_total_gas(),
        });
    }
    if envelope.gas_limit() < needed.floor_gas {
        return Err(Refusal::FloorGas { gas: envelope.gas_limit(), needed: needed.floor_gas });
    }
    Ok(())
}

/// What depends on the sender's account.
fn check_account(transaction: &Transaction, state: &State) -> Result<(), Refusal> {
    let (next, nonce) = (state.nonce(transaction.sender), transaction.nonce());
    if nonce < next {
        return Err(Refusal::NonceTooLow { next, nonce });
    }
    let (balance, cost) = (state.balance(transaction.sender), transaction.cost());
    if cost > balance {
        return Err(Refusal::InsufficientFunds { balance, cost, overshot: cost - balance });
    }
    Ok(())
}

/// Whether `new` pays enough more than `old` to take its place.
fn outbids(new: &Transaction, old: &Transaction) -> bool {
    let raised = |price: u128| price.saturating_mul(100 + PRICE_BUMP_PERCENT) / 100;
    let tip = |transaction: &Transaction| transaction.envelope.priority_fee_or_price();
    let cap = |transaction: &Transaction| transaction.envelope.max_fee_per_gas();
    new.hash() != old.hash() && tip(new) >= raised(tip(old)) && cap(new) >= raised(cap(old))
}
