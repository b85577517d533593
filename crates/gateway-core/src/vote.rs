//! The vote on the head: one vote an operator, counted by block hash.

use std::collections::{BTreeMap, BTreeSet};

use crate::block::{BlockHash, BlockRef};
use crate::tree::BlockTree;

/// A voter's head and weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vote {
    /// The block the voter stands on; it votes for all its ancestors too.
    pub(crate) head: BlockHash,
    /// The voter's share of its domain's vote.
    pub(crate) weight: u64,
}

/// The highest block that more than half of the weight holds, or `None` where no block has that.
///
/// `total` is what half is taken of: at least the sum of the votes, more where some abstain.
pub(crate) fn majority_head(tree: &BlockTree, votes: &[Vote], total: u64) -> Option<BlockRef> {
    let mut heads: BTreeMap<BlockHash, u64> = BTreeMap::new();
    for vote in votes {
        let weight = heads.entry(vote.head).or_default();
        *weight = weight.saturating_add(vote.weight);
    }
    // The last block that any set of heads shares is a head or the last block that two of them share.
    let mut candidates: BTreeSet<BlockRef> = BTreeSet::new();
    for (place, one) in heads.keys().enumerate() {
        candidates.extend(tree.header(one).map(|header| header.block()));
        let others = heads.keys().take(place);
        candidates.extend(others.filter_map(|other| tree.common_ancestor(*one, *other)));
    }
    candidates.into_iter().rev().find(|block| {
        let holding = heads.iter().filter(|(head, _)| tree.holds(**head, *block));
        let weight = holding.fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight));
        weight.saturating_mul(2) > total
    })
}

/// The highest number that more than half of the weight has reached; for `safe` and `finalized`.
pub(crate) fn majority_reached(reports: &[(BlockRef, u64)], total: u64) -> Option<u64> {
    let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
    for (block, share) in reports {
        let weight = numbers.entry(block.number).or_default();
        *weight = weight.saturating_add(*share);
    }
    let mut weight = 0_u64;
    numbers.into_iter().rev().find_map(|(number, share)| {
        weight = weight.saturating_add(share);
        (weight.saturating_mul(2) > total).then_some(number)
    })
}

/// The block that more than half of the weight reports, number and hash alike.
pub(crate) fn majority_same(reports: &[(BlockRef, u64)], total: u64) -> Option<BlockRef> {
    let weight = |wanted: &BlockRef| {
        let same = reports.iter().filter(|(block, _)| block == wanted);
        same.fold(0_u64, |sum, (_, share)| sum.saturating_add(*share))
    };
    let mut blocks = reports.iter().map(|(block, _)| *block);
    blocks.find(|block| weight(block).saturating_mul(2) > total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Header;

    fn hash(number: u64, branch: u8) -> BlockHash {
        let mut bytes = [branch; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        BlockHash(bytes)
    }

    fn tree() -> BlockTree {
        let mut tree = BlockTree::new();
        for number in 1..=6 {
            tree.insert(&Header {
                number,
                hash: hash(number, 0),
                parent: hash(number - 1, 0),
                timestamp: 0,
            });
        }
        tree.insert(&Header { number: 5, hash: hash(5, 1), parent: hash(4, 0), timestamp: 0 });
        tree
    }

    fn votes(heads: &[(u64, u8)]) -> Vec<Vote> {
        heads
            .iter()
            .map(|(number, branch)| Vote { head: hash(*number, *branch), weight: 10 })
            .collect()
    }

    #[test]
    fn one_fast_voter_does_not_set_the_head() {
        let head = majority_head(&tree(), &votes(&[(6, 0), (5, 0), (4, 0)]), 30);
        assert_eq!(head, Some(BlockRef { number: 5, hash: hash(5, 0) }));
    }

    #[test]
    fn two_equal_branches_agree_only_on_what_they_share() {
        let head = majority_head(&tree(), &votes(&[(6, 0), (5, 1)]), 20);
        assert_eq!(head, Some(BlockRef { number: 4, hash: hash(4, 0) }));
    }

    #[test]
    fn abstainers_count_against() {
        assert_eq!(majority_head(&tree(), &votes(&[(6, 0)]), 30), None);
    }

    #[test]
    fn finality_is_what_most_have_reached() {
        let block = |number, branch| BlockRef { number, hash: hash(number, branch) };
        let reports = [(block(9, 0), 10), (block(3, 0), 10), (block(7, 0), 10)];
        assert_eq!(majority_reached(&reports, 30), Some(7));
    }

    #[test]
    fn one_voter_does_not_choose_the_finalized_hash() {
        let block = |number, branch| BlockRef { number, hash: hash(number, branch) };
        let reports = [(block(8, 0), 10), (block(7, 9), 10), (block(7, 0), 10)];
        assert_eq!(majority_same(&reports, 30), None);
        let reports = [(block(7, 0), 10), (block(7, 9), 10), (block(7, 0), 10)];
        assert_eq!(majority_same(&reports, 30), Some(block(7, 0)));
    }
}
