//! One chain as the shell holds it: the core behind a lock, and what is around it.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{
    BlockHash, BlockRef, Cache, CacheKey, CacheSnapshot, Chain, ChainSettings, ChainSnapshot,
    Event, Looked, Needs, Offer, Permit, UpstreamId, UpstreamSettings,
};
use runtime::clock;
use runtime::http::Bytes;
use runtime::task::sync::Notify;
use units::Span;
use wire_eth::Answer;

use crate::config::{ChainConfig, ClientLimits};
use crate::evidence::EvidenceBook;
use crate::gate::{AdmissionSnapshot, Gate};
use crate::headers::Headers;
use crate::latency::RecentLatency;
use crate::sharing::Sharing;

/// Events kept for the status page.
const EVENTS_KEPT: usize = 256;

/// All chains of a gateway, by name.
pub(crate) type Chains = BTreeMap<String, Arc<ChainShell>>;

/// What is known of each chain at this moment.
pub(crate) fn snapshots(chains: &Chains) -> Vec<(String, ChainSnapshot)> {
    chains.iter().map(|(name, chain)| (name.clone(), chain.core().snapshot(clock::now()))).collect()
}

/// What is kept of each chain at this moment, and how many calls were answered by another one's request.
pub(crate) fn caches(chains: &Chains) -> Vec<(String, CacheSnapshot, u64)> {
    let of = |(name, chain): (&String, &Arc<ChainShell>)| {
        (name.clone(), chain.cache_snapshot(), chain.sharing.followed())
    };
    chains.iter().map(of).collect()
}

/// What the way in to each chain looks like at this moment.
pub(crate) fn admissions(chains: &Chains) -> Vec<(String, AdmissionSnapshot)> {
    chains.iter().map(|(name, chain)| (name.clone(), chain.gate.snapshot())).collect()
}

/// One entry of the event log: what was decided and why.
#[derive(Clone, Debug)]
pub struct LoggedEvent {
    /// When, as a span since 1970.
    pub at: Span,
    /// On which chain.
    pub chain: String,
    /// About which upstream.
    pub upstream: Option<String>,
    /// What kind of decision.
    pub kind: &'static str,
    /// The decision and its reason.
    pub text: String,
}

/// The core's state: the chain, and the answers that are kept for as long as the chain vouches for them. One
/// lock holds both, so that nobody sees an answer of a block that the chain has left.
#[derive(Debug)]
pub(crate) struct Core {
    chain: Chain,
    cache: Cache<Kept>,
}

impl Deref for Core {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.chain
    }
}

impl DerefMut for Core {
    fn deref_mut(&mut self) -> &mut Chain {
        &mut self.chain
    }
}

/// A kept answer: an upstream's bytes, and where things are in them.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) body: Bytes,
    pub(crate) answer: Answer,
}

/// One chain, shared by all worker threads. The core's lock is held for single decisions only, never
/// over an await.
#[derive(Debug)]
pub(crate) struct ChainShell {
    pub(crate) config: ChainConfig,
    pub(crate) limits: ClientLimits,
    core: Mutex<Core>,
    events: Mutex<VecDeque<LoggedEvent>>,
    /// What clients waited lately.
    pub(crate) latency: RecentLatency,
    /// What is kept of wrong answers.
    pub(crate) evidence: EvidenceBook,
    /// Headers lately seen.
    pub(crate) headers: Headers,
    /// The calls under way that others may join.
    pub(crate) sharing: Arc<Sharing>,
    /// Makes the places of keys in cache and sharing unknown to clients.
    pub(crate) seed: u64,
    /// The way in for calls.
    pub(crate) gate: Gate,
    /// Whether the chain has halted, for the header that says so.
    pub(crate) stalled: AtomicBool,
    /// Wakes the prober: something was learnt that may make a probe due.
    pub(crate) probe_now: Notify,
}

impl ChainShell {
    pub(crate) fn new(config: ChainConfig, limits: ClientLimits, gate: Gate, seed: u64) -> Self {
        let upstreams = config.upstreams.iter().map(|upstream| UpstreamSettings {
            name: upstream.name.clone(),
            operator: upstream.operator.clone(),
            cloud: upstream.cloud.clone(),
            client: upstream.client.clone(),
            trusted: upstream.trusted,
            quota: upstream.quota,
        });
        let settings = ChainSettings {
            name: config.name.clone(),
            chain_id: config.id,
            block_time: config.block_time,
            genesis: config.genesis.map(BlockHash),
            retry_budget_percent: config.retry_budget_percent,
            second_opinion_per_mille: config.second_opinion_per_mille,
            forks: config.forks.clone(),
            votes: config.contest.votes,
            lone_dissenter: config.contest.lone_dissenter,
            when_undecided: config.contest.when_undecided,
            upstreams: upstreams.collect(),
        };
        let chain = Chain::new(settings, seed, clock::now());
        let core = Mutex::new(Core { chain, cache: Cache::new(config.cache_bytes) });
        let events = Mutex::new(VecDeque::new());
        let latency = RecentLatency::default();
        let (sharing, probe_now) = (Arc::default(), Notify::new());
        let (evidence, headers) = (EvidenceBook::default(), Headers::default());
        Self {
            config,
            limits,
            core,
            events,
            latency,
            evidence,
            headers,
            sharing,
            seed,
            gate,
            stalled: AtomicBool::new(false),
            probe_now,
        }
    }

    /// The core, for one decision. A panic elsewhere while it was held leaves it usable: every input
    /// is applied whole or the process has already said which invariant broke.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for a kept answer.
    pub(crate) fn look_up(
        &self,
        key: &CacheKey<'_>,
        head: BlockRef,
        question: u64,
        needs: Needs,
    ) -> Looked<Kept> {
        let Core { chain, cache } = &mut *self.core();
        let looked = cache.look_up(chain, key, head, question);
        if let (Looked::Hit { .. }, Needs::Head(block)) = (&looked, needs) {
            chain.on_served(block);
        }
        looked
    }

    /// Keeps an answer if it may be.
    pub(crate) fn keep(&self, permit: Permit, key: &CacheKey<'_>, offer: Offer<Kept>) {
        let Core { chain, cache } = &mut *self.core();
        let _kept = cache.keep(chain, permit, key, offer);
    }

    /// What is kept at this moment.
    pub(crate) fn cache_snapshot(&self) -> CacheSnapshot {
        self.core().cache.snapshot()
    }

    /// The name of an upstream.
    pub(crate) fn upstream_name(&self, id: UpstreamId) -> &str {
        self.config.upstreams.get(id.index()).map_or("?", |upstream| upstream.name.as_str())
    }

    /// Moves the core's new events to the log and to the list that the status page shows.
    pub(crate) fn drain_events(&self) {
        loop {
            let event = self.core().poll_event();
            let Some(event) = event else { return };
            self.log(&event);
        }
    }

    /// The latest events, oldest first.
    pub(crate) fn events(&self) -> Vec<LoggedEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn log(&self, event: &Event) {
        let upstream = event.upstream.map(|id| self.upstream_name(id).to_owned());
        let (kind, chain, text) =
            (event.kind.name(), self.config.name.as_str(), event.text.as_str());
        tracing::info!(kind, chain, upstream = upstream.as_deref().unwrap_or("-"), "{text}");
        let age = clock::now().since(event.at);
        let at = clock::unix_time().minus(age);
        let logged =
            LoggedEvent { at, chain: chain.to_owned(), upstream, kind, text: text.to_owned() };
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= EVENTS_KEPT {
            events.pop_front();
        }
        events.push_back(logged);
    }

    /// How long a call may take in all.
    pub(crate) fn timeout(&self, asked: Option<Span>) -> Span {
        asked.map_or(self.limits.timeout, |asked| asked.min(self.limits.timeout))
    }
}
