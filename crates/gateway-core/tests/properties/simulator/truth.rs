//! The true chain of a simulated world, made in full before the world runs, and the liars' branches.

use std::collections::BTreeMap;

use gateway_core::{BlockHash, BlockRef, Header};
use machine::Prng;

/// Branch numbers from here on belong to liars, one for each lie.
const LIES_FROM: u64 = 1_000_000;

/// Blocks that exist when a world begins, so that parents can be filled in.
const BEFORE: u64 = 300;

/// Every true block, and when each tip became the chain's.
#[derive(Debug)]
pub(crate) struct Truth {
    headers: BTreeMap<BlockHash, Header>,
    /// Nanoseconds and the tip from then on.
    tips: Vec<(u64, BlockRef)>,
    /// When each true block was first part of the chain.
    born: BTreeMap<BlockHash, u64>,
    pub(crate) reorgs: u64,
}

/// One liar's branch: it parts from the true chain after `fork` and grows by its own clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lie {
    pub(crate) branch: u64,
    pub(crate) fork: BlockRef,
    /// Number of its first block; where that does not follow the fork, its parents are never shown.
    pub(crate) first: u64,
    pub(crate) since: u64,
    pub(crate) period: u64,
}

pub(crate) fn hash(number: u64, branch: u64) -> BlockHash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..16].copy_from_slice(&branch.to_be_bytes());
    BlockHash(bytes)
}

fn branch_of(hash: &BlockHash) -> u64 {
    hash.0[8..16].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

impl Truth {
    /// A chain that has stood for a while and grows until `until`, with reorgs of one or two blocks in
    /// `reorg_percent` of its blocks.
    pub(crate) fn new(prng: &mut Prng, block_time: u64, until: u64, reorg_percent: u64) -> Self {
        let mut truth =
            Self { headers: BTreeMap::new(), tips: Vec::new(), born: BTreeMap::new(), reorgs: 0 };
        let start = 10_000 + prng.below(1_000);
        let mut tip = truth.add(0, start - BEFORE - 1, 0, hash(start - BEFORE - 2, 0));
        for number in start - BEFORE..=start {
            tip = truth.add(0, number, 0, tip.hash);
        }
        truth.tips.push((0, tip));
        let (mut now, mut branch) = (0, 0);
        while now < until {
            now += block_time * (70 + prng.below(61)) / 100;
            if prng.below(100) < reorg_percent {
                branch += 1;
                truth.reorgs += 1;
                let depth = 1 + prng.below(2);
                let mut parent = tip;
                for _ in 0..depth {
                    parent = truth.parent(parent);
                }
                for number in parent.number + 1..=tip.number + 1 {
                    parent = truth.add(now, number, branch, parent.hash);
                }
                tip = parent;
            } else {
                tip = truth.add(now, tip.number + 1, branch, tip.hash);
            }
            truth.tips.push((now, tip));
        }
        truth
    }

    fn add(&mut self, at: u64, number: u64, branch: u64, parent: BlockHash) -> BlockRef {
        let hash = hash(number, branch);
        self.headers.insert(hash, Header { number, hash, parent, timestamp: at / 1_000_000_000 });
        self.born.insert(hash, at);
        BlockRef { number, hash }
    }

    fn parent(&self, block: BlockRef) -> BlockRef {
        let hash = self.headers[&block.hash].parent;
        BlockRef { number: block.number - 1, hash }
    }

    /// The genesis block of every honest node.
    pub(crate) fn genesis(&self) -> Header {
        Header { number: 0, hash: hash(0, 0), parent: BlockHash::default(), timestamp: 0 }
    }

    /// The tip at a time.
    pub(crate) fn tip(&self, at: u64) -> BlockRef {
        let next = self.tips.partition_point(|(from, _)| *from <= at);
        self.tips[next.max(1) - 1].1
    }

    /// The tips that were the chain's at some time between the two.
    pub(crate) fn tips_between(&self, from: u64, to: u64) -> impl Iterator<Item = BlockRef> + '_ {
        let first = self.tips.partition_point(|(at, _)| *at <= from).max(1) - 1;
        self.tips[first..].iter().take_while(move |(at, _)| *at <= to).map(|(_, tip)| *tip)
    }

    /// When the chain first reached this number.
    pub(crate) fn reached(&self, number: u64) -> Option<u64> {
        self.tips.iter().find(|(_, tip)| tip.number >= number).map(|(at, _)| *at)
    }

    /// When a true block was first part of the chain; `None` for others.
    pub(crate) fn born(&self, hash: &BlockHash) -> Option<u64> {
        self.born.get(hash).copied()
    }

    /// The header of any true block.
    pub(crate) fn header(&self, hash: &BlockHash) -> Option<Header> {
        self.headers.get(hash).copied()
    }

    /// Whether `block` is `descendant` or below it, over true blocks and the given lies.
    pub(crate) fn holds(&self, lies: &[Lie], descendant: BlockHash, block: BlockRef) -> bool {
        let mut current = descendant;
        loop {
            if current == block.hash {
                return true;
            }
            let lied = || lies.iter().find_map(|lie| lie.header(&current));
            match self.header(&current).or_else(lied) {
                Some(header) if header.number > block.number => current = header.parent,
                Some(_) | None => return false,
            }
        }
    }
}

impl Lie {
    pub(crate) fn new(branch: u64, fork: BlockRef, skip: u64, since: u64, period: u64) -> Self {
        Self { branch: LIES_FROM + branch, fork, first: fork.number + 1 + skip, since, period }
    }

    /// The head of the lie at a time.
    pub(crate) fn head(&self, at: u64) -> Header {
        self.at_number(self.first + at.saturating_sub(self.since) / self.period)
    }

    fn at_number(&self, number: u64) -> Header {
        let links = number == self.fork.number + 1;
        let parent = if links { self.fork.hash } else { hash(number - 1, self.branch) };
        Header { number, hash: hash(number, self.branch), parent, timestamp: 0 }
    }

    /// The header of one of its blocks.
    pub(crate) fn header(&self, hash: &BlockHash) -> Option<Header> {
        let number = hash.0[..8].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        (branch_of(hash) == self.branch && number >= self.first).then(|| self.at_number(number))
    }
}
