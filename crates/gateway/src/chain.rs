//! One chain as the shell holds it: the core behind a lock, and what is around it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{
    BlockHash, Chain, ChainSettings, ChainSnapshot, Event, UpstreamId, UpstreamSettings,
};
use runtime::clock;
use runtime::task::sync::Notify;
use units::Span;

use crate::config::{ChainConfig, ClientLimits};
use crate::latency::RecentLatency;

/// Events kept for the status page.
const EVENTS_KEPT: usize = 256;

/// All chains of a gateway, by name.
pub(crate) type Chains = BTreeMap<String, Arc<ChainShell>>;

/// What is known of each chain at this moment.
pub(crate) fn snapshots(chains: &Chains) -> Vec<(String, ChainSnapshot)> {
    chains.iter().map(|(name, chain)| (name.clone(), chain.core().snapshot(clock::now()))).collect()
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

/// One chain, shared by all worker threads. The core's lock is held for single decisions only, never
/// over an await.
#[derive(Debug)]
pub(crate) struct ChainShell {
    pub(crate) config: ChainConfig,
    pub(crate) limits: ClientLimits,
    core: Mutex<Chain>,
    events: Mutex<VecDeque<LoggedEvent>>,
    /// What clients waited lately.
    pub(crate) latency: RecentLatency,
    /// Wakes the prober: something was learnt that may make a probe due.
    pub(crate) probe_now: Notify,
}

impl ChainShell {
    pub(crate) fn new(config: ChainConfig, limits: ClientLimits, seed: u64) -> Self {
        let upstreams = config.upstreams.iter().map(|upstream| UpstreamSettings {
            name: upstream.name.clone(),
            operator: upstream.operator.clone(),
            cloud: upstream.cloud.clone(),
            client: upstream.client.clone(),
        });
        let settings = ChainSettings {
            name: config.name.clone(),
            chain_id: config.id,
            block_time: config.block_time,
            genesis: config.genesis.map(BlockHash),
            retry_budget_percent: config.retry_budget_percent,
            second_opinion_per_mille: config.second_opinion_per_mille,
            upstreams: upstreams.collect(),
        };
        let core = Mutex::new(Chain::new(settings, seed, clock::now()));
        let events = Mutex::new(VecDeque::new());
        let latency = RecentLatency::default();
        Self { config, limits, core, events, latency, probe_now: Notify::new() }
    }

    /// The core, for one decision. A panic elsewhere while it was held leaves it usable: every input
    /// is applied whole or the process has already said which invariant broke.
    pub(crate) fn core(&self) -> MutexGuard<'_, Chain> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
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
