//! The verdict on a chain, in one word and one sentence.

use units::Timestamp;

use crate::block::BlockRef;
use crate::chain::Chain;
use crate::event::EventKind;
use crate::settings::REORG_BLOCKS_MAX;
use crate::snapshot::Verdict;
use crate::upstream::{Relation, State, Upstream};

impl Chain {
    /// Draws the verdict, and logs where it changed.
    pub(crate) fn judge_chain(&mut self, now: Timestamp) {
        let (verdict, reason) = self.verdict_now(now);
        if verdict != self.verdict {
            let text = format!("{} to {}: {reason}", self.verdict.name(), verdict.name());
            self.log(now, None, EventKind::Verdict, text);
        }
        self.verdict = verdict;
        self.verdict_reason = reason;
    }

    fn verdict_now(&self, now: Timestamp) -> (Verdict, String) {
        let in_state = |state| {
            self.upstreams.iter().enumerate().filter(move |(_, u)| u.state == state).map(|(i, _)| i)
        };
        let total = self.upstreams.len();
        let serving = self.domains.count(in_state(State::Serving));
        let domains = self.domains.count(0..total);
        let reachable =
            self.upstreams.iter().any(|u| !matches!(u.state, State::Unreachable | State::Rejected));
        if !reachable {
            return (
                Verdict::Unreachable,
                format!("none of {total} upstreams gives a usable answer"),
            );
        }
        let pending = self.upstreams.iter().filter(|upstream| upstream.is_pending(now)).count();
        let Some(head) = self.agreed else {
            if pending > 0 {
                let why = format!("{pending} of {total} upstreams have not been heard from yet");
                return (Verdict::Unreachable, why);
            }
            return (Verdict::Undecided, "no block is held by most operators yet".to_owned());
        };
        let contest = self.contest(now);
        if let Some(fork) = contest.filter(|fork| serving == 0 || self.no_branch_has_most(*fork)) {
            return (
                Verdict::Undecided,
                format!("branches parted at block {fork} and none has most operators"),
            );
        }
        if now.since(self.agreed_moved_at) > self.settings.stalled_after() {
            let stood = now.since(self.agreed_moved_at);
            return (
                Verdict::Stalled,
                format!("no new block for {stood}: all who answer stand at {head}"),
            );
        }
        let quarantined = in_state(State::Quarantined).count();
        if self.domains.count(in_state(State::Quarantined)) > 1 && contest.is_some() {
            return (
                Verdict::Split,
                format!("{quarantined} of {total} upstreams are on another branch; most are not"),
            );
        }
        if quarantined > 0 {
            return (
                Verdict::Degraded,
                format!("{quarantined} of {total} upstreams contradict the others"),
            );
        }
        if serving < 2 && domains > 1 {
            return (Verdict::Degraded, format!("{serving} of {domains} independent domains left"));
        }
        let standing: Vec<usize> = in_state(State::Serving).collect();
        if standing.len().saturating_mul(2) <= total {
            return (Verdict::Degraded, format!("{} of {total} upstreams serve", standing.len()));
        }
        (
            Verdict::Healthy,
            format!("{} of {total} upstreams of {serving} domains agree", standing.len()),
        )
    }

    /// The last block shared by branches that have parted for longer than an ordinary reorg lasts: from the
    /// agreed one, or ahead of it where no branch has most.
    pub(crate) fn contest(&self, now: Timestamp) -> Option<BlockRef> {
        let put_out = self.upstreams.iter().filter(|u| u.state == State::Quarantined);
        let forks = put_out.filter_map(|upstream| match upstream.relation {
            Relation::Diverged { fork, .. } => Some(fork),
            Relation::Unknown | Relation::Unlinked | Relation::Holds(_) | Relation::Behind(_) => {
                None
            }
        });
        forks.min().or_else(|| self.contest_ahead(now))
    }

    /// The same among those that hold the agreed head but went on from it on different branches.
    fn contest_ahead(&self, now: Timestamp) -> Option<BlockRef> {
        if now.since(self.agreed_moved_at) < self.settings.block_time.times(2) {
            return None;
        }
        let ahead = |u: &&Upstream| {
            matches!(u.relation, Relation::Holds(blocks) if blocks > REORG_BLOCKS_MAX)
                && !matches!(u.state, State::Unreachable | State::Rejected)
        };
        let mut heads: Vec<BlockRef> = self
            .upstreams
            .iter()
            .filter(ahead)
            .filter_map(|upstream| upstream.head.map(|head| head.block()))
            .collect();
        heads.sort_unstable();
        let lead = heads.pop()?;
        heads.into_iter().find_map(|other| {
            let fork = self.tree.common_ancestor(lead.hash, other.hash)?;
            (other.number.saturating_sub(fork.number) > REORG_BLOCKS_MAX).then_some(fork)
        })
    }

    /// Whether no branch is held by more than half of those who answer, those put out included.
    fn no_branch_has_most(&self, fork: BlockRef) -> bool {
        let answering = |u: &Upstream| !matches!(u.state, State::Unreachable | State::Rejected);
        let Some(agreed) = self.agreed else { return true };
        let first = self.tree.ancestor_at(agreed.hash, fork.number.saturating_add(1));
        first.is_none_or(|first| !self.outweighs(first, answering))
    }
}
