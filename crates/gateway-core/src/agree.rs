//! How the upstreams of a chain come to one head, one genesis and one verdict.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::event::EventKind;
use crate::settings::{REORG_BLOCKS_MAX, TREE_WINDOW};
use crate::snapshot::Verdict;
use crate::upstream::{Identity, Relation, Sight, State, UpstreamId};
use crate::vote::{Vote, majority_head, majority_reached};

impl Chain {
    /// Draws the conclusions of whatever was just learnt: who stands where, who may vote, what is agreed.
    pub(crate) fn agree(&mut self, now: Timestamp) {
        self.refresh_relations(now);
        self.judge_all(now);
        let voters = self.voters();
        if self.move_head(now, &voters) {
            self.refresh_relations(now);
            self.judge_all(now);
        }
        self.agree_finality(&voters);
        self.note_holders(now);
        self.judge_chain(now);
        if let Some(agreed) = self.agreed {
            self.tree.prune(agreed.number.saturating_sub(TREE_WINDOW), agreed.number);
        }
    }

    /// Takes the genesis that most operators report where none was declared. Where operators are equal in
    /// number the first declared is believed; declare `genesis` to decide otherwise.
    pub(crate) fn agree_genesis(&mut self) {
        if self.settings.genesis.is_some() {
            return;
        }
        let members: Vec<usize> =
            (0..self.upstreams.len()).filter(|index| self.reported(*index).is_some()).collect();
        let mut tally: BTreeMap<BlockHash, (u64, usize)> = BTreeMap::new();
        for (index, weight) in members.iter().zip(self.domains.weights(&members)) {
            let Some(genesis) = self.reported(*index) else { continue };
            let entry = tally.entry(genesis).or_insert((0, *index));
            entry.0 = entry.0.saturating_add(weight);
        }
        let winner = tally
            .into_iter()
            .max_by_key(|(_, (weight, first))| (*weight, core::cmp::Reverse(*first)));
        self.genesis = winner.map(|(genesis, _)| genesis);
    }

    /// The genesis of an upstream that is on the right chain as far as its id says.
    fn reported(&self, index: usize) -> Option<BlockHash> {
        let upstream = self.upstreams.get(index)?;
        upstream.genesis.filter(|_| upstream.chain_id.is_none_or(|id| id == self.settings.chain_id))
    }

    pub(crate) fn refresh_relation(&mut self, now: Timestamp, index: usize) {
        let relation = self.relation_of(index);
        let Some(upstream) = self.upstreams.get_mut(index) else { return };
        upstream.relation = relation;
        match relation {
            Relation::Diverged { .. } => {
                upstream.diverged_since = upstream.diverged_since.or(Some(now))
            }
            Relation::Holds(_) | Relation::Behind(_) => {
                upstream.diverged_since = None;
                upstream.linked_head = upstream.head.map(|head| head.block());
            }
            Relation::Unknown | Relation::Unlinked => {}
        }
    }

    fn refresh_relations(&mut self, now: Timestamp) {
        (0..self.upstreams.len()).for_each(|index| self.refresh_relation(now, index));
    }

    fn relation_of(&self, index: usize) -> Relation {
        let Some(head) = self.upstreams.get(index).and_then(|upstream| upstream.head) else {
            return Relation::Unknown;
        };
        let Some(agreed) = self.agreed else { return Relation::Unknown };
        if self.tree.holds(head.hash, agreed) {
            return Relation::Holds(head.number.saturating_sub(agreed.number));
        }
        if self.tree.holds(agreed.hash, head.block()) {
            return Relation::Behind(agreed.number.saturating_sub(head.number));
        }
        match self.tree.common_ancestor(head.hash, agreed.hash) {
            Some(fork) => {
                Relation::Diverged { fork, theirs: head.number.saturating_sub(fork.number) }
            }
            // Further back than the tree remembers, and not above: simply far behind.
            None if head.number.saturating_add(TREE_WINDOW) < agreed.number => {
                Relation::Behind(agreed.number.saturating_sub(head.number))
            }
            None => Relation::Unlinked,
        }
    }

    fn judge_all(&mut self, now: Timestamp) {
        let usable = self
            .upstreams
            .iter()
            .filter(|u| u.is_linked() && u.probes_lost < 2 && u.state != State::Rejected);
        let best =
            usable.filter_map(|upstream| upstream.head).map(|head| head.number).max().unwrap_or(0);
        let sight = Sight { now, agreed: self.agreed, best };
        let wanted = Identity { genesis: self.genesis };
        for index in 0..self.upstreams.len() {
            let Some(upstream) = self.upstreams.get_mut(index) else { continue };
            let (state, reason) = upstream.judge(&self.settings, wanted, sight);
            let Some(old) = upstream.enter(now, state, reason.clone()) else { continue };
            let id = u8::try_from(index).ok().map(UpstreamId);
            self.log(
                now,
                id,
                EventKind::State,
                format!("{} to {}: {reason}", old.name(), state.name()),
            );
        }
    }

    /// The upstreams that may vote on the head.
    fn voters(&self) -> Vec<usize> {
        let serving = self
            .upstreams
            .iter()
            .enumerate()
            .filter(|(_, upstream)| upstream.state == State::Serving);
        serving.map(|(index, _)| index).collect()
    }

    /// Moves the agreed head where the vote says so; true where it moved.
    fn move_head(&mut self, now: Timestamp, voters: &[usize]) -> bool {
        let Some(winner) = self.elect(voters) else { return self.step_back(now) };
        let Some(agreed) = self.agreed else {
            self.set_head(now, winner);
            return true;
        };
        if winner == agreed || self.tree.holds(agreed.hash, winner) {
            return if winner == agreed { false } else { self.step_back(now) };
        }
        if self.tree.holds(winner.hash, agreed) {
            self.set_head(now, winner);
            return true;
        }
        if !self.outweighs(winner) {
            return false;
        }
        let fork = self.tree.common_ancestor(winner.hash, agreed.hash);
        let depth = fork.map_or(0, |fork| agreed.number.saturating_sub(fork.number));
        self.counts.reorgs = self.counts.reorgs.saturating_add(1);
        self.log(
            now,
            None,
            EventKind::Reorg,
            format!("reorg of {depth}: from {agreed} to {winner}"),
        );
        self.set_head(now, winner);
        true
    }

    /// The highest block that more than half of the voters' weight holds.
    fn elect(&self, voters: &[usize]) -> Option<BlockRef> {
        let weights = self.domains.weights(voters);
        let votes: Vec<Vote> = voters
            .iter()
            .zip(&weights)
            .filter_map(|(index, weight)| {
                Some(Vote { head: self.ballot(*index)?, weight: *weight })
            })
            .collect();
        majority_head(
            &self.tree,
            &votes,
            weights.iter().fold(0, |sum, weight| sum.saturating_add(*weight)),
        )
    }

    /// The block an upstream votes for: its head, or the last one that was linked while links are missing.
    fn ballot(&self, index: usize) -> Option<BlockHash> {
        let upstream = self.upstreams.get(index)?;
        let linked = || upstream.linked_head.map(|block| block.hash);
        if upstream.relation == Relation::Unlinked {
            linked()
        } else {
            upstream.head.map(|head| head.hash)
        }
    }

    /// Whether more than half of everyone who answers, frozen ones included, stands on `block`: a branch
    /// is left only for one that most hold, never because the others fell silent.
    fn outweighs(&self, block: BlockRef) -> bool {
        let answering = |state| matches!(state, State::Serving | State::Lagging | State::Probation);
        let roll: Vec<usize> = (0..self.upstreams.len())
            .filter(|i| self.upstreams.get(*i).is_some_and(|u| answering(u.state)))
            .collect();
        let weights = self.domains.weights(&roll);
        let total = weights.iter().fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        let holding = roll.iter().zip(&weights).filter(|(index, _)| self.stands_on(**index, block));
        let held = holding.fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight));
        held.saturating_mul(2) > total
    }

    fn stands_on(&self, index: usize, block: BlockRef) -> bool {
        self.upstreams
            .get(index)
            .and_then(|u| u.head)
            .is_some_and(|head| self.tree.holds(head.hash, block))
    }

    /// The way out when everyone who had the agreed head is gone for good: after three block times the
    /// head goes back to what those who are left hold. Without it a chain that stands still would
    /// answer nothing for ever.
    fn step_back(&mut self, now: Timestamp) -> bool {
        let Some(agreed) = self.agreed else { return false };
        if now.since(self.agreed_held_at) < self.settings.stalled_after() {
            return false;
        }
        let left: Vec<usize> = self.voters();
        let Some(winner) = self.elect(&left).filter(|winner| self.tree.holds(agreed.hash, *winner))
        else {
            return false;
        };
        if winner == agreed {
            return false;
        }
        self.log(
            now,
            None,
            EventKind::Reorg,
            format!("head goes back from {agreed} to {winner}: nobody left has it"),
        );
        self.counts.reorgs = self.counts.reorgs.saturating_add(1);
        self.set_head(now, winner);
        true
    }

    fn set_head(&mut self, now: Timestamp, head: BlockRef) {
        self.agreed = Some(head);
        self.agreed_moved_at = now;
        self.agreed_held_at = now;
    }

    /// Remembers when somebody who answers was last seen to hold the agreed head.
    fn note_holders(&mut self, now: Timestamp) {
        let held = self.upstreams.iter().any(|upstream| {
            matches!(upstream.relation, Relation::Holds(_))
                && matches!(upstream.state, State::Serving | State::Lagging | State::Probation)
        });
        if held {
            self.agreed_held_at = now;
        }
    }

    /// Takes over `safe` and `finalized` as far as most voters have reached them; they never go back.
    fn agree_finality(&mut self, voters: &[usize]) {
        let weights = self.domains.weights(voters);
        let total = weights.iter().fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        let reached = |pick: fn(&crate::upstream::Upstream) -> Option<BlockRef>| {
            let reports = voters.iter().zip(&weights);
            let mut reports: Vec<(BlockRef, u64)> = reports
                .filter_map(|(index, weight)| Some((pick(self.upstreams.get(*index)?)?, *weight)))
                .collect();
            majority_reached(&mut reports, total)
        };
        let head = self.agreed.map_or(0, |head| head.number);
        let (safe, finalized) = (reached(|u| u.safe), reached(|u| u.finalized));
        let higher = |old: Option<BlockRef>, new: Option<BlockRef>| match (old, new) {
            (old, Some(new))
                if new.number <= head && old.is_none_or(|old| old.number < new.number) =>
            {
                Some(new)
            }
            (old, _) => old,
        };
        self.safe = higher(self.safe, safe);
        self.finalized = higher(self.finalized, finalized);
    }

    fn judge_chain(&mut self, now: Timestamp) {
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
        let Some(head) = self.agreed.filter(|_| reachable) else {
            return (
                Verdict::Unreachable,
                format!("none of {total} upstreams gives a usable answer"),
            );
        };
        let contest = self.contest();
        if let Some(fork) = contest.filter(|_| serving == 0 || self.no_branch_has_most()) {
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

    /// The last block shared by branches that have parted for more than an ordinary reorg.
    pub(crate) fn contest(&self) -> Option<BlockRef> {
        self.upstreams.iter().find_map(|upstream| match upstream.relation {
            Relation::Diverged { fork, theirs } if theirs > REORG_BLOCKS_MAX => Some(fork),
            Relation::Diverged { .. }
            | Relation::Unknown
            | Relation::Unlinked
            | Relation::Holds(_)
            | Relation::Behind(_) => None,
        })
    }

    /// Whether no branch is held by more than half of those who answer.
    fn no_branch_has_most(&self) -> bool {
        self.agreed.is_none_or(|agreed| {
            let parted = self.contest().map_or(agreed.number, |fork| fork.number.saturating_add(1));
            let first = self.tree.ancestor_at(agreed.hash, parted).unwrap_or(agreed);
            !self.outweighs(first)
        })
    }
}
