//! Taking snapshots of a chain.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::BlockRef;
use crate::chain::Chain;
use crate::class::MethodClass;
use crate::domain::WEIGHT;
use crate::snapshot::{Branch, ChainSnapshot, UpstreamSnapshot};
use crate::upstream::{Relation, State, Upstream};

impl Chain {
    /// Everything that is shown of the chain.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> ChainSnapshot {
        let serving = self.upstreams.iter().enumerate().filter(|(_, u)| u.state == State::Serving);
        let branches = self.branches();
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
            fork: self.contest(now),
            domains: self.domains.count(0..self.upstreams.len()),
            domains_serving: self.domains.count(serving.map(|(index, _)| index)),
            contested: self.contest(now).is_some(),
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

    /// The branches that somebody who answers stands on: the agreed one and each that parted from it.
    fn branches(&self) -> Vec<Branch> {
        let answering = |u: &Upstream| !matches!(u.state, State::Unreachable | State::Rejected);
        let members: Vec<usize> = (0..self.upstreams.len())
            .filter(|index| {
                self.upstreams.get(*index).is_some_and(|u| answering(u) && u.head.is_some())
            })
            .collect();
        let weights = self.domains.weights(&members);
        let mut groups: BTreeMap<Option<BlockRef>, (BlockRef, Vec<String>, u64)> = BTreeMap::new();
        for (index, weight) in members.iter().zip(weights) {
            let Some((upstream, head)) =
                self.upstreams.get(*index).and_then(|u| Some((u, u.head?.block())))
            else {
                continue;
            };
            let parted = match upstream.relation {
                Relation::Diverged { fork, .. } => {
                    self.tree.ancestor_at(head.hash, fork.number.saturating_add(1))
                }
                Relation::Unlinked => Some(head),
                Relation::Unknown | Relation::Holds(_) | Relation::Behind(_) => None,
            };
            let group = groups.entry(parted).or_insert_with(|| (head, Vec::new(), 0));
            group.0 = group.0.max(head);
            group.1.push(upstream.settings.name.clone());
            group.2 = group.2.saturating_add(weight);
        }
        let milli = |weight: u64| weight.saturating_mul(1_000).checked_div(WEIGHT).unwrap_or(0);
        let mut branches: Vec<Branch> = groups
            .into_values()
            .map(|(head, voters, weight)| Branch { head, voters, weight_milli: milli(weight) })
            .collect();
        branches.sort_by_key(|branch| core::cmp::Reverse(branch.weight_milli));
        branches
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
        in_flight: upstream.in_flight,
        room: (upstream.room < u32::MAX).then_some(upstream.room),
        calls: upstream.calls,
        failures: upstream.failures,
        wrong_answers: upstream.trust.counts(),
        suspected: upstream.trust.is_suspected(now),
    }
}
