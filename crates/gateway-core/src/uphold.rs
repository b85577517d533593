//! Keeping what was decided: losers stay out until they are back, and what may change a winner.

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::contest::{
    Contest, Decision, Evidence, Exile, FollowError, Ground, Side, Won, by_finality,
};
use crate::event::EventKind;
use crate::upstream::{Relation, Upstream};

/// Branches of one contest that are remembered: as many as upstreams could be on.
const SIDES_MAX: usize = 64;

impl Chain {
    /// The beacon source calls this block finalized.
    pub fn on_beacon_finalized(&mut self, now: Timestamp, block: BlockRef) {
        if self.beacon != Some(block) {
            self.beacon = Some(block);
            self.agree(now);
        }
    }

    /// The operator's command to follow the branch that holds a block: it overrules votes, finality and itself.
    ///
    /// # Errors
    /// Where no contest is known, or none of its branches holds the block.
    pub fn follow(&mut self, now: Timestamp, block: BlockHash) -> Result<(), FollowError> {
        self.command(now, block)?;
        self.agree(now);
        Ok(())
    }

    /// An answer about the block at the head of a view went to a client without any upstream being asked.
    pub fn on_served(&mut self, block: BlockRef) {
        self.served.count(block);
    }

    /// Lets those back in whose heads are seen to be on our branch, above where theirs had parted.
    pub(crate) fn release_exiles(&mut self, now: Timestamp) {
        let Some(agreed) = self.agreed else { return };
        for index in 0..self.upstreams.len() {
            let Some(upstream) = self.upstreams.get(index) else { continue };
            let (Some(exile), Some(head)) = (&upstream.exile, upstream.head) else { continue };
            let ours = matches!(upstream.relation, Relation::Holds(_))
                || self.tree.holds(agreed.hash, head.block());
            // Where the head was taken back to a lower fork it says nothing of who was right above it.
            let below = exile.lost && agreed.number <= exile.fork.number;
            if !ours || below || head.number <= exile.fork.number || upstream.head_seen_at != now {
                continue;
            }
            let joined = self.tree.ancestor_at(head.hash, exile.first.number);
            if joined == Some(exile.first) {
                // We have gone over to its branch, not it to ours.
                self.pardon(index, None);
            } else {
                self.pardon(index, Some(agreed.number));
            }
        }
    }

    fn pardon(&mut self, index: usize, rejoined_at: Option<u64>) {
        if let Some(upstream) = self.upstreams.get_mut(index) {
            upstream.exile = None;
            // A probation that it was on before goes on.
            upstream.rejoined_at = rejoined_at.or(upstream.rejoined_at);
        }
    }

    /// Keeps what was decided: whoever goes over to a branch that lost is put out at once. Ends contests whose
    /// losers are all back, and lets finality change a winner.
    pub(crate) fn uphold(&mut self, now: Timestamp) {
        let mut contests = core::mem::take(&mut self.contests).into_iter();
        while let Some(mut contest) = contests.next() {
            let Some(won) = contest.won.clone() else {
                self.contests.push(contest);
                continue;
            };
            let ours =
                self.agreed.and_then(|head| self.tree.ancestor_at(head.hash, won.first.number));
            if ours.is_some_and(|ours| ours != won.first) {
                self.annul(now, &contest);
                continue;
            }
            self.put_out_late(now, &mut contest, &won);
            self.note_growth(&mut contest);
            let commanded = won.ground == Ground::Command;
            if let Some(position) = self.overruled(now, &contest, &won).filter(|_| !commanded) {
                self.contests.extend(contests);
                self.overrule(now, contest, position);
                return;
            }
            let fork = contest.fork;
            let out = |u: &Upstream| u.exile.as_ref().is_some_and(|e| e.lost && e.fork == fork);
            if self.upstreams.iter().any(out) {
                self.contests.push(contest);
            } else {
                let text = format!("the split at block {fork} is over: everyone is back");
                self.log(now, None, EventKind::Contest, text);
            }
        }
    }

    /// What was decided above a branch that all have left is void.
    fn annul(&mut self, now: Timestamp, contest: &Contest) {
        for upstream in &mut self.upstreams {
            upstream.exile = upstream.exile.take().filter(|exile| exile.fork != contest.fork);
        }
        let text =
            format!("the split at block {} is void: the head is on neither branch", contest.fork);
        self.log(now, None, EventKind::Contest, text);
    }

    /// Puts out whoever has gone over to a branch beside the winner's, be it one that nobody was on before.
    fn put_out_late(&mut self, now: Timestamp, contest: &mut Contest, won: &Won) {
        for index in 0..self.upstreams.len() {
            // Whoever has lost already may have gone from one losing branch to another.
            let lost = |u: &Upstream| {
                u.exile.as_ref().filter(|e| e.lost && e.fork == contest.fork).map(|e| e.first)
            };
            let heard = |u: &&Upstream| self.may_stand(u) || lost(u).is_some();
            let Some(upstream) = self.upstreams.get(index).filter(heard) else { continue };
            let (Some(head), Relation::Diverged { fork, .. }) = (upstream.head, upstream.relation)
            else {
                continue;
            };
            let above = contest.fork.number.saturating_add(1);
            let Some(first) = self.tree.ancestor_at(head.hash, above) else { continue };
            if fork != contest.fork || first == won.first || lost(upstream) == Some(first) {
                continue;
            }
            let known = contest.sides.iter().find(|side| side.first == first).cloned();
            let side = known.unwrap_or_else(|| {
                let side = Side { first, head: head.block(), upstreams: vec![index] };
                if contest.sides.len() < SIDES_MAX {
                    contest.sides.push(side.clone());
                }
                side
            });
            let reason = self.lost_reason(contest.fork, &side, &contest.roll);
            self.exile(now, index, Exile::lost(contest.fork, first, reason));
        }
    }

    /// Notes how far each branch has come, for people to see.
    fn note_growth(&self, contest: &mut Contest) {
        for side in &mut contest.sides {
            let winner = contest.won.as_ref().is_some_and(|won| won.first == side.first);
            let heads = self.upstreams.iter().filter_map(|upstream| {
                let exile = upstream.exile.as_ref()?;
                (exile.first == side.first).then_some(upstream.head?.block())
            });
            let newest = if winner { self.agreed } else { heads.max() };
            side.head = newest.map_or(side.head, |head| head.max(side.head));
        }
    }

    /// The branch that finality says was the right one, where it is not the one that is followed.
    fn overruled(&self, now: Timestamp, contest: &Contest, won: &Won) -> Option<usize> {
        let evidence: Vec<Evidence> = contest
            .sides
            .iter()
            .map(|side| {
                let mut side = side.clone();
                side.upstreams = self.now_on(contest, &side);
                self.evidence(now, contest.fork, &side, &contest.roll)
            })
            .collect();
        match by_finality(&evidence)? {
            Decision::Won(position, ..) => {
                let side = contest.sides.get(position)?;
                (side.first != won.first).then_some(position)
            }
            Decision::Undecided(_) => None,
        }
    }

    /// The upstreams that stand on a branch of a decided contest at present: by their heads, also in the moment of
    /// an ordinary reorg or of a missing header; where the fork is older than what is remembered, by what they were
    /// put out for.
    fn now_on(&self, contest: &Contest, side: &Side) -> Vec<usize> {
        let won = contest.won.as_ref().is_some_and(|won| won.first == side.first);
        let on = |(index, upstream): (usize, &Upstream)| {
            let placed = upstream.placed_head;
            let first = placed.and_then(|head| self.tree.ancestor_at(head.hash, side.first.number));
            let here = match (first, &upstream.exile) {
                (Some(first), _) => first == side.first,
                (None, Some(exile)) => exile.first == side.first,
                (None, None) => won && upstream.is_linked(),
            };
            here.then_some(index)
        };
        self.upstreams.iter().enumerate().filter_map(on).collect()
    }

    /// Carries out the operator's command to follow the branch of a block.
    pub(crate) fn command(&mut self, now: Timestamp, block: BlockHash) -> Result<(), FollowError> {
        let contest = self.contests.last().cloned().ok_or(FollowError::NoContest)?;
        let holds = |side: &Side| {
            side.first.hash == block
                || side.head.hash == block
                || self.tree.ancestor_at(block, side.first.number) == Some(side.first)
        };
        let Some(position) = contest.sides.iter().position(holds) else {
            let firsts: Vec<String> =
                contest.sides.iter().map(|side| side.first.hash.to_string()).collect();
            return Err(FollowError::NotABranch { block, branches: firsts.join(", ") });
        };
        let decided = contest.won.is_some();
        let sides = if decided { self.sides_now(&contest) } else { contest.sides.clone() };
        self.contests.pop();
        let contest = Contest { sides, won: None, ..contest };
        self.win(now, contest, position, Ground::Command, "the operator said so".to_owned());
        Ok(())
    }

    fn sides_now(&self, contest: &Contest) -> Vec<Side> {
        let now_on = |side| Side { upstreams: self.now_on(contest, side), ..Side::clone(side) };
        contest.sides.iter().map(now_on).collect()
    }

    /// Changes a winner for good reason.
    fn overrule(&mut self, now: Timestamp, contest: Contest, position: usize) {
        let sides = self.sides_now(&contest);
        // What was decided above is void, and who lost there is ruled on here.
        self.contests.retain(|other| other.fork.number < contest.fork.number);
        for upstream in &mut self.upstreams {
            let here = |exile: &Exile| exile.fork.number <= contest.fork.number;
            upstream.exile = upstream.exile.take().filter(here);
        }
        let text = format!("finality overrules the decision at block {}", contest.fork);
        self.log(now, None, EventKind::Alarm, text);
        let reason = "finalized above the fork on this branch only".to_owned();
        let contest = Contest { sides, won: None, ..contest };
        self.win(now, contest, position, Ground::Finality, reason);
    }
}
