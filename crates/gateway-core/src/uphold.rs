//! Keeping what was decided: losers stay out until they are back, and what may change a winner.

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::contest::{
    Contest, Decision, Evidence, Exile, FollowError, Ground, Side, Won, by_finality,
};
use crate::event::EventKind;
use crate::upstream::{Relation, Upstream};

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
            if !ours || head.number <= exile.fork.number || upstream.head_seen_at != now {
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
            upstream.rejoined_at = rejoined_at;
        }
    }

    /// Keeps what was decided: whoever goes over to a branch that lost is put out at once. Ends contests whose
    /// losers are all back, and lets finality change a winner.
    pub(crate) fn uphold(&mut self, now: Timestamp) {
        let contests = core::mem::take(&mut self.contests);
        for mut contest in contests {
            let Some(won) = contest.won.clone() else {
                self.contests.push(contest);
                continue;
            };
            self.put_out_late(now, &contest);
            self.note_growth(&mut contest);
            let commanded = won.ground == Ground::Command;
            if let Some(position) = self.overruled(now, &contest, &won).filter(|_| !commanded) {
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

    fn put_out_late(&mut self, now: Timestamp, contest: &Contest) {
        for index in 0..self.upstreams.len() {
            let Some(upstream) = self.upstreams.get(index).filter(|u| self.may_stand(u)) else {
                continue;
            };
            let Relation::Diverged { fork, .. } = upstream.relation else { continue };
            let side = upstream.head.and_then(|head| {
                let first = self.tree.ancestor_at(head.hash, contest.fork.number.saturating_add(1));
                contest.sides.iter().find(|side| Some(side.first) == first).cloned()
            });
            if let Some(side) = side.filter(|_| fork.number <= contest.fork.number) {
                let reason = self.lost_reason(contest.fork, &side, &contest.roll);
                let exile = Exile { fork: contest.fork, first: side.first, lost: true, reason };
                self.exile(now, index, exile);
            }
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

    /// The upstreams that stand on a branch of a decided contest at present.
    fn now_on(&self, contest: &Contest, side: &Side) -> Vec<usize> {
        let lost = |u: &Upstream| u.exile.as_ref().map(|exile| exile.first);
        let won = contest.won.as_ref().is_some_and(|won| won.first == side.first);
        let on = |(index, upstream): (usize, &Upstream)| {
            let here = match lost(upstream) {
                Some(first) => first == side.first,
                None => won && upstream.is_linked(),
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
        // What was decided above a branch that is left now is void.
        self.contests.clear();
        let text = format!("finality overrules the decision at block {}", contest.fork);
        self.log(now, None, EventKind::Alarm, text);
        let reason = "finalized above the fork on this branch only".to_owned();
        let contest = Contest { sides, won: None, ..contest };
        self.win(now, contest, position, Ground::Finality, reason);
    }
}
