//! The gateway's metrics. Names and labels are listed in ARCHITECTURE.md.

mod admission;
mod cache;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use admission_core::Class;
use gateway_core::{
    AlarmKind, CacheSnapshot, ChainSnapshot, FeeReport, MethodClass, QuotaSnapshot, State, Verdict,
};
use runtime::metrics::counter::Counter;
use runtime::metrics::family::Family;
use runtime::metrics::gauge::Gauge;
use runtime::metrics::histogram::Histogram;
use runtime::metrics::registry::{Registry, Unit};
use units::Span;

use crate::gate::AdmissionSnapshot;
use admission::AdmissionMetrics;
use cache::CacheMeters;

/// How a call ended, as a label.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// With an upstream's answer.
    Answered,
    /// With an answer that was kept.
    Cached,
    /// By the gateway alone, without asking.
    Local,
    /// With an error of the gateway's.
    Refused,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cached => "cached",
            Self::Local => "local",
            Self::Refused => "refused",
        }
    }
}

/// So many labels, as pairs of name and value.
type Labels<const N: usize> = [(&'static str, String); N];

/// A number that is set when the metrics are asked for.
type Level = Gauge<u64, AtomicU64>;

/// The same with a fraction.
type Fraction = Gauge<f64, AtomicU64>;

/// All metrics of the gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    calls: Family<Labels<3>, Counter>,
    durations: Family<Labels<2>, Histogram, fn() -> Histogram>,
    extra: Family<Labels<2>, Level>,
    head: Family<Labels<1>, Level>,
    finalized: Family<Labels<1>, Level>,
    domains: Family<Labels<1>, Level>,
    verdict: Family<Labels<2>, Level>,
    alarms: Family<Labels<2>, Level>,
    forks: Family<Labels<2>, Level>,
    quota_used: Family<Labels<3>, Level>,
    quota_limit: Family<Labels<3>, Level>,
    fee_wei: Family<Labels<2>, Level>,
    fee_stress: Family<Labels<1>, Fraction>,
    state: Family<Labels<3>, Level>,
    upstream_head: Family<Labels<2>, Level>,
    upstream_calls: Family<Labels<2>, Level>,
    upstream_failures: Family<Labels<2>, Level>,
    version: Family<Labels<4>, Level>,
    opinions: Family<Labels<2>, Level>,
    wrong_answers: Family<Labels<3>, Level>,
    cache: CacheMeters,
    admission: AdmissionMetrics,
}

/// From half a millisecond, in doublings, to the longest a call may take by default.
const BUCKETS: [f64; 15] = [
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0,
    8.0,
];

impl Metrics {
    pub(crate) fn new() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BUCKETS);
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("seawall_gateway")),
            calls: Family::default(),
            durations: Family::new_with_constructor(durations),
            extra: Family::default(),
            head: Family::default(),
            finalized: Family::default(),
            domains: Family::default(),
            verdict: Family::default(),
            alarms: Family::default(),
            forks: Family::default(),
            quota_used: Family::default(),
            quota_limit: Family::default(),
            fee_wei: Family::default(),
            fee_stress: Family::default(),
            state: Family::default(),
            upstream_head: Family::default(),
            upstream_calls: Family::default(),
            upstream_failures: Family::default(),
            version: Family::default(),
            opinions: Family::default(),
            wrong_answers: Family::default(),
            cache: CacheMeters::default(),
            admission: AdmissionMetrics::new(),
        };
        metrics.register();
        metrics
    }

    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.cache.register(&mut registry);
        registry.register("calls", "Client calls by how they ended", self.calls.clone());
        registry.register_with_unit(
            "call_duration",
            "Time from reading a call to its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "events_since_start",
            "Forwarded calls, retries, hedges, trials, reorgs",
            self.extra.clone(),
        );
        registry.register("head_number", "Agreed head", self.head.clone());
        registry.register("finalized_number", "Agreed finalized block", self.finalized.clone());
        registry.register(
            "domains_serving",
            "Independent domains with a serving upstream",
            self.domains.clone(),
        );
        registry.register("verdict", "1 for the verdict that holds", self.verdict.clone());
        registry.register(
            "fork_unready_upstreams",
            "Upstreams whose version does not know the fork",
            self.forks.clone(),
        );
        registry.register(
            "upstream_quota_used",
            "Requests to the upstream in the last second and the last 24 hours, probes included",
            self.quota_used.clone(),
        );
        registry.register(
            "upstream_quota_limit",
            "Requests that the upstream bears, declared or learned; absent where there is no limit",
            self.quota_limit.clone(),
        );
        registry.register(
            "fee_wei",
            "Most to offer a unit of gas for inclusion within so many blocks; absent while not known",
            self.fee_wei.clone(),
        );
        registry.register(
            "fee_stress",
            "Price for the next block by the last day's median; absent while not known",
            self.fee_stress.clone(),
        );
        registry.register("alarms", "Alarms that hold, by kind", self.alarms.clone());
        registry.register(
            "upstream_state",
            "1 for the state that the upstream is in",
            self.state.clone(),
        );
        registry.register(
            "upstream_head_number",
            "The upstream's own head",
            self.upstream_head.clone(),
        );
        registry.register(
            "upstream_calls_since_start",
            "Calls sent to the upstream",
            self.upstream_calls.clone(),
        );
        registry.register(
            "upstream_failures_since_start",
            "Calls the upstream failed",
            self.upstream_failures.clone(),
        );
        self.register_findings(&mut registry);
        self.admission.register(&mut registry);
    }

    /// Where a chain's waits for a place are recorded, by importance.
    pub(crate) fn queue_delays(&self, chain: &str) -> [Histogram; Class::ALL.len()] {
        self.admission.queue_delays(chain)
    }

    fn register_findings(&self, registry: &mut Registry) {
        registry.register("upstream_version", "1, with the version as label", self.version.clone());
        registry.register(
            "opinions_since_start",
            "Answers asked for again of another domain, by what came of it",
            self.opinions.clone(),
        );
        registry.register(
            "upstream_wrong_answers_since_start",
            "Wrong answers of the upstream, by the check that they failed",
            self.wrong_answers.clone(),
        );
    }

    /// The metrics as text, with the gauges set from the snapshots.
    pub(crate) fn render(
        &self,
        snapshots: &[(String, ChainSnapshot)],
        caches: &[(String, CacheSnapshot, u64)],
        admissions: &[(String, AdmissionSnapshot)],
    ) -> String {
        // Held from here on, so that of two who ask at once neither sees the other's half-set gauges.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // An upstream has one version, not all that it ever had.
        self.version.clear();
        // An old price must not pass for a new one.
        self.fee_wei.clear();
        self.fee_stress.clear();
        // A limit that was learned is forgotten again.
        self.quota_limit.clear();
        for (chain, snapshot) in snapshots {
            self.set_chain(chain, snapshot);
            self.set_fees(chain, &snapshot.fees);
            self.set_upstreams(chain, snapshot);
            self.admission.set_limits(chain, snapshot);
        }
        admissions.iter().for_each(|(chain, admission)| self.admission.set(chain, admission));
        caches.iter().for_each(|(chain, cache, shared)| self.cache.set(chain, cache, *shared));
        runtime::metrics::render(&registry)
    }

    fn set_chain(&self, chain: &str, snapshot: &ChainSnapshot) {
        let labels = [("chain", chain.to_owned())];
        let kind = |kind: &str| [("chain", chain.to_owned()), ("kind", kind.to_owned())];
        let number = |block: Option<gateway_core::BlockRef>| block.map_or(0, |block| block.number);
        self.head.get_or_create(&labels).set(number(snapshot.head));
        self.finalized.get_or_create(&labels).set(number(snapshot.finalized));
        self.domains.get_or_create(&labels).set(snapshot.domains_serving as u64);
        let verdicts = [
            Verdict::Healthy,
            Verdict::Degraded,
            Verdict::Split,
            Verdict::Undecided,
            Verdict::Stalled,
            Verdict::Unreachable,
        ];
        for verdict in verdicts {
            self.verdict
                .get_or_create(&kind(verdict.name()))
                .set(u64::from(verdict == snapshot.verdict));
        }
        for alarm in AlarmKind::ALL {
            let held = snapshot.alarms.iter().filter(|held| held.kind == alarm).count();
            self.alarms.get_or_create(&kind(alarm.name())).set(held as u64);
        }
        for fork in &snapshot.forks {
            let labels = [labels[0].clone(), ("fork", fork.name.clone())];
            self.forks.get_or_create(&labels).set(fork.unready.len() as u64);
        }
        let opinions = snapshot.opinions;
        for (outcome, count) in [
            ("same", opinions.same),
            ("different", opinions.different),
            ("incomparable", opinions.incomparable),
            ("unanswered", opinions.unanswered),
        ] {
            let labels = [("chain", chain.to_owned()), ("outcome", outcome.to_owned())];
            self.opinions.get_or_create(&labels).set(count);
        }
        let counts = snapshot.counts;
        let counters = [
            ("calls", counts.calls),
            ("answered", counts.answered),
            ("refused", counts.refused),
            ("retries", counts.retries),
            ("hedges", counts.hedges),
            ("hedges_won", counts.hedges_won),
            ("trials", counts.trials),
            ("reorgs", counts.reorgs),
        ];
        counters.into_iter().for_each(|(name, count)| {
            self.extra.get_or_create(&kind(name)).set(count);
        });
    }

    fn set_fees(&self, chain: &str, fees: &FeeReport) {
        let chain = ("chain", chain.to_owned());
        for offer in fees.quote.filter(|_| fees.fresh).iter().flat_map(|quote| quote.inclusion) {
            let labels = [chain.clone(), ("blocks", offer.blocks.to_string())];
            let wei = u64::try_from(offer.max_fee).unwrap_or(u64::MAX);
            self.fee_wei.get_or_create(&labels).set(wei);
        }
        if let Some(stress) = fees.stress {
            // Four million times the usual price is as much as any graph shows.
            let milli = u32::try_from(stress.multiple_milli).unwrap_or(u32::MAX);
            self.fee_stress.get_or_create(&[chain]).set(f64::from(milli) / 1_000.0);
        }
    }

    fn set_quota(&self, of: &Labels<2>, quota: QuotaSnapshot) {
        let levels = [
            ("second", quota.second_used, quota.second_limit),
            ("day", quota.day_used, quota.day_limit),
        ];
        for (per, used, limit) in levels {
            let labels = [of[0].clone(), of[1].clone(), ("per", per.to_owned())];
            self.quota_used.get_or_create(&labels).set(used);
            if let Some(limit) = limit {
                self.quota_limit.get_or_create(&labels).set(limit);
            }
        }
    }

    fn set_upstreams(&self, chain: &str, snapshot: &ChainSnapshot) {
        let states = [
            State::Serving,
            State::Lagging,
            State::Probation,
            State::Quarantined,
            State::Rejected,
            State::Unreachable,
        ];
        for upstream in &snapshot.upstreams {
            let of_chain = ("chain", chain.to_owned());
            let of_upstream = ("upstream", upstream.name.clone());
            let labels = [of_chain.clone(), of_upstream.clone()];
            self.upstream_head
                .get_or_create(&labels)
                .set(upstream.head.map_or(0, |head| head.number));
            self.set_quota(&labels, upstream.quota);
            self.upstream_calls.get_or_create(&labels).set(upstream.calls);
            self.upstream_failures.get_or_create(&labels).set(upstream.failures);
            for (check, count) in &upstream.wrong_answers {
                let check = ("check", (*check).to_owned());
                let labels = [of_chain.clone(), of_upstream.clone(), check];
                self.wrong_answers.get_or_create(&labels).set(*count);
            }
            for state in states {
                let labels =
                    [of_chain.clone(), of_upstream.clone(), ("state", state.name().to_owned())];
                self.state.get_or_create(&labels).set(u64::from(state == upstream.state));
            }
            let known =
                |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
            let (client, version) =
                (("client", known(&upstream.client)), ("version", known(&upstream.version)));
            self.version.get_or_create(&[of_chain, of_upstream, client, version]).set(1);
        }
    }
}

/// The meters of one chain's calls. Each is looked up by its labels once; from then on a call is counted
/// without a copy of a name and without a look at the tables that all threads share.
#[derive(Debug)]
pub(crate) struct CallMeters {
    metrics: Arc<Metrics>,
    chain: String,
    classes: [ClassMeters; MethodClass::ALL.len()],
}

#[derive(Debug, Default)]
struct ClassMeters {
    durations: OnceLock<Histogram>,
    /// In the order of [`Outcome`].
    calls: [OnceLock<Counter>; 3],
}

impl CallMeters {
    pub(crate) fn new(metrics: &Arc<Metrics>, chain: &str) -> Self {
        Self { metrics: Arc::clone(metrics), chain: chain.to_owned(), classes: Default::default() }
    }

    /// Counts one call of a client.
    pub(crate) fn count(&self, class: MethodClass, outcome: Outcome, took: Span) {
        let Some(meters) = self.classes.get(class as usize) else { return };
        let labels = || [("chain", self.chain.clone()), ("class", class.name().to_owned())];
        let durations =
            meters.durations.get_or_init(|| self.metrics.durations.get_or_create_owned(&labels()));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a histogram of seconds needs no more than 53 bits"
        )]
        durations.observe(took.as_micros() as f64 / 1e6);
        let Some(calls) = meters.calls.get(outcome as usize) else { return };
        let calls = calls.get_or_init(|| {
            let [chain, class] = labels();
            let outcome = ("outcome", outcome.name().to_owned());
            self.metrics.calls.get_or_create_owned(&[chain, class, outcome])
        });
        calls.inc();
    }
}
