//! What the chain says to the cache: which blocks have left, and which it vouches for.

use crate::block::{BlockHash, BlockRef};
use crate::cache::Source;
use crate::chain::Chain;
use crate::settings::{TREE_WINDOW, UpstreamId};
use crate::snapshot::Verdict;
use crate::upstream::Relation;

impl Chain {
    /// Notes which blocks leave the agreed branch when its head goes from `old` to `new`. Where what lies
    /// between them is unknown only what is final stays, and without any final block the genesis.
    pub(crate) fn note_departure(&mut self, old: BlockRef, new: BlockRef) {
        if self.tree.holds(new.hash, old) {
            return;
        }
        let fork = self.tree.common_ancestor(new.hash, old.hash).or(self.finalized);
        self.departures.note(fork.map_or(0, |fork| fork.number).min(new.number));
    }

    /// An upstream turned out to give wrong answers, or may have: what is kept of it is not served any more.
    pub fn distrust(&mut self, upstream: UpstreamId) {
        if let Some(upstream) = self.upstreams.get_mut(upstream.index()) {
            upstream.distrusts = upstream.distrusts.saturating_add(1);
        }
    }

    /// How often an upstream has lost our trust.
    pub(crate) fn distrusts(&self, upstream: UpstreamId) -> u32 {
        self.upstreams.get(upstream.index()).map_or(0, |upstream| upstream.distrusts)
    }

    /// Whether what an upstream says by number may be of other final blocks than ours: it is on a branch that leaves
    /// ours below them, or shows a head whose branch is not known yet.
    pub(crate) fn may_number_otherwise(&self, upstream: UpstreamId) -> bool {
        self.upstreams.get(upstream.index()).is_some_and(|upstream| {
            upstream.relation == Relation::Unlinked || self.leaves_final(upstream.relation)
        })
    }

    /// Whether what is known of the block at this number may be told to clients now: not above the agreed
    /// head, which is the block that all branches share while none has won; and where nobody answers, only what
    /// is final, because the head is of the past then.
    pub(crate) fn vouches_through(&self, number: u64) -> bool {
        let within = |limit: Option<BlockRef>| limit.is_some_and(|limit| number <= limit.number);
        within(self.agreed)
            && match self.verdict {
                Verdict::Healthy
                | Verdict::Degraded
                | Verdict::Split
                | Verdict::Stalled
                | Verdict::Undecided => true,
                Verdict::Unreachable => within(self.finalized),
            }
    }

    /// The highest block that an answer depends on, and its hash where it was asked for by that; `None`
    /// where it is not known to be a block of the agreed chain.
    pub(crate) fn block_of(
        &self,
        source: Source,
        finalized: Option<u64>,
    ) -> Option<(u64, Option<BlockHash>)> {
        let block = match source {
            Source::Through(number) => {
                return (Some(number) <= finalized).then_some((number, None));
            }
            Source::Block(block) => block,
            Source::Hash(hash) => self.tree.header(&hash)?.block(),
        };
        self.vouches_for(block, finalized).then_some((block.number, Some(block.hash)))
    }

    /// Whether a block is on the agreed branch; where that is older than the tree, whether it is final.
    fn vouches_for(&self, block: BlockRef, finalized: Option<u64>) -> bool {
        let Some(agreed) = self.agreed else { return false };
        if [Some(agreed), self.safe, self.finalized].contains(&Some(block)) {
            return true;
        }
        let remembered = block.number >= agreed.number.saturating_sub(TREE_WINDOW);
        let ours = || self.tree.ancestor_at(agreed.hash, block.number);
        match remembered.then(ours).flatten() {
            Some(ours) => ours == block,
            None => Some(block.number) <= finalized,
        }
    }

    /// Whether nothing that is known at a glance speaks against an answer of this block: it is not above the
    /// agreed head, and at its height it is the head itself.
    pub(crate) fn may_be_agreed(&self, number: u64, hash: Option<BlockHash>) -> bool {
        self.agreed.is_some_and(|agreed| {
            number < agreed.number
                || (number == agreed.number && hash.is_none_or(|hash| hash == agreed.hash))
        })
    }
}
