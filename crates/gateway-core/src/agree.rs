//! How the upstreams of a chain come to one head and one genesis.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::event::EventKind;
use crate::probe::Kind;
use crate::request::Needs;
use crate::settings::{TREE_WINDOW, UpstreamId};
use crate::upstream::{Identity, Relation, Sight, State, Upstream};
use crate::vote::{Vote, majority_head, majority_reached, majority_same};

impl Chain {
    /// Draws the conclusions of whatever was just learnt: who stands where, who may vote, what is agreed.
    pub(crate) fn agree(&mut self, now: Timestamp) {
        if self.genesis.is_none() {
            self.agree_genesis(now);
        }
        let (before, reorgs) = (self.agreed, self.counts.reorgs);
        self.refresh_relations(now);
        let ruled = self.contend(now);
        if ruled {
            self.refresh_relations(now);
        }
        self.judge_all(now);
        let voters = self.voters();
        if self.move_head(now, &voters) || ruled {
            let onward =
                before.zip(self.agreed).is_none_or(|(old, new)| self.tree.holds(new.hash, old));
            machine::check_invariant!(
                "GW-3",
                onward || self.counts.reorgs > reorgs,
                "the head left {before:?} for {:?} without a reorg",
                self.agreed
            );
            self.refresh_relations(now);
            self.judge_all(now);
        }
        self.agree_finality(&voters);
        self.note_holders(now);
        self.judge_chain(now);
        if let Some(centre) = self.reference_head() {
            self.tree.prune(centre.number.saturating_sub(TREE_WINDOW), centre.number);
        }
    }

    /// Takes the genesis that most operators report where none was declared. Where operators are equal in
    /// number the one believed before stays, at first that of the first declared, once all have been
    /// heard; declare `genesis` to decide otherwise.
    pub(crate) fn agree_genesis(&mut self, now: Timestamp) {
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
        let winner = tally.into_iter().max_by_key(|(genesis, (weight, first))| {
            (*weight, self.genesis == Some(*genesis), core::cmp::Reverse(*first))
        });
        let pending: Vec<usize> = (0..self.upstreams.len())
            .filter(|index| !members.contains(index))
            .filter(|index| self.upstreams.get(*index).is_some_and(|u| u.is_pending(now)))
            .filter(|index| self.is_on_our_chain(*index))
            .collect();
        let roll: Vec<usize> = members.iter().chain(&pending).copied().collect();
        let total = self
            .domains
            .weights(&roll)
            .iter()
            .fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        if let Some((genesis, (weight, _))) = winner
            && (pending.is_empty() || weight.saturating_mul(2) > total)
        {
            self.genesis = Some(genesis);
        }
    }

    /// The genesis of an upstream that is on the right chain by its id, both told since it was last away.
    fn reported(&self, index: usize) -> Option<BlockHash> {
        let upstream = self.upstreams.get(index)?;
        let sure = upstream.id_fresh && upstream.genesis_fresh;
        upstream.genesis.filter(|_| sure && upstream.chain_id == Some(self.settings.chain_id))
    }

    fn is_on_our_chain(&self, index: usize) -> bool {
        let id = self.upstreams.get(index).and_then(|upstream| upstream.chain_id);
        id.is_none_or(|id| id == self.settings.chain_id)
    }

    /// Whether a block that was agreed once is so no longer.
    pub(crate) fn has_left(&self, block: BlockRef) -> bool {
        self.agreed.is_some_and(|agreed| !self.tree.holds(agreed.hash, block))
    }

    /// Whether what a call is about was agreed when it came and is so no longer: its block has left, or its number
    /// stands for several blocks since branches have parted and none has won.
    pub(crate) fn is_void(&self, needs: Needs) -> bool {
        if !self.counts_votes() {
            // Each upstream answers for itself.
            return false;
        }
        match needs {
            Needs::Head(block) => self.has_left(block),
            Needs::Number(number) => {
                self.undecided().is_some_and(|contest| number > contest.fork.number)
            }
            Needs::Anything | Needs::Ahead => false,
        }
    }

    pub(crate) fn refresh_relation(&mut self, now: Timestamp, index: usize) {
        let relation = self.relation_of(index);
        let left = self.leaves_final(relation);
        let known = self.upstreams.get(index).is_some_and(|u| self.leaves_final(u.relation));
        let Some(upstream) = self.upstreams.get_mut(index) else { return };
        upstream.relation = relation;
        if left && !known {
            // What it said by number before this was found out may have been of its other branch.
            upstream.distrusts = upstream.distrusts.saturating_add(1);
        }
        upstream.unlinked_since =
            (relation == Relation::Unlinked).then(|| upstream.unlinked_since.unwrap_or(now));
        if upstream.is_linked() {
            upstream.linked_head = upstream.head.map(|head| head.block());
        }
        if upstream.is_linked() || matches!(relation, Relation::Diverged { .. }) {
            upstream.placed_head = upstream.head.map(|head| head.block());
        }
    }

    /// Whether an upstream in this relation is on a branch that leaves ours below what is final.
    pub(crate) fn leaves_final(&self, relation: Relation) -> bool {
        let Relation::Diverged { fork, .. } = relation else { return false };
        self.finalized.is_some_and(|finalized| fork.number < finalized.number)
    }

    fn refresh_relations(&mut self, now: Timestamp) {
        (0..self.upstreams.len()).for_each(|index| self.refresh_relation(now, index));
    }

    fn relation_of(&self, index: usize) -> Relation {
        let Some(head) = self.upstreams.get(index).and_then(|upstream| upstream.head) else {
            return Relation::Unknown;
        };
        let Some(agreed) = self.agreed else { return Relation::Unknown };
        if !self.counts_votes() {
            // Nobody is told from the others by the branch.
            return Relation::Holds(head.number.saturating_sub(agreed.number));
        }
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
        self.waive_probation(now);
        let usable = self
            .upstreams
            .iter()
            .filter(|u| u.is_near(self.agreed) && u.probes_lost < 2 && !u.state.is_put_out());
        let best =
            usable.filter_map(|upstream| upstream.head).map(|head| head.number).max().unwrap_or(0);
        let moving = self
            .upstreams
            .iter()
            .any(|upstream| upstream.head.is_some() && !upstream.has_stood(now, &self.settings));
        let sight = Sight { now, agreed: self.agreed, held_at: self.agreed_held_at, best, moving };
        let wanted = Identity { genesis: self.genesis };
        for index in 0..self.upstreams.len() {
            let Some(upstream) = self.upstreams.get_mut(index) else { continue };
            let (state, reason) = upstream.judge(&self.settings, wanted, sight);
            let Some(old) = upstream.enter(now, state, reason.clone()) else { continue };
            if state == State::Rejected {
                // What it said by number before this was found out may have been of another chain.
                upstream.distrusts = upstream.distrusts.saturating_add(1);
            }
            let id = u8::try_from(index).ok().map(UpstreamId);
            self.log(
                now,
                id,
                EventKind::State,
                format!("{} to {}: {reason}", old.name(), state.name()),
            );
        }
    }

    /// Where nobody is left but those who are back from a wrong branch, they are better than nobody; without
    /// this the head would stand, and their probation, which is counted in blocks, would never end.
    fn waive_probation(&mut self, now: Timestamp) {
        let settings = &self.settings;
        let left = |u: &Upstream| self.has_vote(u) && u.is_fresh(now, settings);
        let back = |u: &Upstream| self.is_rejoining(u) && u.is_fresh(now, settings);
        if self.upstreams.iter().any(left) || !self.upstreams.iter().any(back) {
            return;
        }
        self.upstreams.iter_mut().for_each(|upstream| upstream.rejoined_at = None);
        let text = "nobody is left but those who are on probation: it is waived".to_owned();
        self.log(now, None, EventKind::Alarm, text);
    }

    /// The upstreams that may vote on the head.
    fn voters(&self) -> Vec<usize> {
        self.members(|upstream| upstream.state == State::Serving && self.has_vote(upstream))
    }

    /// The positions of the upstreams that something holds of.
    pub(crate) fn members(&self, counts: impl Fn(&Upstream) -> bool) -> Vec<usize> {
        let all = self.upstreams.iter().enumerate();
        all.filter(|(_, upstream)| counts(upstream)).map(|(index, _)| index).collect()
    }

    /// Moves the agreed head where the vote says so; true where it moved.
    fn move_head(&mut self, now: Timestamp, voters: &[usize]) -> bool {
        if !self.counts_votes() {
            return self.follow_highest(now);
        }
        let Some(agreed) = self.agreed else { return self.first_head(now, voters) };
        if self.undecided().is_some() {
            return false;
        }
        let most = self.held_by_most(now);
        if let Some(winner) = most.filter(|winner| !self.tree.holds(agreed.hash, *winner)) {
            self.go_to(now, agreed, winner);
            return true;
        }
        let Some(winner) = self.elect(voters) else { return self.step_back(now, agreed) };
        if self.tree.holds(agreed.hash, winner) {
            return winner != agreed && self.step_back(now, agreed);
        }
        // Most operators stand on our branch, be it still: one that moves on another one proves nothing.
        let extends = self.tree.holds(winner.hash, agreed);
        if !extends && most.is_some_and(|block| self.tree.holds(block.hash, agreed)) {
            return false;
        }
        // A branch is left only for one that most who answer stand on: never because the others fell silent.
        // Who has stood still so long that the new branch outgrew it does not answer for its branch any more.
        let stale = |upstream: &Upstream| {
            upstream.has_stood(now, &self.settings)
                && upstream.head.is_some_and(|head| head.number.saturating_add(2) <= winner.number)
        };
        let counts = |upstream: &Upstream| {
            matches!(upstream.state, State::Serving | State::Lagging | State::Probation)
                && self.has_vote(upstream)
                && !stale(upstream)
        };
        if !extends && !self.outweighs(winner, counts) {
            return false;
        }
        self.go_to(now, agreed, winner);
        true
    }

    /// Moves the head forward on its branch, or over to another one.
    pub(crate) fn go_to(&mut self, now: Timestamp, agreed: BlockRef, winner: BlockRef) {
        if !self.tree.holds(winner.hash, agreed) {
            let text = match self.tree.common_ancestor(winner.hash, agreed.hash) {
                Some(fork) => {
                    let depth = agreed.number.saturating_sub(fork.number);
                    format!("reorg of {depth}: from {agreed} to {winner}")
                }
                None => {
                    format!("head goes from {agreed} to {winner}; what lies between is unknown")
                }
            };
            self.counts.reorgs = self.counts.reorgs.saturating_add(1);
            self.log(now, None, EventKind::Reorg, text);
        }
        self.set_head(now, winner);
    }

    /// The highest block that more than half of all operators hold, whatever state they are in. Silent ones,
    /// those that asked us to pause among them, count against, so that nothing is decided by others falling
    /// silent. Those that are out for their branch have been heard where branches contest.
    fn held_by_most(&self, now: Timestamp) -> Option<BlockRef> {
        let roll = self.members(|u| u.state != State::Rejected && self.has_vote(u));
        let patience = self.settings.unlinked_after();
        self.elect_by(&roll, |upstream| {
            let away = matches!(upstream.state, State::Unreachable | State::Rejected);
            if away || upstream.is_silent(now, &self.settings) {
                return None;
            }
            match upstream.unlinked_since.map(|since| now.since(since)) {
                Some(age) if age < patience => upstream.linked_head.map(|block| block.hash),
                Some(_) | None => upstream.head.map(|head| head.hash),
            }
        })
    }

    /// The highest block that more than half of the weight of `roll` holds; who is not serving abstains.
    /// A voter whose links are missing votes for its last head that was linked.
    pub(crate) fn elect(&self, roll: &[usize]) -> Option<BlockRef> {
        self.elect_by(roll, |upstream| match (upstream.state, upstream.relation) {
            (State::Serving, Relation::Unlinked) => upstream.linked_head.map(|block| block.hash),
            (State::Serving, _) => upstream.head.map(|head| head.hash),
            (_, _) => None,
        })
    }

    /// The highest block that more than half of the weight of `roll` holds by the given ballots.
    pub(crate) fn elect_by(
        &self,
        roll: &[usize],
        ballot: impl Fn(&Upstream) -> Option<BlockHash>,
    ) -> Option<BlockRef> {
        let weights = self.domains.weights(roll);
        let votes: Vec<Vote> = roll
            .iter()
            .zip(&weights)
            .filter_map(|(index, weight)| {
                Some(Vote { head: ballot(self.upstreams.get(*index)?)?, weight: *weight })
            })
            .collect();
        let total = weights.iter().fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        majority_head(&self.tree, &votes, total)
    }

    /// Whether more than half of everyone that counts stands on `block`.
    pub(crate) fn outweighs(&self, block: BlockRef, counts: impl Fn(&Upstream) -> bool) -> bool {
        let roll = self.members(counts);
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
    /// head goes to what most of those who are left hold, back on our branch or beyond a gap too wide to
    /// fill. Without it a chain that stands still, or a gateway that was cut off for long, would answer
    /// nothing for ever. Who was put out for contradicting us counts, but is not followed.
    fn step_back(&mut self, now: Timestamp, agreed: BlockRef) -> bool {
        if now.since(self.agreed_held_at) < self.settings.stalled_after() {
            return false;
        }
        let answering = |u: &Upstream| !matches!(u.state, State::Unreachable | State::Rejected);
        let left = self.members(answering);
        let followed = |u: &Upstream| u.state != State::Quarantined && !u.is_apart(self.agreed);
        let winner = self.elect_by(&left, |u| u.head.filter(|_| followed(u)).map(|head| head.hash));
        let Some(winner) = winner.filter(|winner| *winner != agreed) else { return false };
        if self.tree.holds(agreed.hash, winner) {
            self.counts.reorgs = self.counts.reorgs.saturating_add(1);
            let text = format!("head goes back from {agreed} to {winner}: nobody left has it");
            self.log(now, None, EventKind::Reorg, text);
            self.set_head(now, winner);
        } else {
            self.go_to(now, agreed, winner);
        }
        true
    }

    pub(crate) fn set_head(&mut self, now: Timestamp, head: BlockRef) {
        if let Some(old) = self.agreed.replace(head) {
            self.note_departure(old, head);
        }
        self.agreed_moved_at = now;
        self.agreed_held_at = now;
        // What was too far away to be linked may be near now.
        for upstream in self.upstreams.iter_mut().filter(|upstream| !upstream.is_linked()) {
            upstream.schedule.set_due(Kind::Fill, now);
        }
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
        let Some(head) = self.agreed else { return };
        let weights = self.domains.weights(voters);
        let total = weights.iter().fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        let reached = |pick: fn(&Upstream) -> Option<BlockRef>| {
            let reports: Vec<(BlockRef, u64)> = voters
                .iter()
                .zip(&weights)
                .filter_map(|(index, weight)| Some((pick(self.upstreams.get(*index)?)?, *weight)))
                .collect();
            // Where the tree reaches so far the block is the one below our own head, whatever was said.
            let ours = majority_reached(&reports, total)
                .and_then(|number| self.tree.ancestor_at(head.hash, number));
            ours.or_else(|| majority_same(&reports, total))
        };
        let (safe, finalized) = (reached(|u| u.safe), reached(|u| u.finalized));
        let higher = |old: Option<BlockRef>, new: Option<BlockRef>| {
            let raises = |new: &BlockRef| {
                new.number <= head.number && old.is_none_or(|old| old.number < new.number)
            };
            new.filter(raises).or(old)
        };
        self.safe = higher(self.safe, safe);
        self.finalized = higher(self.finalized, finalized);
    }
}
