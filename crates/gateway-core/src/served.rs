//! How many answers about which head have gone to clients: what a wrong branch has cost is counted from it.

use std::collections::VecDeque;

use crate::block::BlockRef;

/// Heads remembered: more than pass before a contest is decided.
const HEADS_MAX: usize = 256;

/// Answers by the head that they were about, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    heads: VecDeque<(BlockRef, u64)>,
}

impl Served {
    /// Counts one answer about a head.
    pub(crate) fn count(&mut self, head: BlockRef) {
        if let Some((_, count)) = self.heads.iter_mut().rev().find(|(block, _)| *block == head) {
            *count = count.saturating_add(1);
            return;
        }
        if self.heads.len() >= HEADS_MAX {
            self.heads.pop_front();
        }
        self.heads.push_back((head, 1));
    }

    /// How many answers were about blocks of which something holds.
    pub(crate) fn sum(&self, of: impl Fn(BlockRef) -> bool) -> u64 {
        let counted = self.heads.iter().filter(|(block, _)| of(*block));
        counted.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
