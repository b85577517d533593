//! The block tree against a list of headers.
//!
//! An input is a list of orders of four bytes. They bring headers of one chain and its branches in any
//! order, headers of liars that contradict them, floods, and moments at which old blocks are forgotten.
//! After each order the tree must say what [`Model`] says, which keeps headers in a list and works
//! everything out by walking it.

mod model;

use gateway_core::{BlockHash, BlockRef, BlockTree, Header};

use crate::target::{Form, Target};
use model::Model;

/// The target of [`block_tree`].
pub const BLOCK_TREE: Target =
    Target { name: "block_tree", run: block_tree, seeds, words: &[], form: Form::Orders };

/// Most blocks that the tree keeps: few enough for floods to reach it.
const BLOCKS_MAX: usize = 1_024;

/// Orders of one input that are carried out; each is followed by a comparison of all blocks in turn.
const ORDERS_MAX: usize = 200;

/// Blocks of the true chain and its branches.
const HONEST: u8 = 96;

/// Headers that one flood brings.
const FLOOD: u64 = 400;

/// Floods of one input that are carried out; the model is slow.
const FLOODS_MAX: usize = 3;

/// Where the chain begins: at genesis, somewhere, and where numbers end.
const BASES: [u64; 3] = [0, 19_000_000, u64::MAX - 40];

/// Plays the orders to the tree and to the model.
///
/// # Panics
///
/// Where the tree panics or says something else than the model.
pub fn block_tree(bytes: &[u8]) {
    let (base, orders) = match bytes.split_first() {
        Some((first, rest)) => (BASES[usize::from(*first) % BASES.len()], rest),
        None => return,
    };
    let mut world =
        World { base, tree: BlockTree::bounded(BLOCKS_MAX), model: Model::default(), floods: 0 };
    for order in orders.as_chunks::<4>().0.iter().take(ORDERS_MAX) {
        world.carry_out(*order);
    }
    world.compare_all();
}

struct World {
    base: u64,
    tree: BlockTree,
    model: Model,
    floods: usize,
}

/// The hash of block `index` of the world; a liar's blocks are beyond 255.
fn hash(index: u64) -> BlockHash {
    let mut bytes = [0; 32];
    // Hashes sort in another order than blocks are numbered.
    bytes[..8].copy_from_slice(&index.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    bytes[8..16].copy_from_slice(&index.to_be_bytes());
    BlockHash(bytes)
}

impl World {
    /// The true header of block `index`: most follow the one before, some branch off further down.
    fn honest(&self, index: u8) -> Header {
        let mut number = 0_u64;
        let mut at = index;
        let parent_of = |index: u8| match index % 7 {
            3 => index.saturating_sub(3),
            5 => index.saturating_sub(2),
            _ => index.saturating_sub(1),
        };
        while at > 0 {
            number += 1;
            at = parent_of(at);
        }
        let parent = if index == 0 { hash(1 << 32) } else { hash(u64::from(parent_of(index))) };
        Header {
            number: self.base.saturating_add(number),
            hash: hash(u64::from(index)),
            parent,
            timestamp: number,
        }
    }

    fn carry_out(&mut self, [order, one, other, more]: [u8; 4]) {
        let one = one % HONEST;
        let mut header = self.honest(one);
        match order % 16 {
            0..=7 => self.insert(&header),
            // Some blocks in a row, as a walk down to missing parents brings them.
            8 => (0..=other % 12)
                .for_each(|step| self.insert(&self.honest(one.saturating_sub(step)))),
            9 => {
                header.number = self.base.saturating_add(u64::from(other));
                self.insert(&header);
            }
            10 => {
                header.parent = hash(u64::from(other));
                header.timestamp = u64::from(more);
                self.insert(&header);
            }
            // A block of a liar's own, on top of any other.
            11 => {
                header.hash = hash(256 + u64::from(more % 8));
                header.parent = hash(256 * u64::from(other % 2) + u64::from(other / 2));
                self.insert(&header);
            }
            12 => {
                let odd = [0, u64::MAX, header.number.wrapping_sub(1), header.number / 2];
                header.number = odd[usize::from(other) % odd.len()];
                self.insert(&header);
            }
            13 => self.flood(one, other),
            14 => {
                let lowest = self.base.saturating_add(u64::from(one));
                self.prune(lowest, lowest.saturating_add(u64::from(other)));
            }
            _ => self.prune(
                u64::from(more % 2) * u64::from(one),
                self.base.wrapping_add(u64::from(other)),
            ),
        }
        self.compare([u64::from(one), u64::from(other), 256 + u64::from(more % 8)]);
    }

    fn insert(&mut self, header: &Header) {
        assert_eq!(self.tree.accepts(header), self.model.accepts(header), "accepts {header:?}");
        assert_eq!(self.tree.insert(header), self.model.insert(header), "inserts {header:?}");
    }

    /// Brings many headers that follow nothing, at one height or far and near.
    fn flood(&mut self, one: u8, other: u8) {
        if self.floods >= FLOODS_MAX {
            return;
        }
        self.floods += 1;
        for count in 0..FLOOD {
            let index = (1 << 40) + (u64::from(one) << 20) + count;
            let far = u64::from(other % 4) * count;
            let number = self.base.saturating_add(u64::from(one)).saturating_add(far);
            let parent = hash(index + (1 << 50));
            self.insert(&Header { number, hash: hash(index), parent, timestamp: 0 });
        }
    }

    /// What is forgotten is below, or too many and furthest away; nothing else goes.
    fn prune(&mut self, lowest: u64, centre: u64) {
        self.tree.prune(lowest, centre);
        assert!(self.tree.len() <= BLOCKS_MAX, "{} blocks are kept", self.tree.len());
        let (kept, gone): (Vec<Header>, Vec<Header>) =
            self.model.headers.iter().partition(|header| self.tree.contains(&header.hash));
        assert_eq!(kept.len(), self.tree.len(), "blocks that were never shown");
        assert!(kept.iter().all(|header| header.number >= lowest), "one below is kept");
        let far = |header: &&Header| header.number.abs_diff(centre);
        let crowded: Vec<&Header> = gone.iter().filter(|header| header.number >= lowest).collect();
        if let (Some(nearest_gone), Some(furthest_kept)) =
            (crowded.iter().map(far).min(), kept.iter().map(|header| far(&header)).max())
        {
            assert_eq!(kept.len(), BLOCKS_MAX, "one is forgotten although there was room");
            assert!(nearest_gone >= furthest_kept, "a nearer one went before a further one");
        }
        self.model.headers = kept;
    }

    /// Every question about three blocks and the pairs of them.
    fn compare(&self, blocks: [u64; 3]) {
        let (tree, model) = (&self.tree, &self.model);
        assert_eq!((tree.len(), tree.is_empty()), (model.headers.len(), model.headers.is_empty()));
        assert_eq!(tree.highest(), model.highest());
        let lines = blocks.map(hash).map(|block| (block, model.ancestors(block)));
        for (one, ancestors) in &lines {
            let one = *one;
            let shown: Vec<BlockRef> = tree.ancestors(one).collect();
            assert_eq!(shown, *ancestors, "ancestors");
            assert_eq!(tree.header(&one), model.header(one), "header");
            assert_eq!(tree.contains(&one), model.header(one).is_some(), "contains");
            assert_eq!(tree.missing_parent(one), model.missing_parent(ancestors), "missing parent");
            for number in [0, self.base, self.base.saturating_add(blocks[0]), u64::MAX] {
                let expected = ancestors.iter().find(|block| block.number == number);
                assert_eq!(
                    tree.ancestor_at(one, number),
                    expected.copied(),
                    "ancestor at {number}"
                );
            }
            for (other, others) in &lines {
                let expected = ancestors.iter().find(|block| others.contains(block));
                assert_eq!(tree.common_ancestor(one, *other), expected.copied(), "common ancestor");
                let number = model.header(*other).map_or(self.base, |header| header.number);
                for number in [number, number.saturating_add(1)] {
                    let block = BlockRef { number, hash: *other };
                    let expected = one == *other || ancestors.contains(&block);
                    assert_eq!(tree.holds(one, block), expected, "holds {block}");
                }
            }
        }
    }

    fn compare_all(&self) {
        for index in 0..u64::from(HONEST) / 2 {
            self.compare([2 * index, (index * 7 + 1) % u64::from(HONEST), 256 + index % 8]);
        }
    }
}

/// A chain in its order, in reverse, with a liar, with floods and pruning.
fn seeds() -> Vec<Vec<u8>> {
    let orders = |base: u8, orders: &[[u8; 4]]| [&[base][..], orders.as_flattened()].concat();
    let forward: Vec<[u8; 4]> = (0..60).map(|index| [0, index, index / 2, 0]).collect();
    let backward: Vec<[u8; 4]> = forward.iter().rev().copied().collect();
    let lied: Vec<[u8; 4]> = (0..60)
        .map(|index| [[0, 9, 0, 10, 11, 12][usize::from(index % 6)], index, 60 - index, index])
        .collect();
    let pruned: Vec<[u8; 4]> =
        (0..80).map(|index| [if index % 9 == 8 { 14 } else { 8 }, index, 11, 0]).collect();
    let flooded: Vec<[u8; 4]> = (0..60)
        .map(|index| match index % 15 {
            6 => [13, index, index / 4, 0],
            7 => [15, index, index, 1],
            _ => [8, 2 * index, 6, 0],
        })
        .collect();
    let all = [forward, backward, lied, pruned, flooded];
    all.iter().flat_map(|list| (0..3).map(|base| orders(base, list))).collect()
}
