//! One chain: its upstreams, its block tree, its agreed head. This file is the way in; how the head is
//! agreed is in `agree`, how calls are accounted for in `account`, whom a call goes to in `pick`.

use std::collections::VecDeque;

use machine::Prng;
use units::{Span, Timestamp};

use crate::alarm::Alarms;
use crate::block::{BlockHash, BlockRef, Header};
use crate::budget::RetryBudget;
use crate::class::PerClass;
use crate::contest::{Contest, Partings};
use crate::departure::Departures;
use crate::domain::{DomainReport, Domains};
use crate::event::{Event, EventKind};
use crate::fees::Fees;
use crate::integrity::{OpinionCounts, Seals};
use crate::label::Label;
use crate::latency::LatencyQuantile;
use crate::probe::{Kind, Probe, ProbeAnswer, ProbeFailure, ProbeOrder, rejected_interval};
use crate::served::Served;
use crate::settings::{ChainSettings, TREE_WINDOW, UpstreamId};
use crate::snapshot::{Counts, Verdict, VerdictChange};
use crate::tree::BlockTree;
use crate::upstream::{State, Upstream};

/// Most upstreams of one chain; a call remembers whom it tried in one 64-bit word.
pub(crate) const UPSTREAMS_MAX: usize = 64;

/// Events kept until the shell takes them; the oldest go first.
const EVENTS_MAX: usize = 1_024;

/// How long a pause an upstream may ask for; longer ones are cut, because a provider's mistake must
/// not take it away for a day.
const THROTTLE_MAX: Span = Span::from_secs(60);

/// The pause where an upstream says "too many requests" without saying for how long.
const THROTTLE_DEFAULT: Span = Span::from_secs(1);

/// Blocks below the agreed head whose links are filled in on sight, so that a fork point can be found.
const BACKFILL: u64 = 128;

/// The state machine of one chain.
///
/// Inputs are [`Chain::on_probe`], [`Chain::on_address`] and the calls' own inputs; outputs are
/// [`Chain::poll_probe`] and [`Chain::poll_event`]; [`Chain::next_deadline`] says when to poll again.
#[derive(Debug)]
pub struct Chain {
    pub(crate) settings: ChainSettings,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) domains: Domains,
    pub(crate) addresses: Vec<Option<String>>,
    pub(crate) warnings: Vec<String>,
    pub(crate) alarms: Alarms,
    pub(crate) fees: Fees,
    pub(crate) genesis: Option<BlockHash>,
    pub(crate) tree: BlockTree,
    pub(crate) agreed: Option<BlockRef>,
    pub(crate) agreed_moved_at: Timestamp,
    pub(crate) agreed_held_at: Timestamp,
    pub(crate) safe: Option<BlockRef>,
    pub(crate) finalized: Option<BlockRef>,
    /// Where branches have parted of late.
    pub(crate) partings: Partings,
    /// Contests that are not over, the newest last; only that one can be undecided.
    pub(crate) contests: Vec<Contest>,
    /// The newest block that the beacon source calls finalized.
    pub(crate) beacon: Option<BlockRef>,
    /// How many answers about each of the latest heads went to clients.
    pub(crate) served: Served,
    pub(crate) started_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) verdict_reason: String,
    pub(crate) history: VecDeque<VerdictChange>,
    pub(crate) budget: RetryBudget,
    pub(crate) quantiles: PerClass<LatencyQuantile>,
    pub(crate) prng: Prng,
    pub(crate) events: VecDeque<Event>,
    pub(crate) counts: Counts,
    /// For the [`crate::Cache`], which is held beside the chain.
    pub(crate) departures: Departures,
    pub(crate) opinions: OpinionCounts,
    pub(crate) seals: Seals,
    /// Earliest time any breaker wants a trial; spares the look at every call.
    pub(crate) next_trial_at: Timestamp,
}

impl Chain {
    /// A chain about which nothing is known but its settings. Upstreams beyond the 64th are ignored; the
    /// configuration refuses them before.
    #[must_use]
    pub fn new(mut settings: ChainSettings, seed: u64, now: Timestamp) -> Self {
        settings.upstreams.truncate(UPSTREAMS_MAX);
        let upstreams: Vec<Upstream> =
            settings.upstreams.iter().cloned().map(Upstream::new).collect();
        let addresses = vec![None; upstreams.len()];
        let domains = Domains::group(&settings.upstreams, &addresses, settings.votes);
        let mut chain = Self {
            genesis: settings.genesis,
            budget: RetryBudget::new(settings.retry_budget_percent),
            settings,
            upstreams,
            domains,
            addresses,
            warnings: Vec::new(),
            alarms: Alarms::default(),
            fees: Fees::default(),
            tree: BlockTree::new(),
            agreed: None,
            agreed_moved_at: now,
            agreed_held_at: now,
            safe: None,
            finalized: None,
            partings: Partings::default(),
            contests: Vec::new(),
            beacon: None,
            served: Served::default(),
            started_at: now,
            history: VecDeque::new(),
            verdict: Verdict::Unreachable,
            verdict_reason: "no upstream has been heard from yet".to_owned(),
            quantiles: PerClass::default(),
            prng: Prng::new(seed),
            events: VecDeque::new(),
            counts: Counts::default(),
            opinions: OpinionCounts::default(),
            seals: Seals::default(),
            departures: Departures::default(),
            next_trial_at: Timestamp::MAX,
        };
        chain.warnings = chain.domain_report().warnings;
        chain
    }

    /// The settings the chain was made with.
    #[must_use]
    pub const fn settings(&self) -> &ChainSettings {
        &self.settings
    }

    /// What an upstream may be used for at present; `None` where there is no such upstream.
    #[must_use]
    pub fn state(&self, upstream: UpstreamId) -> Option<State> {
        self.upstreams.get(upstream.index()).map(|upstream| upstream.state)
    }

    /// Whether an upstream is put out for what it says, or was last seen on a wrong branch before it fell silent.
    pub(crate) fn is_put_out(&self, upstream: UpstreamId) -> bool {
        let out = |u: &Upstream| u.state.is_put_out() || u.exile.is_some();
        self.upstreams.get(upstream.index()).is_none_or(out)
    }

    /// Whether state reads at this upstream may name a block by hash.
    #[must_use]
    pub fn accepts_hash_pins(&self, upstream: UpstreamId) -> bool {
        self.upstreams.get(upstream.index()).is_some_and(|upstream| upstream.hash_pins)
    }

    /// How independent the endpoints are.
    #[must_use]
    pub fn domain_report(&self) -> DomainReport {
        let families: Vec<Option<String>> =
            self.upstreams.iter().map(|upstream| upstream.family.clone()).collect();
        DomainReport::new(&self.settings.upstreams, &self.domains, &self.addresses, &families)
    }

    /// An upstream was found at a network address; `None` where that says nothing (a loopback address).
    pub fn on_address(&mut self, now: Timestamp, upstream: UpstreamId, address: Option<String>) {
        let Some(known) = self.addresses.get_mut(upstream.index()) else { return };
        if *known == address {
            return;
        }
        *known = address;
        self.domains =
            Domains::group(&self.settings.upstreams, &self.addresses, self.settings.votes);
        self.agree_genesis(now);
        self.refresh_warnings(now);
    }

    /// The next probe that is due; ask until there is none.
    pub fn poll_probe(&mut self, now: Timestamp) -> Option<ProbeOrder> {
        let timeout = self.settings.probe_timeout();
        let own = (0..self.upstreams.len()).find_map(|index| {
            self.rest_from_filling(index, now);
            let (kind, probe) = Kind::ALL
                .into_iter()
                .find_map(|kind| Some((kind, self.due_probe(index, kind, now)?)))?;
            let upstream = self.upstreams.get_mut(index)?;
            upstream.schedule.start(kind);
            upstream.quota.count(now);
            Some(ProbeOrder { upstream: UpstreamId(u8::try_from(index).ok()?), probe, timeout })
        });
        own.or_else(|| self.poll_fees(now))
    }

    /// Where no parent is missing none is looked for until the head has changed: the look walks the tree.
    fn rest_from_filling(&mut self, index: usize, now: Timestamp) {
        let due = self.upstreams.get(index).is_some_and(|u| u.schedule.is_due(Kind::Fill, now));
        if due
            && self.missing_link(index).is_none()
            && let Some(upstream) = self.upstreams.get_mut(index)
        {
            upstream.schedule.set_due(Kind::Fill, Timestamp::MAX);
        }
    }

    /// When the chain wants to be polled again, and why.
    #[must_use]
    pub fn next_deadline(&self) -> (Timestamp, &'static str) {
        // The other kinds wait for what these bring, and are polled whenever one of these is answered.
        let always = [Kind::ChainId, Kind::Genesis, Kind::Head, Kind::ClientVersion];
        let due = self.upstreams.iter().flat_map(|upstream| {
            always.iter().filter_map(|kind| {
                Some(upstream.schedule.due_at(*kind)?.max(upstream.throttled_until))
            })
        });
        (due.min().unwrap_or(Timestamp::MAX), "a probe is due")
    }

    /// An upstream answered a probe, or did not. Also takes heads that an upstream tells by itself.
    pub fn on_probe(
        &mut self,
        now: Timestamp,
        upstream: UpstreamId,
        probe: Probe,
        answer: ProbeAnswer,
    ) {
        let Some(kind) = Kind::of(&probe) else {
            self.on_fees(now, upstream, probe, answer);
            return;
        };
        let Some(known) = self.upstreams.get_mut(upstream.index()) else { return };
        known.schedule.finish(kind, now.after(kind.retry_interval(&self.settings)));
        match self.unseal(now, upstream, answer) {
            None => {}
            Some(ProbeAnswer::Failed(why)) => self.on_probe_failed(now, upstream, kind, why),
            Some(answer) => {
                if let Some(known) = self.upstreams.get_mut(upstream.index()) {
                    known.heard = true;
                    known.heard_since = known.heard_since.or(Some(now));
                }
                if self.on_probe_answered(now, upstream, probe, answer) {
                    self.ask_again_later(now, upstream, kind);
                }
            }
        }
        self.agree(now);
        self.recheck_rejected(now);
        self.draw_alarms(now);
    }

    /// After a usable answer: the kind's own interval.
    fn ask_again_later(&mut self, now: Timestamp, id: UpstreamId, kind: Kind) {
        let interval = kind.interval(&self.settings);
        if let Some(upstream) = self.upstreams.get_mut(id.index()) {
            upstream.schedule.set_due(kind, now.after(interval));
        }
    }

    /// Brings the next look at everyone's identity forward while somebody is put out for it: it may have
    /// been mended, or the others may be the ones that were wrong.
    fn recheck_rejected(&mut self, now: Timestamp) {
        if self.upstreams.iter().all(|upstream| upstream.state != State::Rejected) {
            return;
        }
        let soon = now.after(rejected_interval(&self.settings));
        for upstream in &mut self.upstreams {
            for kind in [Kind::ChainId, Kind::Genesis] {
                if upstream.schedule.due_at(kind).is_some_and(|due| due > soon) {
                    upstream.schedule.set_due(kind, soon);
                }
            }
        }
    }

    /// The next event for the log, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes an answer in; false where it does not answer what was asked.
    fn on_probe_answered(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        probe: Probe,
        answer: ProbeAnswer,
    ) -> bool {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return false };
        match (probe, answer) {
            (Probe::ChainId, ProbeAnswer::ChainId(chain_id)) => {
                upstream.chain_id = Some(chain_id);
                upstream.id_fresh = true;
                // Who is on another chain has no say in the genesis.
                self.agree_genesis(now);
            }
            (Probe::Genesis, ProbeAnswer::Header(Some(header))) if header.number == 0 => {
                upstream.genesis = Some(header.hash);
                upstream.genesis_fresh = true;
                self.agree_genesis(now);
            }
            (Probe::ClientVersion, ProbeAnswer::ClientVersion { version, family }) => {
                let declared = upstream.settings.client.is_some();
                let family = upstream.settings.client.clone().unwrap_or(family);
                let changed = upstream.family.as_deref() != Some(family.as_str());
                upstream.labels.tell(now, Label::new(&family, declared, &version));
                (upstream.version, upstream.family) = (Some(version), Some(family));
                if changed {
                    self.refresh_warnings(now);
                }
            }
            (Probe::HashPins(_), ProbeAnswer::HashPins(accepted)) => upstream.hash_pins = accepted,
            (Probe::Head, ProbeAnswer::Header(Some(header))) if self.tree.accepts(&header) => {
                self.on_head(now, id, &header);
            }
            // A header that was not asked for, or brings nothing new, must not be asked for at once again.
            (Probe::Header(asked), ProbeAnswer::Header(Some(header))) => {
                return header.hash == asked && self.tree.insert(&header);
            }
            (Probe::Header(_), ProbeAnswer::Header(None)) => return false,
            (Probe::Safe, ProbeAnswer::Header(header)) => {
                upstream.safe = header.map(|header| header.block());
            }
            (Probe::Finalized, ProbeAnswer::Header(header)) => {
                upstream.finalized = header.map(|header| header.block());
            }
            // An answer to another question, no head at all, or one that contradicts what is known of the
            // same block, is no usable answer.
            (_, _) => {
                upstream.on_lost("answers with something else than was asked".to_owned());
                return false;
            }
        }
        true
    }

    fn on_head(&mut self, now: Timestamp, id: UpstreamId, header: &Header) {
        self.tree.insert(header);
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        let advanced = upstream.head.is_none_or(|old| old.hash != header.hash);
        upstream.head = Some(*header);
        upstream.probes_lost = 0;
        upstream.head_seen_at = now;
        if advanced {
            upstream.head_advanced_at = now;
            upstream.schedule.set_due(Kind::Fill, now);
            self.poll_others_soon(now, id, header.number);
        }
        self.refresh_relation(now, id.index());
        if let Some(upstream) = self.upstreams.get_mut(id.index()) {
            upstream.on_good_look();
        }
        // Answering its head twice in a row shows an endpoint to be up again, for every class that
        // did not fail on its own.
        if let Some(upstream) =
            self.upstreams.get_mut(id.index()).filter(|u| u.endpoint_breaker.is_open())
        {
            upstream.endpoint_breaker.start_trial(now);
            if upstream.endpoint_breaker.on_success(now) {
                self.log(
                    now,
                    Some(id),
                    EventKind::Restored,
                    "answers again: back for all classes".to_owned(),
                );
            }
        }
    }

    /// One upstream showed a new block: the others will have it within moments, so they are asked soon
    /// rather than a whole poll interval later, and the head can be agreed.
    fn poll_others_soon(&mut self, now: Timestamp, shown_by: UpstreamId, number: u64) {
        let soon = now.after(self.settings.poll_interval().divided_by(8));
        let others =
            self.upstreams.iter_mut().enumerate().filter(|(index, _)| *index != shown_by.index());
        for (_, other) in others {
            let behind = other.head.is_none_or(|head| head.number < number);
            if behind && other.schedule.due_at(Kind::Head).is_some_and(|due| due > soon) {
                other.schedule.set_due(Kind::Head, soon);
            }
        }
    }

    fn on_probe_failed(&mut self, now: Timestamp, id: UpstreamId, kind: Kind, why: ProbeFailure) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        let needed = matches!(kind, Kind::Head | Kind::ChainId | Kind::Genesis);
        match why {
            ProbeFailure::Unreachable(_) if !needed => {}
            ProbeFailure::Unreachable(reason) => {
                upstream.on_lost(reason);
                // While it is away a node may be replaced by another: look again when it is back.
                if upstream.probes_lost > 1 {
                    (upstream.id_fresh, upstream.genesis_fresh) = (false, false);
                    let soon = now.after(self.settings.poll_interval());
                    for kind in [Kind::ChainId, Kind::Genesis, Kind::ClientVersion] {
                        upstream.schedule.set_due(kind, soon);
                    }
                }
            }
            ProbeFailure::Throttled(pause) => self.throttle(now, id, pause),
            ProbeFailure::Refused(reason) => {
                if needed {
                    upstream.on_lost(reason);
                } else {
                    upstream.heard = true;
                }
                if kind == Kind::HashPins {
                    upstream.hash_pins = false;
                }
            }
        }
    }

    /// Leaves an upstream alone for as long as it asked.
    pub(crate) fn throttle(&mut self, now: Timestamp, id: UpstreamId, pause: Option<Span>) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        if !upstream.is_throttled(now) {
            upstream.quota.on_refused(now, pause);
        }
        let pause = pause.unwrap_or(THROTTLE_DEFAULT).clamped(Span::from_millis(50), THROTTLE_MAX);
        let was_throttled = upstream.is_throttled(now);
        upstream.heard = true;
        upstream.throttled_at = now;
        upstream.throttled_until = upstream.throttled_until.max(now.after(pause));
        upstream.pause_tested_at = now;
        if !was_throttled {
            self.log(now, Some(id), EventKind::Throttled, format!("asked us to pause for {pause}"));
        }
    }

    fn due_probe(&self, index: usize, kind: Kind, now: Timestamp) -> Option<Probe> {
        let upstream = self.upstreams.get(index)?;
        if !upstream.schedule.is_due(kind, now) || upstream.is_throttled(now) {
            return None;
        }
        let known =
            upstream.chain_id == Some(self.settings.chain_id) && upstream.state != State::Rejected;
        match kind {
            Kind::ChainId => Some(Probe::ChainId),
            Kind::Genesis => Some(Probe::Genesis),
            Kind::Head => Some(Probe::Head),
            Kind::ClientVersion => Some(Probe::ClientVersion),
            Kind::Safe => known.then_some(Probe::Safe),
            Kind::Finalized => known.then_some(Probe::Finalized),
            Kind::HashPins => Some(Probe::HashPins(upstream.head.filter(|_| known)?.block())),
            Kind::Fill => Some(Probe::Header(self.missing_link(index).filter(|_| known)?)),
        }
    }

    /// The block whose header would link this upstream's head to ours, or deepen what we know of our own.
    fn missing_link(&self, index: usize) -> Option<BlockHash> {
        let upstream = self.upstreams.get(index)?;
        let head = upstream.head?;
        let reference = self.reference_head()?;
        let missing = self.tree.missing_parent(head.hash)?;
        let floor = reference.number.saturating_sub(if upstream.is_linked() {
            BACKFILL
        } else {
            TREE_WINDOW
        });
        let far_ahead = head.number.saturating_sub(reference.number) > TREE_WINDOW;
        (missing.number >= floor && !far_ahead).then_some(missing.hash)
    }

    /// What other heads are linked to: the agreed head, or before there is one the lowest head shown.
    pub(crate) fn reference_head(&self) -> Option<BlockRef> {
        let lowest =
            || self.upstreams.iter().filter_map(|upstream| Some(upstream.head?.block())).min();
        self.agreed.or_else(lowest)
    }

    pub(crate) fn log(
        &mut self,
        at: Timestamp,
        upstream: Option<UpstreamId>,
        kind: EventKind,
        text: String,
    ) {
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(Event { at, upstream, kind, text });
    }

    fn refresh_warnings(&mut self, now: Timestamp) {
        let warnings = self.domain_report().warnings;
        let new: Vec<String> =
            warnings.iter().filter(|warning| !self.warnings.contains(warning)).cloned().collect();
        self.warnings = warnings;
        for warning in new {
            self.log(now, None, EventKind::Domains, warning);
        }
    }
}
