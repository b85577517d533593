//! What is seen of a chain: the view that calls are pinned to, and snapshots for people.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::{BlockRef, View};
use crate::chain::Chain;
use crate::class::MethodClass;
use crate::contest::{Contest, weight_milli};
use crate::settings::WhenUndecided;
use crate::snapshot::{Branch, BranchStanding, ChainSnapshot, ContestSnapshot, UpstreamSnapshot};
use crate::upstream::{Relation, State, Upstream};

impl Chain {
    /// The blocks that tags stand for; `None` until a first head is agreed.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        let (safe, finalized) = (self.safe, self.finalized);
        let undecided = self.undecided().is_some();
        let whole = View { head: self.agreed?, safe, finalized, undecided };
        match (self.settings.when_undecided, finalized) {
            (WhenUndecided::Finalized, Some(block)) if undecided => {
                Some(View { head: block, undecided: false, ..whole })
            }
            (WhenUndecided::Refuse | WhenUndecided::Finalized, _) => Some(whole),
        }
    }

    /// Everything that is shown of the chain.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> ChainSnapshot {
        let serving = self.upstreams.iter().enumerate().filter(|(_, u)| u.state == State::Serving);
        let branches = self.branches(now);
        let alarms = self.alarms.held.iter().map(|alarm| &alarm.text);
        ChainSnapshot {
            at: now,
            verdict: self.verdict,
            verdict_reason: self.verdict_reason.clone(),
            head: self.agreed,
            head_moved_at: self.agreed_moved_at,
            head_timestamp: self
                .agreed
                .and_then(|head| self.tree.header(&head.hash))
                .map(|header| header.timestamp),
            safe: self.safe,
            finalized: self.finalized,
            fork: self.fork(),
            contest: self.contests.last().map(show_contest),
            history: self.history.iter().cloned().collect(),
            domains: self.domains.count(0..self.upstreams.len()),
            domains_serving: self.domains.count(serving.map(|(index, _)| index)),
            contested: self.fork().is_some(),
            branches,
            warnings: self.warnings.iter().chain(alarms).cloned().collect(),
            alarms: self.alarms.held.clone(),
            versions: self.version_shares(),
            forks: self.fork_snapshots(),
            fees: self.fees(now),
            opinions: self.opinions,
            counts: self.counts,
            upstreams: self.upstreams.iter().map(|upstream| show(upstream, now)).collect(),
        }
    }

    /// The last block that all branches share, where there is more than one.
    fn fork(&self) -> Option<BlockRef> {
        let exiles = self.upstreams.iter().filter_map(|u| u.exile.as_ref().map(|e| e.fork));
        self.contests.last().map(|contest| contest.fork).or_else(|| exiles.min())
    }

    /// The branches that somebody stands on, heaviest first: the agreed one and each that parted from it.
    fn branches(&self, now: Timestamp) -> Vec<Branch> {
        let contest = self.contests.last();
        let answering = |u: &Upstream| !matches!(u.state, State::Unreachable | State::Rejected);
        let counts = |u: &Upstream| u.head.is_some() && (answering(u) || u.exile.is_some());
        let members = self.members(counts);
        let weights = self.domains.weights(&members);
        let mut groups: BTreeMap<Option<BlockRef>, Branch> = BTreeMap::new();
        for (index, weight) in members.iter().zip(weights) {
            let Some((upstream, head)) =
                self.upstreams.get(*index).and_then(|u| Some((u, u.head?.block())))
            else {
                continue;
            };
            let weight = match contest {
                Some(contest) => contest.roll.member(*index).map_or(0, |member| member.weight),
                None => weight,
            };
            let (first, standing) = self.stand(upstream, head);
            let branch = groups.entry(first).or_insert_with(|| Branch {
                head,
                first,
                standing,
                blocks: 0,
                due: 0,
                voters: Vec::new(),
                weight_milli: 0,
            });
            branch.head = branch.head.max(head);
            branch.voters.push(upstream.settings.name.clone());
            // Summed as it is and turned into thousandths below.
            branch.weight_milli = branch.weight_milli.saturating_add(weight);
        }
        let mut branches: Vec<Branch> = groups.into_values().collect();
        for branch in &mut branches {
            branch.weight_milli = weight_milli(branch.weight_milli);
            self.measure(now, branch);
        }
        branches.sort_by_key(|branch| core::cmp::Reverse(branch.weight_milli));
        branches
    }

    /// The first block of the branch that an upstream is on, where branches have parted, and what is made of it.
    fn stand(&self, upstream: &Upstream, head: BlockRef) -> (Option<BlockRef>, BranchStanding) {
        if let Some(exile) = &upstream.exile {
            let standing = if exile.lost { BranchStanding::Loser } else { BranchStanding::Outlier };
            return (Some(exile.first), standing);
        }
        if let Some(contest) = self.undecided() {
            let above = contest.fork.number.saturating_add(1);
            let first = self.tree.ancestor_at(head.hash, above);
            let standing =
                if first.is_some() { BranchStanding::Contested } else { BranchStanding::Agreed };
            return (first, standing);
        }
        match (upstream.relation, self.contests.last().and_then(|contest| contest.won.as_ref())) {
            (Relation::Unlinked, _) => (Some(head), BranchStanding::Outlier),
            (_, Some(won)) => (Some(won.first), BranchStanding::Winner),
            (Relation::Diverged { fork, .. }, None) => (
                self.tree.ancestor_at(head.hash, fork.number.saturating_add(1)),
                BranchStanding::Agreed,
            ),
            (_, None) => (None, BranchStanding::Agreed),
        }
    }

    /// Fills in how far a branch has come since it parted, and how far it ought to have come. It is shown and
    /// never elects: a branch can be slow and right.
    fn measure(&self, now: Timestamp, branch: &mut Branch) {
        let Some(first) = branch.first else { return };
        branch.blocks = branch.head.number.saturating_add(1).saturating_sub(first.number);
        let Some(contest) = self.contests.last() else { return };
        let passed = u128::from(now.since(contest.parted_at).as_nanos());
        let due = passed.checked_div(u128::from(self.settings.block_time.as_nanos()));
        branch.due = due.and_then(|due| u64::try_from(due).ok()).unwrap_or(0);
    }
}

fn show_contest(contest: &Contest) -> ContestSnapshot {
    let won = contest.won.as_ref();
    ContestSnapshot {
        fork: contest.fork,
        parted_at: contest.parted_at,
        ground: won.map(|won| won.ground),
        reason: won.map_or_else(|| contest.undecided.clone(), |won| won.reason.clone()),
        served_before: won.map_or(0, |won| won.served_before),
    }
}

fn show(upstream: &Upstream, now: Timestamp) -> UpstreamSnapshot {
    let latencies =
        MethodClass::ALL.into_iter().filter_map(|class| upstream.latency.get(class).shown());
    let out_for = |class: &MethodClass| upstream.class_breakers.get(*class).is_open();
    let ejected = if upstream.endpoint_breaker.is_open() {
        MethodClass::ALL.to_vec()
    } else {
        MethodClass::ALL.into_iter().filter(out_for).collect()
    };
    UpstreamSnapshot {
        name: upstream.settings.name.clone(),
        state: upstream.state,
        reason: upstream.reason.clone(),
        since: upstream.since,
        head: upstream.head.map(|head| head.block()),
        client: upstream.family.clone(),
        version: upstream.version.clone(),
        operator: upstream.settings.operator.clone(),
        cloud: upstream.settings.cloud.clone(),
        latency: latencies.max(),
        ejected,
        quota: upstream.quota.snapshot(now),
        in_flight: upstream.in_flight,
        room: (upstream.room < u32::MAX).then_some(upstream.room),
        calls: upstream.calls,
        failures: upstream.failures,
        wrong_answers: upstream.trust.counts(),
        suspected: upstream.trust.is_suspected(now),
    }
}
