//! The first head: whom to believe before anything is known of the chain.

use std::collections::BTreeSet;

use units::{Span, Timestamp};

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::contest::{Contest, Decision, Evidence, Exile, Roll, Side, Won, contenders, decide};
use crate::event::EventKind;
use crate::settings::{LoneDissenter, TREE_WINDOW};
use crate::upstream::{State, Upstream};

/// How long those who have not spoken yet are waited for, though most agree: in a split the most may be wrong.
const HEARING: Span = Span::from_secs(1);

/// How long names are waited for: some providers do not tell what they run.
const NAMING: Span = Span::from_secs(3);

impl Chain {
    /// Agrees on a head for the first time. Who has not spoken yet counts against, so that the first to
    /// answer does not decide alone; who has failed to answer does not.
    pub(crate) fn first_head(&mut self, now: Timestamp, voters: &[usize]) -> bool {
        let pending = self.members(|upstream| upstream.is_pending(now));
        if self.awaits_voices(now) {
            return false;
        }
        let strangers = self.strangers(now, voters);
        if (self.partings.any() || strangers.len() > 1) && self.awaits_names(now) {
            return false;
        }
        if strangers.len() > 1 {
            return pending.is_empty() && self.choose_chain(now, strangers);
        }
        let roll: Vec<usize> = voters.iter().copied().chain(pending).collect();
        let Some(winner) = self.elect(&roll) else { return false };
        self.set_head(now, winner);
        true
    }

    /// Whether it is too early to rule on branches: somebody has not spoken yet, or not said what they run.
    pub(crate) fn is_too_early(&self, now: Timestamp) -> bool {
        self.agreed.is_none() && (self.awaits_voices(now) || self.awaits_names(now))
    }

    fn awaits_voices(&self, now: Timestamp) -> bool {
        let pending = |upstream: &Upstream| upstream.is_pending(now);
        now.since(self.started_at) < HEARING && self.upstreams.iter().any(pending)
    }

    /// Whether somebody has not said yet what they run, without which branches cannot be weighed.
    fn awaits_names(&self, now: Timestamp) -> bool {
        let nameless =
            |u: &Upstream| u.is_fresh(now, &self.settings) && u.labels.current().is_none();
        now.since(self.started_at) < NAMING && self.upstreams.iter().any(nameless)
    }

    /// The voters by chains that are not known to meet, where more than one operator alone stands on each of
    /// at least two: a gateway that is started in the middle of a split.
    fn strangers(&self, now: Timestamp, voters: &[usize]) -> Vec<Side> {
        let mut chains: Vec<Side> = Vec::new();
        for index in voters {
            let Some(head) = self.upstreams.get(*index).and_then(|u| u.head) else { continue };
            let head = head.block();
            let meets =
                |side: &&mut Side| self.tree.common_ancestor(side.head.hash, head.hash).is_some();
            match chains.iter_mut().find(meets) {
                Some(side) => {
                    side.head = side.head.max(head);
                    side.upstreams.push(*index);
                }
                None => {
                    // As far down as is known, so that a reorg at the head does not change who it is.
                    let first = self.tree.ancestors(head.hash).last().unwrap_or(head);
                    chains.push(Side { first, head, upstreams: vec![*index] });
                }
            }
        }
        let (roll, evidence) = self.weigh(now, &chains);
        let strong = contenders(&roll, &evidence, false);
        if strong.iter().filter(|contends| **contends).count() > 1 { chains } else { Vec::new() }
    }

    fn weigh(&self, now: Timestamp, chains: &[Side]) -> (Roll, Vec<Evidence>) {
        let roll = Roll::freeze(&self.electorate(now, now), self.settings.votes);
        let evidence = chains.iter().map(|side| Evidence {
            voting: side.upstreams.clone(),
            seen: side.upstreams.clone(),
            ..Evidence::default()
        });
        (roll, evidence.collect())
    }

    /// Chooses between chains that part further back than parents are filled in, once there was time to fill
    /// them in: by the same rule as any contest, but that finality tells nothing without the fork.
    fn choose_chain(&mut self, now: Timestamp, chains: Vec<Side>) -> bool {
        if now.since(self.started_at) < self.settings.unlinked_after() {
            return false;
        }
        let (roll, evidence) = self.weigh(now, &chains);
        let hear_lone = self.settings.lone_dissenter == LoneDissenter::Undecided;
        let contend = contenders(&roll, &evidence, hear_lone);
        let heard: Vec<(Side, Evidence)> = chains
            .into_iter()
            .zip(evidence)
            .zip(contend)
            .filter_map(|(heard, contends)| contends.then_some(heard))
            .collect();
        let (sides, evidence): (Vec<Side>, Vec<Evidence>) = heard.into_iter().unzip();
        let Decision::Won(position, ground, reason) = decide(&roll, &evidence) else {
            return false;
        };
        let Some(winner) = sides.get(position).cloned() else { return false };
        // Where they parted is not known; that they share the genesis is.
        let fork = BlockRef { number: 0, hash: self.genesis.unwrap_or(BlockHash([0; 32])) };
        let text = format!(
            "started in a split: the chains part more than {TREE_WINDOW} blocks back; \
             the one of {} is followed by {}: {reason}",
            winner.head,
            ground.name()
        );
        self.log(now, None, EventKind::Contest, text);
        for side in sides.iter().filter(|side| side.first != winner.first) {
            let reason =
                format!("on another chain, which parts more than {TREE_WINDOW} blocks back");
            for index in side.upstreams.clone() {
                let reason = reason.clone();
                self.exile(now, index, Exile::lost(fork, side.first, reason));
            }
        }
        let best = self.elect_by(&winner.upstreams, |upstream| upstream.head.map(|head| head.hash));
        let won = Won { first: winner.first, ground, reason, served_before: 0 };
        let undecided = String::new();
        self.remember(Contest { fork, parted_at: now, roll, sides, won: Some(won), undecided });
        self.set_head(now, best.unwrap_or(winner.head));
        true
    }

    /// That the chains of those who serve are not known to meet, in words, for the verdict before there is a head.
    pub(crate) fn chains_apart(&self, now: Timestamp) -> Option<String> {
        let voters = self.members(|upstream| upstream.state == State::Serving);
        let strangers = self.strangers(now, &voters);
        if strangers.len() < 2 {
            return None;
        }
        let heads: BTreeSet<String> = strangers.iter().map(|side| side.head.to_string()).collect();
        let heads: Vec<String> = heads.into_iter().collect();
        Some(format!(
            "started in a split that is not decided; the heads are {}",
            heads.join(" and ")
        ))
    }
}
