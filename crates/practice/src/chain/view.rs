//! The chain as one node sees it: the blocks on the branch that it follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;

use super::block::Block;
use super::evm::BlockHashes;
use super::store::BlockStore;
use super::transaction::Transaction;

/// How many blocks a node keeps with their bodies and states.
pub(crate) const HISTORY_BLOCKS: u64 = 512;
/// How far the safe block is behind the head.
const SAFE_DEPTH: u64 = 4;
/// How far the finalized block is behind the head.
const FINALIZED_DEPTH: u64 = 8;
/// How many ancestors the BLOCKHASH instruction can see.
const VISIBLE_ANCESTORS: usize = 256;

/// One node's canonical chain. The first block stays; others are dropped after [`HISTORY_BLOCKS`].
#[derive(Clone, Debug)]
pub(crate) struct View {
    head: Arc<Block>,
    canonical: BTreeMap<u64, Arc<Block>>,
    numbers: BTreeMap<B256, u64>,
    transactions: BTreeMap<B256, (u64, usize)>,
    final_max: Option<u64>,
}

impl View {
    /// A view that knows only the first block.
    pub(crate) fn new(genesis: Arc<Block>) -> Self {
        let canonical = BTreeMap::from([(genesis.number(), Arc::clone(&genesis))]);
        let numbers = BTreeMap::from([(genesis.hash, genesis.number())]);
        Self { head: genesis, canonical, numbers, transactions: BTreeMap::new(), final_max: None }
    }

    /// The newest block.
    pub(crate) fn head(&self) -> &Arc<Block> {
        &self.head
    }

    /// The block at a number.
    pub(crate) fn by_number(&self, number: u64) -> Option<&Arc<Block>> {
        self.canonical.get(&number)
    }

    /// A block of this chain by hash.
    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.by_number(*self.numbers.get(&hash)?)
    }

    /// Whether the block at `number` was on this chain and has been dropped.
    pub(crate) fn is_pruned(&self, number: u64) -> bool {
        number <= self.head.number() && !self.canonical.contains_key(&number)
    }

    /// The newest block that is taken as safe from an ordinary reorganization.
    pub(crate) fn safe(&self) -> &Arc<Block> {
        self.behind_head(SAFE_DEPTH)
    }

    /// The newest block that is taken as final.
    pub(crate) fn finalized(&self) -> &Arc<Block> {
        self.behind_head(FINALIZED_DEPTH)
    }

    /// The block that holds a transaction, and its place there.
    pub(crate) fn transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, index) = self.transactions.get(&hash)?;
        Some((self.by_number(*number)?, *index))
    }

    /// The hashes that code running on top of `block` can see.
    pub(crate) fn hashes(&self, block: &Block) -> BlockHashes {
        let up_to = self.canonical.range(..=block.number()).rev().take(VISIBLE_ANCESTORS);
        up_to.map(|(number, block)| (*number, block.hash)).collect()
    }

    /// The blocks numbered `from` to `to`, in order.
    pub(crate) fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &Arc<Block>> {
        self.canonical.range(from..=to.max(from)).map(|(_, block)| block)
    }

    /// Makes `head` the newest block, reorganizing as far back as its branch demands. Gives the
    /// transactions that the reorganization took out of the chain.
    pub(crate) fn adopt(&mut self, head: &Arc<Block>, store: &BlockStore) -> Vec<Arc<Transaction>> {
        let mut branch = Vec::new();
        let mut next = Some(head);
        while let Some(block) = next {
            if self.numbers.contains_key(&block.hash) {
                break;
            }
            branch.push(Arc::clone(block));
            next = store.get(block.header.parent_hash);
        }
        // Where the branch does not reach our chain, only the first block is left of ours.
        let shared = next.map_or(0, |block| block.number());
        let mut dropped = self.drop_blocks(|number| number > shared);
        for block in branch.into_iter().rev() {
            self.push(block);
        }
        self.head = Arc::clone(head);
        let oldest = head.number().saturating_sub(HISTORY_BLOCKS);
        // However long finality stands still, the block that it stands at is not forgotten.
        let kept = self.final_max;
        self.drop_blocks(|number| number != 0 && number < oldest && kept != Some(number));
        dropped.retain(|transaction| !self.transactions.contains_key(&transaction.hash()));
        dropped
    }

    /// Says up to where blocks can become safe and final: no further than `number`, or as far as time
    /// brings where there is none. Post-merge nothing is final on a branch with less than two thirds of the stake.
    pub(crate) fn bound_finality(&mut self, number: Option<u64>) {
        self.final_max = number;
    }

    /// Up to where blocks can become final, where that is bounded.
    pub(crate) const fn final_max(&self) -> Option<u64> {
        self.final_max
    }

    fn behind_head(&self, depth: u64) -> &Arc<Block> {
        let number = self.head.number().saturating_sub(depth);
        let number = self.final_max.map_or(number, |most| number.min(most));
        self.by_number(number).unwrap_or(&self.head)
    }

    fn push(&mut self, block: Arc<Block>) {
        self.numbers.insert(block.hash, block.number());
        for (index, transaction) in block.transactions.iter().enumerate() {
            self.transactions.insert(transaction.hash(), (block.number(), index));
        }
        self.canonical.insert(block.number(), block);
    }

    /// Drops blocks by number and gives their transactions.
    fn drop_blocks(&mut self, unwanted: impl Fn(u64) -> bool) -> Vec<Arc<Transaction>> {
        let gone: Vec<u64> =
            self.canonical.keys().copied().filter(|number| unwanted(*number)).collect();
        let mut transactions = Vec::new();
        for block in gone.iter().filter_map(|number| self.canonical.remove(number)) {
            self.numbers.remove(&block.hash);
            for transaction in &block.transactions {
                self.transactions.remove(&transaction.hash());
            }
            transactions.extend(block.transactions.iter().cloned());
        }
        transactions
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, genesis_block};
    use super::*;

    /// Finality that stood still for longer than blocks are kept would jump to the head: the worst answer.
    #[test]
    fn a_final_block_stays_final_however_long_finality_stands_still() {
        let genesis = Arc::new(genesis_block(0, None));
        let (mut store, mut view) = (BlockStore::default(), View::new(Arc::clone(&genesis)));
        store.insert(Arc::clone(&genesis));
        view.bound_finality(Some(5));
        let mut parent = genesis;
        for number in 1..=HISTORY_BLOCKS + 50 {
            let mut header = parent.header.clone();
            (header.number, header.parent_hash) = (number, parent.hash);
            parent = Arc::new(Block::seal(header, Vec::new(), Vec::new(), parent.state.clone()));
            store.insert(Arc::clone(&parent));
            view.adopt(&parent, &store);
        }
        assert_eq!((view.finalized().number(), view.safe().number()), (5, 5));
        assert!(view.by_number(6).is_none(), "the others are forgotten as usual");
        view.bound_finality(None);
        assert_eq!(view.finalized().number(), HISTORY_BLOCKS + 50 - FINALIZED_DEPTH);
    }
}
