//! What is true: every block the network made, when it was valid, and what the state was in it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A block with what clients may read at it.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// The watched account's balance in wei.
    pub balance: u128,
    /// The counter contract's number.
    pub counter: u128,
    /// The hashes of its transactions.
    pub transactions: Vec<String>,
    /// When the first node may have had it.
    pub first: Instant,
    /// When every node that follows the network had it.
    pub settled: Instant,
    /// When a reorg had replaced it everywhere.
    pub replaced: Option<Instant>,
}

/// All blocks, replaced ones too.
#[derive(Debug, Default)]
pub struct Ledger {
    blocks: Vec<Block>,
    canonical: BTreeMap<u64, usize>,
    reorgs: Vec<Instant>,
    failure: Option<String>,
}

impl Ledger {
    /// Adds a block on top.
    pub(crate) fn push(&mut self, block: Block) {
        self.canonical.insert(block.number, self.blocks.len());
        self.blocks.push(block);
    }

    /// A reorg begins: some nodes are on either side of it from now on.
    pub(crate) fn begin_reorg(&mut self) {
        self.reorgs.push(Instant::now());
    }

    /// Marks the blocks above `number` as replaced, all but those that came with the reorg itself.
    pub(crate) fn replace_above(&mut self, number: u64) {
        let now = Instant::now();
        let gone = self.canonical.split_off(&(number + 1));
        for at in gone.into_values() {
            if let Some(block) = self.blocks.get_mut(at) {
                block.replaced = Some(now);
            }
        }
        self.reorgs.push(now);
    }

    /// Records that the network itself failed, so that no test passes on it.
    pub(crate) fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Why the network failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The highest block of the network's branch.
    #[must_use]
    pub fn head(&self) -> Option<&Block> {
        self.canonical.last_key_value().and_then(|(_, at)| self.blocks.get(*at))
    }

    /// The number of the highest block that every following node has.
    #[must_use]
    pub fn settled(&self) -> u64 {
        let now = Instant::now();
        let mut blocks = self.canonical.iter().rev().filter_map(|(_, at)| self.blocks.get(*at));
        blocks.find(|block| block.settled <= now).map_or(0, |block| block.number)
    }

    /// The block at `number` on the network's branch.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<&Block> {
        self.canonical.get(&number).and_then(|at| self.blocks.get(*at))
    }

    /// The blocks that a call sent at `sent` may have been answered from: those of the network's
    /// branch, and those replaced at most `grace` before `sent`.
    pub fn valid(&self, sent: Instant, grace: Duration) -> impl Iterator<Item = &Block> {
        let valid = move |block: &&Block| block.replaced.is_none_or(|at| at + grace >= sent);
        self.blocks.iter().rev().filter(valid)
    }

    /// Whether a reorg was under way at some time from `since` on.
    #[must_use]
    pub fn reorged_since(&self, since: Instant) -> bool {
        self.reorgs.iter().any(|at| *at >= since)
    }
}
