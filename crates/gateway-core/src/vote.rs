//! The vote on the head: one vote an operator, counted by block hash.

use std::collections::BTreeMap;

use crate::block::{BlockHash, BlockRef};
use crate::settings::TREE_WINDOW;
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
    let mut weights: BTreeMap<BlockRef, u64> = BTreeMap::new();
    for vote in votes {
        let window = usize::try_from(TREE_WINDOW).unwrap_or(usize::MAX);
        for block in tree.ancestors(vote.head).take(window) {
            let weight = weights.entry(block).or_default();
            *weight = weight.saturating_add(vote.weight);
        }
    }
    weights
        .into_iter()
        .rev()
        .find(|(_, weight)| weight.saturating_mul(2) > total)
        .map(|(block, _)| block)
}

/// The highest number that more than half of the weight has reached, with a block that a voter gave for
/// it; for `safe` and `finalized`, whose links the tree may not reach.
pub(crate) fn majority_reached(reports: &mut [(BlockRef, u64)], total: u64) -> Option<BlockRef> {
    reports.sort_unstable_by_key(|report| core::cmp::Reverse(report.0));
    let mut weight = 0_u64;
    reports.iter().find_map(|(block, share)| {
        weight = weight.saturating_add(*share);
        (weight.saturating_mul(2) > total).then_some(*block)
    })
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
        let block = |number| BlockRef { number, hash: hash(number, 0) };
        let mut reports = [(block(9), 10), (block(3), 10), (block(7), 10)];
        assert_eq!(majority_reached(&mut reports, 30), Some(block(7)));
    }
}
