//! The block tree: every block that some upstream showed, linked to its parent.

use std::collections::{BTreeMap, BTreeSet};

use crate::block::{BlockHash, BlockRef, Header};

/// Most blocks kept, over all branches, so that liars cannot fill the memory (half a megabyte). While no branch
/// has won, all blocks above the fork are needed: with two branches for six hours on mainnet.
const BLOCKS_MAX: usize = 4_096;

/// A bounded set of headers with parent links. Blocks whose parent was never shown are allowed; the
/// links are filled in as headers come.
///
/// It does not check that a hash is the hash of its header: that costs the whole header.
#[derive(Clone, Debug)]
pub struct BlockTree {
    most: usize,
    blocks: BTreeMap<BlockHash, Node>,
    by_number: BTreeSet<(u64, BlockHash)>,
}

impl Default for BlockTree {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    number: u64,
    parent: BlockHash,
    timestamp: u64,
}

impl BlockTree {
    /// An empty tree that keeps as many blocks as a chain needs.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(BLOCKS_MAX)
    }

    /// An empty tree that keeps `most` blocks.
    #[must_use]
    pub fn bounded(most: usize) -> Self {
        Self { most, blocks: BTreeMap::new(), by_number: BTreeSet::new() }
    }

    /// Adds a header; true where it was not known before. A header that contradicts what the tree knows
    /// under the same hash, or whose number does not follow its known parent's, is not added.
    pub fn insert(&mut self, header: &Header) -> bool {
        if self.blocks.contains_key(&header.hash) || !self.accepts(header) {
            return false;
        }
        let node =
            Node { number: header.number, parent: header.parent, timestamp: header.timestamp };
        self.blocks.insert(header.hash, node);
        self.by_number.insert((header.number, header.hash));
        true
    }

    /// Whether a header fits what is known: a new one that follows its parent, or a known one with the same
    /// number and parent.
    #[must_use]
    pub fn accepts(&self, header: &Header) -> bool {
        let below = header.number.checked_sub(1);
        let follows = |parent: &Node| Some(parent.number) == below;
        match self.blocks.get(&header.hash) {
            Some(known) => known.number == header.number && known.parent == header.parent,
            None => {
                header.parent != header.hash && self.blocks.get(&header.parent).is_none_or(follows)
            }
        }
    }

    /// Whether the block is known.
    #[must_use]
    pub fn contains(&self, hash: &BlockHash) -> bool {
        self.blocks.contains_key(hash)
    }

    /// The known header of `hash`.
    #[must_use]
    pub fn header(&self, hash: &BlockHash) -> Option<Header> {
        let node = self.blocks.get(hash)?;
        Some(Header {
            number: node.number,
            hash: *hash,
            parent: node.parent,
            timestamp: node.timestamp,
        })
    }

    /// How many blocks are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether no block is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// `hash` and its known ancestors, newest first; ends where a parent is unknown, or has another
    /// number than one below. So the walk ends even where a liar's headers name each other as parents.
    pub fn ancestors(&self, hash: BlockHash) -> impl Iterator<Item = BlockRef> + '_ {
        let mut next = Some((hash, None));
        core::iter::from_fn(move || {
            let (current, wanted) = next.take()?;
            let node = self.blocks.get(&current)?;
            if wanted.is_some_and(|number| number != node.number) {
                return None;
            }
            next = node.number.checked_sub(1).map(|below| (node.parent, Some(below)));
            Some(BlockRef { number: node.number, hash: current })
        })
    }

    /// The known ancestor of `hash` (or itself) at `number`; `None` where links are missing.
    #[must_use]
    pub fn ancestor_at(&self, hash: BlockHash, number: u64) -> Option<BlockRef> {
        self.ancestors(hash)
            .take_while(|block| block.number >= number)
            .find(|block| block.number == number)
    }

    /// Whether `block` is `descendant` or one of its known ancestors.
    #[must_use]
    pub fn holds(&self, descendant: BlockHash, block: BlockRef) -> bool {
        descendant == block.hash || self.ancestor_at(descendant, block.number) == Some(block)
    }

    /// The newest block that both are or descend from, as far as links are known.
    #[must_use]
    pub fn common_ancestor(&self, one: BlockHash, other: BlockHash) -> Option<BlockRef> {
        let (mut left, mut right) =
            (self.ancestors(one).peekable(), self.ancestors(other).peekable());
        loop {
            let (a, b) = (*left.peek()?, *right.peek()?);
            if a == b {
                return Some(a);
            }
            if a.number >= b.number {
                left.next();
            }
            if b.number >= a.number {
                right.next();
            }
        }
    }

    /// The block whose header would extend the known ancestry of `hash` downwards: number and hash of
    /// the first unknown parent. `None` at genesis, for an unknown `hash`, and where the parent is known
    /// but contradicts its child.
    #[must_use]
    pub fn missing_parent(&self, hash: BlockHash) -> Option<BlockRef> {
        let oldest = self.ancestors(hash).last()?;
        let node = self.blocks.get(&oldest.hash)?;
        if self.blocks.contains_key(&node.parent) {
            return None;
        }
        Some(BlockRef { number: node.number.checked_sub(1)?, hash: node.parent })
    }

    /// The highest number of any block known.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.by_number.last().map(|(number, _)| *number)
    }

    /// Forgets blocks below `lowest`, and, where still too many, those furthest from `centre`.
    pub fn prune(&mut self, lowest: u64, centre: u64) {
        while let Some((number, hash)) = self.by_number.first().copied() {
            if number >= lowest {
                break;
            }
            self.forget(number, hash);
        }
        while self.blocks.len() > self.most {
            let (Some(first), Some(last)) =
                (self.by_number.first().copied(), self.by_number.last().copied())
            else {
                break;
            };
            let furthest =
                if last.0.abs_diff(centre) >= first.0.abs_diff(centre) { last } else { first };
            self.forget(furthest.0, furthest.1);
        }
    }

    fn forget(&mut self, number: u64, hash: BlockHash) {
        self.by_number.remove(&(number, hash));
        self.blocks.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header on branch `branch` at `number`, following the block of `parent_branch` below it.
    fn header(number: u64, branch: u8, parent_branch: u8) -> Header {
        Header {
            number,
            hash: hash(number, branch),
            parent: hash(number - 1, parent_branch),
            timestamp: number,
        }
    }

    fn hash(number: u64, branch: u8) -> BlockHash {
        let mut bytes = [branch; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        BlockHash(bytes)
    }

    #[test]
    fn a_fork_point_is_found_over_branches_of_unequal_length() {
        let mut tree = BlockTree::new();
        (1..=5).for_each(|number| assert!(tree.insert(&header(number, 0, 0))));
        assert!(tree.insert(&header(4, 1, 0)));
        assert_eq!(
            tree.common_ancestor(hash(5, 0), hash(4, 1)),
            Some(BlockRef { number: 3, hash: hash(3, 0) })
        );
        assert!(tree.holds(hash(5, 0), BlockRef { number: 3, hash: hash(3, 0) }));
        assert!(!tree.holds(hash(5, 0), BlockRef { number: 4, hash: hash(4, 1) }));
    }

    #[test]
    fn a_gap_names_the_parent_to_fetch() {
        let mut tree = BlockTree::new();
        tree.insert(&header(1, 0, 0));
        tree.insert(&header(4, 0, 0));
        assert_eq!(tree.missing_parent(hash(4, 0)), Some(BlockRef { number: 3, hash: hash(3, 0) }));
        tree.insert(&header(3, 0, 0));
        tree.insert(&header(2, 0, 0));
        assert_eq!(tree.ancestor_at(hash(4, 0), 1), Some(BlockRef { number: 1, hash: hash(1, 0) }));
    }

    #[test]
    fn a_header_whose_number_contradicts_its_parent_is_refused() {
        let mut tree = BlockTree::new();
        tree.insert(&header(7, 0, 0));
        assert!(!tree.insert(&Header {
            number: 9,
            hash: hash(9, 0),
            parent: hash(7, 0),
            timestamp: 0
        }));
        assert!(!tree.insert(&Header {
            number: 9,
            hash: hash(9, 0),
            parent: hash(9, 0),
            timestamp: 0
        }));
    }

    #[test]
    fn headers_that_name_each_other_as_parent_do_not_hang_the_walk() {
        let mut tree = BlockTree::new();
        let (a, b) = (hash(10, 1), hash(11, 1));
        tree.insert(&Header { number: 10, hash: a, parent: b, timestamp: 0 });
        tree.insert(&Header { number: 11, hash: b, parent: a, timestamp: 0 });
        assert_eq!(tree.ancestors(b).count(), 2);
        assert_eq!(tree.missing_parent(b), None);
        assert_eq!(tree.common_ancestor(b, hash(12, 0)), None);
    }

    #[test]
    fn a_flood_of_far_ahead_blocks_cannot_push_ours_out() {
        let mut tree = BlockTree::bounded(1_024);
        (1..=300).for_each(|number| assert!(tree.insert(&header(number, 0, 0))));
        (0..5_000).for_each(|number| {
            tree.insert(&header(1_000_000 + number * 2, 9, 9));
            tree.prune(44, 300);
        });
        assert!(tree.len() <= 1_024);
        assert!(
            tree.contains(&hash(300, 0))
                && tree.contains(&hash(44, 0))
                && !tree.contains(&hash(43, 0))
        );
    }
}
