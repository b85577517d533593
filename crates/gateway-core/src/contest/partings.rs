//! Where branches part, and who stands on which.

use std::collections::BTreeMap;

use units::{Span, Timestamp};

use crate::block::{BlockHash, BlockRef};
use crate::settings::REORG_BLOCKS_MAX;
use crate::tree::BlockTree;

/// Forks kept an eye on at once; more are made only by liars, and the lowest count.
const FORKS_MAX: usize = 64;

/// One branch of a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Its first block after the fork.
    pub(crate) first: BlockRef,
    /// The newest block that was seen on it.
    pub(crate) head: BlockRef,
    /// The upstreams whose heads are on it.
    pub(crate) upstreams: Vec<usize>,
}

/// Since when each branch of each fork has been seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partings {
    since: BTreeMap<(BlockRef, BlockRef), Timestamp>,
    roots: Roots,
}

/// A fork that is more than an ordinary reorg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parted {
    /// The last block that the branches share.
    pub(crate) fork: BlockRef,
    /// When they were first seen to part.
    pub(crate) at: Timestamp,
}

impl Partings {
    /// Takes in the heads that count, each with when it was last shown, and gives the forks whose branches have been
    /// seen apart for `patience`, one of them for more than two blocks; the lowest first. Where nothing was seen of
    /// the chain before (`starting`) the blocks' own timestamps say how long that has been.
    pub(crate) fn look(
        &mut self,
        now: Timestamp,
        tree: &BlockTree,
        heads: &BTreeMap<BlockRef, Timestamp>,
        (patience, starting): (Span, bool),
    ) -> Vec<Parted> {
        let mut seen: BTreeMap<(BlockRef, BlockRef), Timestamp> = BTreeMap::new();
        let mut ripe: BTreeMap<BlockRef, Timestamp> = BTreeMap::new();
        let pairs = heads
            .iter()
            .enumerate()
            .flat_map(|(place, one)| heads.iter().take(place).map(move |other| (one, other)));
        for ((one, one_at), (other, other_at)) in pairs {
            let (one, other) = (*one, *other);
            let Some((fork, firsts)) = self.parting(tree, one, other) else { continue };
            let keys = firsts.map(|first| (fork, first));
            let told = if starting { parted_for(tree, [one, other], firsts) } else { Span::ZERO };
            let since = keys.map(|key| self.since.get(&key).copied().unwrap_or(now));
            if seen.len() < FORKS_MAX {
                seen.extend(keys.into_iter().zip(since));
            }
            let latest = since.into_iter().max().unwrap_or(now);
            let length = one.number.max(other.number).saturating_sub(fork.number);
            // An orphan that a slow node still shows is not there for longer than it is shown.
            let shown = (*one_at).min(*other_at);
            if shown.since(latest).max(told) >= patience && length > REORG_BLOCKS_MAX {
                let at = ripe.entry(fork).or_insert(latest);
                *at = latest.min(*at);
            }
        }
        self.since = seen;
        ripe.into_iter().map(|(fork, at)| Parted { fork, at }).collect()
    }

    /// Whether heads have parted, be it for a moment.
    pub(crate) fn any(&self) -> bool {
        !self.since.is_empty()
    }

    /// The last block that two heads share and the first of each beyond it, where neither descends from the
    /// other.
    fn parting(
        &mut self,
        tree: &BlockTree,
        one: BlockRef,
        other: BlockRef,
    ) -> Option<(BlockRef, [BlockRef; 2])> {
        if let Some(known) = self.roots.fork
            && let Some(a) = self.roots.first(tree, known, one)
            && let Some(b) = self.roots.first(tree, known, other)
            && a != b
        {
            return Some((known, [a, b]));
        }
        let fork = tree.common_ancestor(one.hash, other.hash)?;
        let above = fork.number.saturating_add(1);
        let first = |head: BlockRef| tree.ancestor_at(head.hash, above);
        Some((fork, [first(one)?, first(other)?]))
    }

    /// The branches above `fork` that the given heads stand on, in the order of their first blocks.
    pub(crate) fn sides(
        &mut self,
        tree: &BlockTree,
        fork: BlockRef,
        heads: &[(usize, BlockRef)],
    ) -> Vec<Side> {
        let mut sides: BTreeMap<BlockRef, Side> = BTreeMap::new();
        for (upstream, head) in heads {
            let Some(first) = self.roots.first(tree, fork, *head) else { continue };
            let side = sides.entry(first).or_insert_with(|| Side {
                first,
                head: *head,
                upstreams: Vec::new(),
            });
            side.head = side.head.max(*head);
            side.upstreams.push(*upstream);
        }
        sides.into_values().collect()
    }
}

/// How long both branches had been there when the newer head was made, by the blocks' timestamps.
fn parted_for(tree: &BlockTree, heads: [BlockRef; 2], firsts: [BlockRef; 2]) -> Span {
    let made = |block: BlockRef| tree.header(&block.hash).map_or(0, |header| header.timestamp);
    let newest = heads.map(made).into_iter().max().unwrap_or(0);
    let begun = firsts.map(made).into_iter().max().unwrap_or(0);
    Span::from_secs(newest.saturating_sub(begun))
}

/// Heads whose branch above one fork is known, so that a contest that lasts for thousands of blocks is not
/// walked down at every look.
#[derive(Clone, Debug, Default)]
struct Roots {
    fork: Option<BlockRef>,
    firsts: BTreeMap<BlockHash, BlockRef>,
}

/// Heads remembered before all are found anew: several for each of 64 upstreams.
const ROOTS_MAX: usize = 512;

impl Roots {
    /// The first block above `fork` of the branch that a head is on; `None` where it does not descend from it.
    fn first(&mut self, tree: &BlockTree, fork: BlockRef, head: BlockRef) -> Option<BlockRef> {
        if self.fork != Some(fork) || self.firsts.len() > ROOTS_MAX {
            self.fork = Some(fork);
            self.firsts.clear();
        }
        let mut found = None;
        for block in tree.ancestors(head.hash) {
            if block.number <= fork.number {
                break;
            }
            if let Some(first) = self.firsts.get(&block.hash) {
                found = Some(*first);
                break;
            }
            let parent = tree.header(&block.hash).map(|header| header.parent);
            if block.number == fork.number.saturating_add(1) && parent == Some(fork.hash) {
                found = Some(block);
                break;
            }
        }
        if let Some(first) = found {
            self.firsts.insert(head.hash, first);
        }
        found
    }
}
