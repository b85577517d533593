//! Ruling on contests: who is heard, who is put out, where the head goes.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::contest::{
    CONTESTS_MAX, Contest, Decision, Evidence, Exile, Ground, PROBATION_BLOCKS, Parted, Roll, Side,
    Won, contenders, decide,
};
use crate::event::EventKind;
use crate::settings::LoneDissenter;
use crate::upstream::{State, Upstream};

/// What came of ruling on a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ruled {
    /// It is not contested, or somebody has won.
    Closed,
    /// It is contested and nobody has won.
    Open,
    /// Somebody wins if those who have just shown an unknown head are still where they were: for as long as their
    /// parents are being asked for.
    NotYet,
}

impl Chain {
    /// Draws the conclusions of where branches have parted. True where the head was moved.
    pub(crate) fn contend(&mut self, now: Timestamp) -> bool {
        if !self.counts_votes() {
            return false;
        }
        let head = self.agreed;
        self.release_exiles(now);
        self.uphold(now);
        let parted = self.parted(now);
        if self.is_too_early(now) {
            return false;
        }
        let mut open = self.take_open();
        let mut still_open = false;
        for Parted { fork, at } in parted {
            let before = open.take_if(|contest| contest.fork == fork);
            match self.rule(now, fork, at, before) {
                Ruled::Closed => {}
                Ruled::Open => {
                    still_open = true;
                    break;
                }
                Ruled::NotYet => {
                    // What is above is not ruled on before what is below.
                    self.contests.extend(open.take());
                    break;
                }
            }
        }
        if let Some(contest) = open.filter(|_| !still_open) {
            self.meet(now, contest.fork);
        }
        self.agreed != head
    }

    /// Whether branches have parted and none has won.
    pub(crate) fn undecided(&self) -> Option<&Contest> {
        self.contests.last().filter(|contest| contest.won.is_none())
    }

    /// Whether a block is above the fork of a contest that is undecided, on any of its branches.
    #[must_use]
    pub fn is_contested(&self, hash: &BlockHash) -> bool {
        let Some(contest) = self.undecided() else { return false };
        let above = self.tree.header(hash).filter(|header| header.number > contest.fork.number);
        above.is_some_and(|header| self.tree.holds(header.hash, contest.fork))
    }

    /// Whether an upstream has a say in the head.
    pub(crate) fn has_vote(&self, upstream: &Upstream) -> bool {
        upstream.exile.is_none() && !self.is_rejoining(upstream)
    }

    /// Whether an upstream is back from a wrong branch too short a time to be trusted with more than calls that
    /// nobody else can take.
    pub(crate) fn is_rejoining(&self, upstream: &Upstream) -> bool {
        let reached = self.agreed.map_or(0, |agreed| agreed.number);
        upstream.rejoined_at.is_some_and(|at| reached < at.saturating_add(PROBATION_BLOCKS))
    }

    /// The forks to look at: those whose branches have lasted, and the one that is contested, which does not
    /// end by its voters falling silent.
    fn parted(&mut self, now: Timestamp) -> Vec<Parted> {
        let answering = |u: &&Upstream| self.may_stand(u) && u.is_fresh(now, &self.settings);
        let mut heads: BTreeMap<BlockRef, Timestamp> = BTreeMap::new();
        for upstream in self.upstreams.iter().filter(answering) {
            if let Some(head) = upstream.standpoint(now, &self.settings) {
                let shown = heads.entry(head).or_default();
                *shown = upstream.head_seen_at.max(*shown);
            }
        }
        let patience = self.settings.block_time.times(2);
        let starting = self.agreed.is_none();
        let mut parted = self.partings.look(now, &self.tree, &heads, (patience, starting));
        if let Some(open) = self.undecided()
            && parted.iter().all(|other| other.fork != open.fork)
        {
            parted.push(Parted { fork: open.fork, at: open.parted_at });
            parted.sort_unstable_by_key(|parted| parted.fork);
        }
        parted
    }

    /// Whether an upstream's head may make a branch: not one of another chain, and not one whose branch has lost.
    pub(crate) fn may_stand(&self, upstream: &Upstream) -> bool {
        upstream.chain_id == Some(self.settings.chain_id)
            && upstream.state != State::Rejected
            && !upstream.exile.as_ref().is_some_and(|exile| exile.lost)
    }

    fn take_open(&mut self) -> Option<Contest> {
        let open = self.contests.last().is_some_and(|contest| contest.won.is_none());
        if open { self.contests.pop() } else { None }
    }

    /// Rules on one fork.
    fn rule(
        &mut self,
        now: Timestamp,
        fork: BlockRef,
        parted_at: Timestamp,
        before: Option<Contest>,
    ) -> Ruled {
        let sides = self.sides_of(now, fork, before.is_some());
        if sides.len() < 2 {
            if before.is_some() {
                self.meet(now, fork);
            }
            return Ruled::Closed;
        }
        let (parted_at, roll, why_open) = match before {
            Some(contest) => (contest.parted_at, contest.roll, Some(contest.undecided)),
            None => (
                parted_at,
                Roll::freeze(&self.electorate(now, parted_at), self.settings.votes),
                None,
            ),
        };
        let evidence: Vec<Evidence> =
            sides.iter().map(|side| self.evidence(now, fork, side, &roll)).collect();
        let hear_lone = self.settings.lone_dissenter == LoneDissenter::Undecided;
        let contend = contenders(&roll, &evidence, hear_lone);
        let mut heard: Vec<(Side, Evidence)> = Vec::new();
        let mut odd: Vec<Side> = Vec::new();
        for ((side, evidence), contends) in sides.into_iter().zip(evidence).zip(contend) {
            if contends { heard.push((side, evidence)) } else { odd.push(side) }
        }
        self.put_out_odd(now, fork, &odd, &heard);
        if heard.len() < 2 {
            if let Some((side, _)) = heard.first().filter(|_| !odd.is_empty()) {
                self.go_over(now, fork, side);
            }
            return Ruled::Closed;
        }
        let (sides, evidence): (Vec<Side>, Vec<Evidence>) = heard.into_iter().unzip();
        let mut decision = decide(&roll, &evidence);
        if let Decision::Won(position, ..) = decision
            && !self.is_sure(&roll, &evidence, position)
        {
            let Some(why) = why_open else { return Ruled::NotYet };
            decision = Decision::Undecided(why);
        }
        let contest = Contest { fork, parted_at, roll, sides, won: None, undecided: String::new() };
        match decision {
            Decision::Won(position, ground, reason) => {
                self.win(now, contest, position, ground, reason);
                Ruled::Closed
            }
            Decision::Undecided(reason) => {
                self.hold_at_fork(now, fork);
                self.remember(Contest { undecided: reason, ..contest });
                Ruled::Open
            }
        }
    }

    /// Whether a branch has won also without those who have just shown a head whose branch is not known yet: a winner
    /// is for good, and they may have left.
    fn is_sure(&self, roll: &Roll, evidence: &[Evidence], position: usize) -> bool {
        let placed = |index: &usize| {
            self.upstreams.get(*index).is_some_and(|upstream| upstream.unlinked_since.is_none())
        };
        let sure: Vec<Evidence> = evidence
            .iter()
            .map(|branch| {
                let voting = branch.voting.iter().copied().filter(placed).collect();
                Evidence { voting, ..branch.clone() }
            })
            .collect();
        matches!(decide(roll, &sure), Decision::Won(same, ..) if same == position)
    }

    /// The end of a contest whose branches have become one.
    fn meet(&mut self, now: Timestamp, fork: BlockRef) {
        let text = format!("the branches that parted at block {fork} have met again");
        self.log(now, None, EventKind::Contest, text);
    }

    pub(crate) fn remember(&mut self, contest: Contest) {
        if self.contests.len() >= CONTESTS_MAX {
            self.contests.remove(0);
        }
        self.contests.push(contest);
    }

    /// Ends a contest with a winner: the others are put out, and the head goes to the winner's branch.
    pub(crate) fn win(
        &mut self,
        now: Timestamp,
        contest: Contest,
        position: usize,
        ground: Ground,
        reason: String,
    ) {
        let Some(winner) = contest.sides.get(position).cloned() else { return };
        let fork = contest.fork;
        let losing = || contest.sides.iter().filter(|side| side.first != winner.first);
        let served_before = self.served_on(losing().map(|side| side.first));
        for side in losing() {
            let reason = self.lost_reason(fork, side, &contest.roll);
            for index in side.upstreams.clone() {
                let reason = reason.clone();
                self.exile(now, index, Exile::lost(fork, side.first, reason));
            }
        }
        for index in &winner.upstreams {
            // Who had been put out and was right after all is on no probation; who came back from elsewhere is.
            if let Some(upstream) = self.upstreams.get_mut(*index)
                && upstream.exile.take().is_some()
            {
                upstream.rejoined_at = None;
            }
        }
        let first = winner.first;
        let text = format!(
            "split at block {fork}: the branch of {first} is followed by {}: {reason}; \
             {served_before} answers about the others' blocks had been served",
            ground.name()
        );
        self.log(now, None, EventKind::Contest, text);
        let won = Won { first, ground, reason, served_before };
        self.remember(Contest { won: Some(won), ..contest });
        self.go_over(now, fork, &winner);
    }

    /// Moves the head to the highest block that most of those on a branch hold.
    fn go_over(&mut self, now: Timestamp, fork: BlockRef, side: &Side) {
        if self.agreed.is_some_and(|agreed| self.tree.holds(agreed.hash, side.first)) {
            return;
        }
        let fresh = |index: &usize| {
            self.upstreams.get(*index).is_some_and(|u| u.is_fresh(now, &self.settings))
        };
        let members: Vec<usize> = side.upstreams.iter().copied().filter(fresh).collect();
        let best = self.elect_by(&members, |upstream| upstream.head.map(|head| head.hash));
        let target = best.filter(|block| block.number > fork.number).unwrap_or(side.first);
        match self.agreed {
            Some(agreed) => self.go_to(now, agreed, target),
            None => self.set_head(now, target),
        }
        self.drop_finality_off(target);
    }

    /// Goes back, or on, to the last block that all branches share.
    fn hold_at_fork(&mut self, now: Timestamp, fork: BlockRef) {
        let Some(agreed) = self.agreed else { return self.set_head(now, fork) };
        if agreed == fork {
            return;
        }
        if self.tree.holds(agreed.hash, fork) {
            self.counts.reorgs = self.counts.reorgs.saturating_add(1);
            let text = format!("head goes back from {agreed} to {fork}: no branch has won yet");
            self.log(now, None, EventKind::Reorg, text);
            self.set_head(now, fork);
        } else {
            self.go_to(now, agreed, fork);
        }
        self.drop_finality_off(fork);
    }

    /// Forgets `safe` and `finalized` where they are not below the head.
    fn drop_finality_off(&mut self, head: BlockRef) {
        let tree = &self.tree;
        let keep = |block: &BlockRef| {
            let there = tree.ancestor_at(head.hash, block.number);
            block.number <= head.number && there.is_none_or(|there| there == *block)
        };
        self.safe = self.safe.filter(keep);
        self.finalized = self.finalized.filter(keep);
    }

    /// Answers that were about blocks of the branches with these first blocks.
    fn served_on(&self, firsts: impl Iterator<Item = BlockRef> + Clone) -> u64 {
        let on = |block: BlockRef| firsts.clone().any(|first| self.tree.holds(block.hash, first));
        self.served.sum(on)
    }
}
