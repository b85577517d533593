//! One upstream: what is known of it, how healthy it is, what state that puts it in.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::{BlockHash, BlockRef, Header};
use crate::breaker::Breaker;
use crate::class::{MethodClass, PerClass};
use crate::contest::{Exile, PROBATION_BLOCKS};
use crate::label::Labels;
use crate::latency::PeakEwma;
use crate::load::UpstreamLoad;
use crate::probe::Schedule;
use crate::quota::Quota;
use crate::settings::{
    ChainSettings, LAG_BLOCKS_MAX, REORG_BLOCKS_MAX, TREE_WINDOW, UpstreamSettings, Votes,
};
use crate::trust::Trust;

/// What an upstream may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Agrees with the others and answers.
    Serving,
    /// Behind the agreed head, frozen, or pausing at its own wish.
    Lagging,
    /// Came back and must first show that it stays.
    Probation,
    /// On a branch of its own, claims what nobody confirms, or answers wrongly.
    Quarantined,
    /// On another chain.
    Rejected,
    /// Gives no usable answer, or has not been heard from yet.
    Unreachable,
}

impl State {
    /// Whether the upstream is put out for what it says.
    pub(crate) const fn is_put_out(self) -> bool {
        matches!(self, Self::Quarantined | Self::Rejected)
    }

    /// The state as it is written in `/v1/chains/NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Lagging => "lagging",
            Self::Probation => "probation",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Unreachable => "unreachable",
        }
    }
}

/// How an upstream's head stands to the agreed head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The upstream has shown no head, or nothing is agreed yet.
    Unknown,
    /// Its parents are not known to meet ours.
    Unlinked,
    /// It holds the agreed head and is so many blocks further.
    Holds(u64),
    /// Its head is an ancestor of ours, so many blocks back.
    Behind(u64),
    /// It left our branch at `fork` and is `theirs` blocks beyond that.
    Diverged {
        /// The last block both share.
        fork: BlockRef,
        /// Blocks on its side since.
        theirs: u64,
    },
}

/// Probes in a row that must fail before an upstream is unreachable: one may be lost.
const PROBES_LOST_MAX: u32 = 2;

/// Good looks at the head before an upstream that was away serves again.
const PROBATION_AFTER_ABSENCE: u32 = 2;

/// Good looks at the head before an upstream that claimed what nobody confirmed serves again: two block times.
/// One that was on a wrong branch is watched for longer, see `contest`.
const PROBATION_AFTER_QUARANTINE: u32 = 8;

/// All that is known of one upstream.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    pub(crate) settings: UpstreamSettings,
    pub(crate) chain_id: Option<u64>,
    pub(crate) genesis: Option<BlockHash>,
    /// Whether chain id and genesis were told since it was last away: it may have been replaced.
    pub(crate) id_fresh: bool,
    pub(crate) genesis_fresh: bool,
    pub(crate) version: Option<String>,
    /// Why its name does not resolve at present although it did before.
    pub(crate) name_failure: Option<String>,
    pub(crate) family: Option<String>,
    /// What it said it runs, over time.
    pub(crate) labels: Labels,
    pub(crate) hash_pins: bool,
    pub(crate) head: Option<Header>,
    /// The newest head whose parents met the agreed branch: what it votes for while links are filled in.
    pub(crate) linked_head: Option<BlockRef>,
    /// The newest head whose parents met a branch that is known, be it another than ours.
    pub(crate) placed_head: Option<BlockRef>,
    /// When it last showed its head, and when that was last a new one.
    pub(crate) head_seen_at: Timestamp,
    pub(crate) head_advanced_at: Timestamp,
    pub(crate) relation: Relation,
    pub(crate) unlinked_since: Option<Timestamp>,
    pub(crate) safe: Option<BlockRef>,
    pub(crate) finalized: Option<BlockRef>,
    pub(crate) probes_lost: u32,
    pub(crate) last_failure: Option<String>,
    pub(crate) heard: bool,
    /// When it was first heard from.
    pub(crate) heard_since: Option<Timestamp>,
    /// Since when it cannot be reached; `None` while it can.
    pub(crate) gone_since: Option<Timestamp>,
    /// Why it is out for the branch it is on.
    pub(crate) exile: Option<Exile>,
    /// The agreed height at which it was back from a wrong branch.
    pub(crate) rejoined_at: Option<u64>,
    pub(crate) throttled_at: Timestamp,
    pub(crate) throttled_until: Timestamp,
    /// When it was last asked in spite of its pause.
    pub(crate) pause_tested_at: Timestamp,
    pub(crate) probation_left: u32,
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) since: Timestamp,
    pub(crate) endpoint_breaker: Breaker,
    pub(crate) class_breakers: PerClass<Breaker>,
    pub(crate) latency: PerClass<PeakEwma>,
    /// What recent failures weigh in the choice, as if they were time to answer.
    pub(crate) penalty: PerClass<PeakEwma>,
    pub(crate) in_flight: u32,
    /// Most calls that may be under way to it.
    pub(crate) room: u32,
    /// What it did since its room was last set.
    pub(crate) load: UpstreamLoad,
    pub(crate) unsupported: BTreeMap<String, Timestamp>,
    pub(crate) schedule: Schedule,
    pub(crate) quota: Quota,
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) trust: Trust,
    /// How often it turned out to give wrong answers; what is kept of before is not served.
    pub(crate) distrusts: u32,
}

impl Upstream {
    pub(crate) fn new(settings: UpstreamSettings) -> Self {
        Self {
            family: settings.client.clone(),
            labels: Labels::declared(&settings),
            chain_id: None,
            genesis: None,
            id_fresh: false,
            genesis_fresh: false,
            version: None,
            name_failure: None,
            hash_pins: false,
            head: None,
            linked_head: None,
            placed_head: None,
            head_seen_at: Timestamp::ZERO,
            head_advanced_at: Timestamp::ZERO,
            relation: Relation::Unknown,
            unlinked_since: None,
            safe: None,
            finalized: None,
            probes_lost: 0,
            last_failure: None,
            heard: false,
            heard_since: None,
            gone_since: None,
            exile: None,
            rejoined_at: None,
            throttled_at: Timestamp::ZERO,
            throttled_until: Timestamp::ZERO,
            pause_tested_at: Timestamp::ZERO,
            probation_left: 0,
            state: State::Unreachable,
            reason: "not heard from yet".to_owned(),
            since: Timestamp::ZERO,
            endpoint_breaker: Breaker::default(),
            class_breakers: PerClass::default(),
            latency: PerClass::default(),
            penalty: PerClass::default(),
            in_flight: 0,
            room: u32::MAX,
            load: UpstreamLoad::default(),
            unsupported: BTreeMap::new(),
            schedule: Schedule::default(),
            quota: Quota::new(settings.quota),
            settings,
            calls: 0,
            failures: 0,
            trust: Trust::default(),
            distrusts: 0,
        }
    }

    /// Whether calls of `class` are let through.
    pub(crate) fn admits(&self, class: MethodClass) -> bool {
        !self.endpoint_breaker.is_open() && !self.class_breakers.get(class).is_open()
    }

    /// Whether the upstream asked to be left alone.
    pub(crate) fn is_throttled(&self, now: Timestamp) -> bool {
        now < self.throttled_until
    }

    /// Whether the upstream is known not to have `method`.
    pub(crate) fn lacks(&self, method: &str, now: Timestamp) -> bool {
        !self.unsupported.is_empty()
            && self.unsupported.get(method).is_some_and(|until| now < *until)
    }

    /// A probe was lost.
    pub(crate) fn on_lost(&mut self, why: String) {
        self.probes_lost = self.probes_lost.saturating_add(1);
        self.last_failure = Some(why);
    }

    /// The state that all known of it puts it in, and why.
    pub(crate) fn judge(
        &self,
        settings: &ChainSettings,
        wanted: Identity,
        sight: Sight,
    ) -> (State, String) {
        if let Some(verdict) = self.judge_identity(settings, wanted) {
            return verdict;
        }
        if let Some(why) = self.trust.objection(sight.now) {
            return (State::Quarantined, why);
        }
        if let Some(verdict) = self.judge_branch(settings, sight) {
            return verdict;
        }
        if self.is_throttled(sight.now) {
            let left = self.throttled_until.since(sight.now);
            return (State::Lagging, format!("rate-limited: asked us to pause for another {left}"));
        }
        if let Some(verdict) = self.judge_lag(settings, sight) {
            return verdict;
        }
        if let Some(blocks) = sight.rejoining(self.rejoined_at) {
            return (
                State::Probation,
                format!("back from a wrong branch; {blocks} blocks to go, without a vote"),
            );
        }
        if self.probation_left > 0 {
            return (
                State::Probation,
                format!("back again; {} good looks to go", self.probation_left),
            );
        }
        (State::Serving, "agrees with the others".to_owned())
    }

    fn judge_identity(
        &self,
        settings: &ChainSettings,
        wanted: Identity,
    ) -> Option<(State, String)> {
        if let Some(id) = self.chain_id.filter(|id| *id != settings.chain_id) {
            return Some((
                State::Rejected,
                format!("wrong chain: reports id {id}, not {}", settings.chain_id),
            ));
        }
        if let (Some(genesis), Some(expected)) = (self.genesis, wanted.genesis)
            && genesis != expected
        {
            return Some((
                State::Rejected,
                format!("wrong chain: its genesis is {genesis}, not {expected}"),
            ));
        }
        if self.probes_lost >= PROBES_LOST_MAX {
            let why = self.last_failure.as_deref().unwrap_or("no answer");
            return Some((State::Unreachable, why.to_owned()));
        }
        if !self.heard {
            let why = self.last_failure.as_deref().unwrap_or("not heard from yet");
            return Some((State::Unreachable, why.to_owned()));
        }
        let unchecked = !self.id_fresh || !self.genesis_fresh;
        if unchecked || self.head.is_none() {
            let why = self
                .last_failure
                .clone()
                .unwrap_or_else(|| "chain id, genesis or head not known yet".to_owned());
            return Some((State::Unreachable, why));
        }
        None
    }

    fn judge_branch(&self, settings: &ChainSettings, sight: Sight) -> Option<(State, String)> {
        let head = self.head?;
        if let Some(exile) = &self.exile {
            let why = format!("{}; its head is {}", exile.told(), head.block());
            return Some((State::Quarantined, why));
        }
        match self.relation {
            Relation::Unlinked => self.judge_unlinked(settings, sight, head),
            // How long it may last until it is more than a reorg is for the contest to say.
            Relation::Diverged { .. }
            | Relation::Unknown
            | Relation::Holds(_)
            | Relation::Behind(_) => None,
        }
    }

    /// A head whose parents are not known to meet ours: unconfirmed where it is further ahead than the
    /// time since ours was last seen can explain, or where its parents ought to be known by now.
    fn judge_unlinked(
        &self,
        settings: &ChainSettings,
        sight: Sight,
        head: Header,
    ) -> Option<(State, String)> {
        let agreed = sight.agreed?;
        let ahead = head.number.saturating_sub(agreed.number);
        let unseen = u128::from(sight.now.since(sight.held_at).as_nanos());
        let made = unseen.checked_div(u128::from(settings.block_time.as_nanos())).unwrap_or(0);
        let limit = made.saturating_mul(2).saturating_add(u128::from(TREE_WINDOW));
        if u128::from(ahead) > limit || self.state == State::Quarantined {
            let why = format!(
                "claims block {}, {ahead} ahead of all others; nobody confirms it",
                head.number
            );
            return Some((State::Quarantined, why));
        }
        let since = self.unlinked_since?;
        let long = sight.now.since(since) >= settings.unlinked_after();
        let near = head.number.saturating_add(LAG_BLOCKS_MAX) >= agreed.number;
        (long && near && sight.held_at > since).then(|| {
            let why = format!("its head {} is not known to descend from ours", head.block());
            (State::Quarantined, why)
        })
    }

    /// Frozen is measured against the best linked head, by time; slow against the agreed head, because one
    /// upstream that runs ahead must not put those out that most hold.
    fn judge_lag(&self, settings: &ChainSettings, sight: Sight) -> Option<(State, String)> {
        let head = self.head.filter(|_| settings.votes != Votes::Nobody)?;
        let stood = self.has_stood(sight.now, settings);
        let Some(agreed) = sight.agreed else {
            return (sight.moving && stood).then(|| {
                (State::Lagging, format!("stands at block {}; others move", head.number))
            });
        };
        let behind = sight.best.saturating_sub(head.number);
        if behind >= 2 && stood {
            return Some((
                State::Lagging,
                format!("frozen at block {} while others are {behind} further", head.number),
            ));
        }
        let behind = agreed.number.saturating_sub(head.number);
        (behind > LAG_BLOCKS_MAX).then(|| (State::Lagging, format!("{behind} blocks behind")))
    }

    /// Takes a new state over; the old one where it changed.
    pub(crate) fn enter(&mut self, now: Timestamp, state: State, reason: String) -> Option<State> {
        self.reason = reason;
        if self.state == state {
            return None;
        }
        let old = core::mem::replace(&mut self.state, state);
        self.since = now;
        self.gone_since = (state == State::Unreachable).then_some(now);
        match state {
            State::Unreachable => self.probation_left = PROBATION_AFTER_ABSENCE,
            // Being out for one's branch is followed by a probation of its own.
            State::Quarantined if self.exile.is_some() => self.probation_left = 0,
            State::Quarantined => self.probation_left = PROBATION_AFTER_QUARANTINE,
            // Back on the right network: everything it said before was about another one.
            State::Rejected => self.probation_left = PROBATION_AFTER_QUARANTINE,
            State::Serving => self.last_failure = None,
            State::Lagging | State::Probation => {}
        }
        Some(old)
    }

    /// One more good look at the head of an upstream on probation.
    pub(crate) fn on_good_look(&mut self) {
        let near = match self.relation {
            Relation::Holds(_) => true,
            Relation::Behind(blocks) => blocks <= LAG_BLOCKS_MAX,
            Relation::Unknown | Relation::Unlinked | Relation::Diverged { .. } => false,
        };
        if near {
            self.probation_left = self.probation_left.saturating_sub(1);
        }
    }

    /// Whether it has told nothing yet on which it could be judged, nor failed to.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.state == State::Unreachable && self.probes_lost == 0 && !self.is_throttled(now)
    }

    /// Whether its head has not moved for so long that it may be frozen.
    pub(crate) fn has_stood(&self, now: Timestamp, settings: &ChainSettings) -> bool {
        now.since(self.head_advanced_at) >= settings.frozen_after()
    }

    /// Whether it has not shown its head for so long that what it showed says nothing of the present.
    pub(crate) fn is_silent(&self, now: Timestamp, settings: &ChainSettings) -> bool {
        now.since(self.head_seen_at) >= settings.frozen_after()
    }

    /// Whether it answers and has shown its head of late, so that it may say something between branches.
    pub(crate) fn is_fresh(&self, now: Timestamp, settings: &ChainSettings) -> bool {
        self.heard
            && self.probes_lost < PROBES_LOST_MAX
            && now.since(self.head_seen_at) < settings.fresh_for()
    }

    /// Whether its head is on our branch, or left it no further back than an ordinary reorg does: others
    /// that stand still are frozen if this one moves on.
    pub(crate) fn is_near(&self, agreed: Option<BlockRef>) -> bool {
        let parted = matches!(self.relation, Relation::Diverged { .. });
        self.is_linked() || (parted && !self.is_left_behind(agreed))
    }

    /// Whether we went on from where it parted by more than an ordinary reorg takes back.
    pub(crate) fn is_left_behind(&self, agreed: Option<BlockRef>) -> bool {
        let Relation::Diverged { fork, .. } = self.relation else { return false };
        agreed.is_some_and(|agreed| agreed.number.saturating_sub(fork.number) > REORG_BLOCKS_MAX)
    }

    /// Where it stands between branches: at its head, or where that was last seen to belong while a missing parent
    /// is being asked for.
    pub(crate) fn standpoint(&self, now: Timestamp, settings: &ChainSettings) -> Option<BlockRef> {
        let filling =
            self.unlinked_since.is_some_and(|since| now.since(since) < settings.unlinked_after());
        let head = self.head.map(|head| head.block());
        if filling { self.placed_head.or(head) } else { head }
    }

    /// Whether it is on a branch that is more than an ordinary reorg away from the agreed head.
    pub(crate) fn is_apart(&self, agreed: Option<BlockRef>) -> bool {
        let Relation::Diverged { theirs, .. } = self.relation else { return false };
        theirs > REORG_BLOCKS_MAX || self.is_left_behind(agreed)
    }

    /// Whether its head is counted as standing on our branch.
    pub(crate) const fn is_linked(&self) -> bool {
        matches!(self.relation, Relation::Holds(_) | Relation::Behind(_))
    }
}

/// What every upstream of the chain must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    /// The genesis hash that was declared or agreed.
    pub(crate) genesis: Option<BlockHash>,
}

/// What an upstream is judged against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) now: Timestamp,
    /// The agreed head.
    pub(crate) agreed: Option<BlockRef>,
    /// When somebody who answers was last seen to hold the agreed head.
    pub(crate) held_at: Timestamp,
    /// The highest head that is linked to the agreed one, or parted from it of late.
    pub(crate) best: u64,
    /// Whether anybody's head moved of late; looked at only before a first head is agreed.
    pub(crate) moving: bool,
}

impl Sight {
    /// How many blocks one that was back at the given height stays on probation.
    fn rejoining(self, rejoined_at: Option<u64>) -> Option<u64> {
        let until = rejoined_at?.saturating_add(PROBATION_BLOCKS);
        let left = until.saturating_sub(self.agreed.map_or(0, |agreed| agreed.number));
        (left > 0).then_some(left)
    }
}
