//! What a contest is ruled on: who has a vote, who stands where, and in what words that is told.

use std::collections::BTreeSet;

use units::{Span, Timestamp};

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::contest::{Candidate, Evidence, Exile, ExileAlarm, Member, Roll, Side};
use crate::event::EventKind;
use crate::settings::{REORG_BLOCKS_MAX, UpstreamId};
use crate::upstream::Upstream;

/// Who had been gone for so long when the branches parted has no vote; who left later counts against every
/// branch, so that nothing is decided by others falling silent.
const GONE_FOR: Span = Span::from_secs(600);

/// Within so long of the start everyone is only just being heard for the first time.
const STARTING: Span = Span::from_secs(30);

impl Chain {
    /// The branches above a fork that somebody who answers stands on, with everyone who was last seen there. An open
    /// contest's voters stand where they were last seen, also while they are silent.
    pub(crate) fn sides_of(&mut self, now: Timestamp, fork: BlockRef, open: bool) -> Vec<Side> {
        let heads: Vec<(usize, BlockRef)> = self
            .upstreams
            .iter()
            .enumerate()
            .filter(|(_, upstream)| self.may_stand(upstream))
            .filter_map(|(index, upstream)| {
                Some((index, upstream.standpoint(now, &self.settings)?))
            })
            .collect();
        let mut sides = self.partings.sides(&self.tree, fork, &heads);
        // Nobody is put out for contradicting those who have fallen silent.
        let speaks = |index: &usize| {
            let upstream = self.upstreams.get(*index);
            upstream.is_some_and(|u| {
                u.is_fresh(now, &self.settings) && !u.is_silent(now, &self.settings)
            })
        };
        sides.retain(|side| open || side.upstreams.iter().any(speaks));
        sides
    }

    /// Who is on the roll of a contest whose branches parted at `parted_at`.
    pub(crate) fn electorate(&self, now: Timestamp, parted_at: Timestamp) -> Vec<Candidate> {
        let starting = parted_at.since(self.started_at) < STARTING;
        let until = if starting { now } else { parted_at };
        let was_there = |u: &Upstream| {
            u.heard_since.is_some_and(|since| since <= until)
                && u.gone_since.is_none_or(|since| until.since(since) < GONE_FOR)
        };
        self.upstreams
            .iter()
            .enumerate()
            .filter(|(_, u)| self.may_stand(u) && was_there(u) && !self.is_rejoining(u))
            .map(|(index, upstream)| Candidate {
                upstream: index,
                operator: self.domains.voter(index),
                label: upstream.labels.at(until),
                trusted: upstream.settings.trusted,
            })
            .collect()
    }

    pub(crate) fn evidence(
        &self,
        now: Timestamp,
        fork: BlockRef,
        side: &Side,
        roll: &Roll,
    ) -> Evidence {
        let on_side = |member: &&Member| side.upstreams.contains(&member.upstream);
        let members = || roll.members().iter().filter(on_side);
        let known = |member: &Member| self.upstreams.get(member.upstream);
        let votes = |member: &&Member| {
            known(member).is_some_and(|u| {
                u.is_fresh(now, &self.settings) && roll.class_of(u.labels.current()) == member.class
            })
        };
        let finalized = |member: &&Member| {
            let told = known(member)
                .and_then(|u| Some((u.finalized?, u.standpoint(now, &self.settings)?)));
            told.is_some_and(|(block, head)| self.is_final_above(block, head.hash, fork))
        };
        // The beacon source stands on no branch: its block must be seen to descend from this one's first.
        let beacon = self.beacon.filter(|block| block.number > fork.number);
        let seen_above = |block: BlockRef| self.tree.ancestor_at(block.hash, side.first.number);
        Evidence {
            voting: members().filter(votes).map(|member| member.upstream).collect(),
            seen: members().map(|member| member.upstream).collect(),
            finalized: members().filter(finalized).map(|member| member.operator).collect(),
            beacon: beacon.and_then(seen_above) == Some(side.first),
            stub: self.is_stub(now, fork, side),
        }
    }

    /// Whether a branch is no longer than an ordinary reorg and has stood since.
    fn is_stub(&self, now: Timestamp, fork: BlockRef, side: &Side) -> bool {
        let length = side.head.number.saturating_sub(fork.number);
        let stands = |index: &usize| {
            self.upstreams.get(*index).is_some_and(|u| u.has_stood(now, &self.settings))
        };
        length <= REORG_BLOCKS_MAX && side.upstreams.iter().all(stands)
    }

    /// Whether a block that somebody calls finalized is above the fork and below their head. Who has just gone
    /// over to another branch may tell its finalized block before its head, or the other way round.
    fn is_final_above(&self, block: BlockRef, head: BlockHash, fork: BlockRef) -> bool {
        block.number > fork.number && self.tree.holds(head, block)
    }

    /// Puts those out whose branch may not even contest. Not for good: should others join them, they are heard.
    pub(crate) fn put_out_odd(
        &mut self,
        now: Timestamp,
        fork: BlockRef,
        odd: &[Side],
        heard: &[(Side, Evidence)],
    ) {
        let others: BTreeSet<String> = heard
            .iter()
            .flat_map(|(side, _)| &side.upstreams)
            .filter_map(|index| self.upstreams.get(*index)?.family.clone())
            .collect();
        for side in odd {
            for index in side.upstreams.clone() {
                let reason = format!(
                    "on a branch of its own since block {fork}: its first block there is {}",
                    side.first
                );
                let alarm = self.odd_alarm(index, &others);
                self.exile(
                    now,
                    index,
                    Exile { fork, first: side.first, lost: false, reason, alarm },
                );
            }
        }
    }

    /// Whether all who contradict this one are of one client family, and it is not.
    fn odd_alarm(&self, index: usize, others: &BTreeSet<String>) -> Option<ExileAlarm> {
        let family = self.upstreams.get(index).and_then(|u| u.family.clone());
        let common = others.first().filter(|_| others.len() == 1)?;
        (family.as_ref() != Some(common)).then(|| ExileAlarm { family, others: common.clone() })
    }

    /// Puts an upstream out for its branch, unless it is out for the same already.
    pub(crate) fn exile(&mut self, now: Timestamp, index: usize, exile: Exile) {
        let Some(upstream) = self.upstreams.get_mut(index) else { return };
        if upstream.exile.as_ref().is_some_and(|old| {
            (old.fork, old.first, old.lost) == (exile.fork, exile.first, exile.lost)
        }) {
            upstream.exile = Some(exile);
            return;
        }
        let alarm = exile.alarm.is_some().then(|| exile.told());
        upstream.exile = Some(exile);
        if let Some(text) = alarm {
            let id = u8::try_from(index).ok().map(UpstreamId);
            self.log(now, id, EventKind::Alarm, text);
        }
    }

    /// Who shares the losing branch: such as "shared with every geth on the roll".
    pub(crate) fn lost_reason(&self, fork: BlockRef, side: &Side, roll: &Roll) -> String {
        let classes: BTreeSet<String> = side
            .upstreams
            .iter()
            .filter_map(|index| roll.member(*index).map(|member| member.class.to_string()))
            .collect();
        let versions: BTreeSet<String> = side
            .upstreams
            .iter()
            .filter_map(|index| self.upstreams.get(*index)?.labels.current())
            .map(|label| label.class(true).to_string())
            .collect();
        let whose = |member: &&Member| classes.contains(&member.class.to_string());
        let all = roll.members().iter().filter(whose);
        let every = all.clone().all(|member| side.upstreams.contains(&member.upstream));
        let names: Vec<String> = versions.into_iter().collect();
        let names = if names.is_empty() { "unknown clients".to_owned() } else { names.join(", ") };
        let shared = if every { "shared with every" } else { "shared with some of" };
        format!("on {} since block {fork}, {shared} {names}", side.first)
    }
}
