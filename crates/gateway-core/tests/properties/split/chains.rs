//! The branches of a world that splits, made in full before it runs.

use std::collections::BTreeMap;

use gateway_core::{BlockHash, BlockRef, Header};
use machine::Prng;

/// Blocks that exist before the first that anybody shows, so that parents can be filled in.
const BEFORE: u64 = 300;

/// Blocks of a branch that an ordinary reorg takes back at most.
pub(super) const REORG_MAX: u64 = 2;

/// Every block of every branch.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    headers: BTreeMap<BlockHash, Header>,
    orphans: u32,
}

/// What somebody who follows one branch sees: the tips, each with the time from which on it is the tip.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    number: u8,
    tips: Vec<(u64, BlockRef)>,
    /// The highest block that an ordinary reorg of this branch leaves alone.
    floor: u64,
}

/// Where a branch leaves another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fork {
    /// The last block that both share.
    pub(crate) block: BlockRef,
    pub(crate) at: u64,
    /// The branch that is left, and those that leave it here.
    pub(crate) from: u8,
    pub(crate) to: [Option<u8>; 2],
    /// A branch that leaves further up, and the side that it is on here.
    pub(crate) later: Option<(u8, u8)>,
}

fn hash(line: u8, orphan: u32, number: u64) -> BlockHash {
    let mut bytes = [0; 32];
    bytes[3] = line;
    bytes[4..8].copy_from_slice(&orphan.to_be_bytes());
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    BlockHash(bytes)
}

impl Blocks {
    fn add(&mut self, at: u64, number: u64, line: u8, parent: BlockHash) -> BlockRef {
        let hash = hash(line, self.orphans, number);
        self.headers.insert(hash, Header { number, hash, parent, timestamp: at / 1_000_000_000 });
        BlockRef { number, hash }
    }

    pub(crate) fn header(&self, hash: &BlockHash) -> Option<Header> {
        self.headers.get(hash).copied()
    }

    fn parent(&self, block: BlockRef) -> BlockRef {
        BlockRef { number: block.number - 1, hash: self.headers[&block.hash].parent }
    }

    /// Whether `block` is `descendant` or below it.
    pub(crate) fn holds(&self, descendant: BlockRef, block: BlockRef) -> bool {
        self.below(descendant, block.number) == Some(block)
    }

    /// The block at a number below another one.
    pub(crate) fn below(&self, from: BlockRef, number: u64) -> Option<BlockRef> {
        let mut current = from;
        while current.number > number {
            current = BlockRef {
                number: current.number - 1,
                hash: self.headers.get(&current.hash)?.parent,
            };
        }
        (current.number == number).then_some(current)
    }

    /// The genesis block of everyone.
    pub(crate) fn genesis() -> Header {
        Header { number: 0, hash: hash(0, 0, 0), parent: BlockHash::default(), timestamp: 0 }
    }

    /// A branch that has stood for a while.
    pub(crate) fn trunk(&mut self) -> Line {
        let start = 10_000;
        let mut tip = self.add(0, start - BEFORE, 0, BlockHash::default());
        for number in start - BEFORE + 1..=start {
            tip = self.add(0, number, 0, tip.hash);
        }
        Line { number: 0, tips: vec![(0, tip)], floor: start - BEFORE / 2 }
    }
}

impl Line {
    /// Grows by a block about every `period` from where it is until a time, with ordinary reorgs in so many of a
    /// hundred blocks.
    pub(crate) fn grow(
        &mut self,
        (blocks, prng): (&mut Blocks, &mut Prng),
        (period, until): (u64, u64),
        reorg_percent: u64,
    ) {
        let (mut now, mut tip) = self.tips[self.tips.len() - 1];
        loop {
            now += period * (70 + prng.below(61)) / 100;
            if now >= until {
                return;
            }
            let mut from = tip;
            if prng.below(100) < reorg_percent {
                blocks.orphans += 1;
                let depth = (1 + prng.below(REORG_MAX)).min(tip.number.saturating_sub(self.floor));
                from = (0..depth).fold(tip, |block, _| blocks.parent(block));
            }
            for number in from.number + 1..=tip.number + 1 {
                from = blocks.add(now, number, self.number, from.hash);
            }
            tip = from;
            self.tips.push((now, tip));
        }
    }

    /// Keeps what is below its tip at a time for good, and gives that tip.
    pub(crate) fn settle(&mut self, at: u64) -> BlockRef {
        let tip = self.tip(at);
        self.tips.push((at, tip));
        self.floor = tip.number + 1;
        tip
    }

    /// Another branch that has everything in common with this one until a time.
    pub(crate) fn part(&self, number: u8, at: u64) -> Self {
        let next = self.tips.partition_point(|(from, _)| *from <= at);
        let mut tips = self.tips[..next].to_vec();
        let fork = tips[next - 1].1;
        tips.push((at, fork));
        Self { number, tips, floor: fork.number + 1 }
    }

    /// The tip at a time.
    pub(crate) fn tip(&self, at: u64) -> BlockRef {
        let next = self.tips.partition_point(|(from, _)| *from <= at);
        self.tips[next.max(1) - 1].1
    }
}

impl Fork {
    /// Which of the branches that part here a block is on, if it is above.
    pub(crate) fn side(&self, block: BlockRef) -> Option<u8> {
        if block.number <= self.block.number {
            return None;
        }
        self.side_of(block.hash.0[3])
    }

    /// Which of the branches that part here a line is on above.
    pub(crate) fn side_of(&self, line: u8) -> Option<u8> {
        match self.later {
            Some((later, side)) if later == line => Some(side),
            Some(_) | None => (line == self.from || self.to.contains(&Some(line))).then_some(line),
        }
    }
}
