//! From the gateway's snapshots to what the status page shows.

use gateway::config::ChainConfig;
use gateway::{AdmissionSnapshot, ClientLatency, Gateway, LoggedEvent};
use gateway_core::{
    BlockRef, Branch, ChainSnapshot, ForkSnapshot, QuotaSnapshot, State, UpstreamSnapshot, Verdict,
    VerdictChange,
};
use oracle::Published;
use runtime::clock;
use status::{
    BlockView, BranchStanding, BranchView, CallCounts, ChainView, ControlView, EventView, ForkView,
    GrowthView, LatencyView, Overview, PlacesView, QuotaView, UpstreamState, UpstreamView,
    VenueView, VerdictEntry,
};
use units::{Span, Timestamp};

use crate::prices::prices;

/// How long after the start no head is no news.
const START: Span = Span::from_secs(5);

/// Everything the page shows at this moment. `chains` are the configured ones, in the file's order; `published` is what
/// the oracle gives, `venue` how the venue stands.
pub(crate) fn overview(
    gateway: Option<&Gateway>,
    chains: &[ChainConfig],
    published: Option<&Published>,
    notices: Vec<String>,
    controls: Vec<ControlView>,
    venue: Option<VenueView>,
) -> Overview {
    let views = gateway.map_or_else(Vec::new, |gateway| chain_views(gateway, chains));
    Overview {
        at_unix_ms: clock::unix_time().as_millis(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        chains: views,
        prices: published.map_or_else(Vec::new, prices),
        venue,
        notices,
        controls,
    }
}

fn chain_views(gateway: &Gateway, chains: &[ChainConfig]) -> Vec<ChainView> {
    let (snapshots, latencies) = (gateway.snapshots(), gateway.latencies());
    let admissions = gateway.admissions();
    let views = chains.iter().filter_map(|config| {
        let (_, snapshot) = snapshots.iter().find(|(name, _)| *name == config.name)?;
        let latency = latencies
            .iter()
            .find(|(name, _)| *name == config.name)
            .and_then(|(_, latency)| *latency);
        let admission = admissions.iter().find(|(name, _)| *name == config.name);
        let mut view = chain(config, snapshot, latency);
        view.places = admission.map(|(_, admission)| places(admission));
        Some(view)
    });
    views.collect()
}

/// Events as the page shows them.
pub(crate) fn event(event: LoggedEvent) -> EventView {
    EventView {
        at_unix_ms: event.at.as_millis(),
        chain: event.chain,
        upstream: event.upstream,
        kind: event.kind.to_owned(),
        text: event.text,
    }
}

fn chain(
    config: &ChainConfig,
    snapshot: &ChainSnapshot,
    latency: Option<ClientLatency>,
) -> ChainView {
    let head_number = snapshot.head.map(|head| head.number);
    let branches = snapshot.branches.iter();
    ChainView {
        name: config.name.clone(),
        chain_id: config.id,
        verdict: if is_starting(snapshot) {
            status::Verdict::Unknown
        } else {
            verdict(snapshot.verdict)
        },
        verdict_reason: snapshot.verdict_reason.clone(),
        head: snapshot.head.map(|head| block(head, age_of(snapshot.head_timestamp))),
        finalized: snapshot.finalized.map(|block_ref| block(block_ref, None)),
        fork: snapshot.fork.map(|block_ref| block(block_ref, None)),
        branches: branches.map(|it| branch(it, snapshot)).collect(),
        verdicts: snapshot.history.iter().map(|it| verdict_entry(it, snapshot)).collect(),
        block_time_ms: config.block_time.as_millis(),
        endpoints: snapshot.upstreams.len(),
        domains: snapshot.domains,
        warnings: snapshot.warnings.clone(),
        calls: CallCounts {
            total: snapshot.counts.calls,
            failed: snapshot.counts.refused,
            retried: snapshot.counts.retries,
            hedged: snapshot.counts.hedges,
        },
        latency_us: latency.map(|latency| LatencyView {
            p50: latency.p50.as_micros(),
            p99: latency.p99.as_micros(),
        }),
        places: None,
        forks: snapshot.forks.iter().map(fork).collect(),
        upstreams: snapshot
            .upstreams
            .iter()
            .map(|known| upstream(known, snapshot, head_number))
            .collect(),
    }
}

fn places(admission: &AdmissionSnapshot) -> PlacesView {
    PlacesView {
        places: admission.places,
        taken: admission.taken,
        waiting: admission.waiting.try_into().unwrap_or(u64::MAX),
        shed: admission.shed,
    }
}

fn fork(fork: &ForkSnapshot) -> ForkView {
    ForkView {
        name: fork.name.clone(),
        block: fork.block,
        in_ms: fork.in_secs.map(|secs| Span::from_secs(secs).as_millis()),
        has_come: fork.has_come,
        unready: fork.unready.clone(),
        unknown: fork.unknown.clone(),
    }
}

const fn quota(quota: QuotaSnapshot) -> QuotaView {
    let QuotaSnapshot { second_used, second_limit, learned, day_used, day_limit } = quota;
    QuotaView { second_used, second_limit, learned, day_used, day_limit }
}

fn branch(branch: &Branch, chain: &ChainSnapshot) -> BranchView {
    let parted_at = chain.contest.as_ref().map(|contest| contest.parted_at);
    BranchView {
        head: block(branch.head, None),
        first: branch.first.map(|first| block(first, None)),
        voters: branch.voters.clone(),
        weight_milli: branch.weight_milli,
        standing: standing(branch.standing),
        growth: parted_at.map(|parted_at| GrowthView {
            blocks: branch.blocks,
            due: branch.due,
            over_ms: chain.at.since(parted_at).as_millis(),
        }),
    }
}

fn verdict_entry(change: &VerdictChange, chain: &ChainSnapshot) -> VerdictEntry {
    let ago = chain.at.since(change.at);
    VerdictEntry {
        at_unix_ms: clock::unix_time().minus(ago).as_millis(),
        verdict: verdict(change.verdict),
        reason: change.reason.clone(),
    }
}

fn upstream(
    upstream: &UpstreamSnapshot,
    chain: &ChainSnapshot,
    agreed: Option<u64>,
) -> UpstreamView {
    // An upstream that was never heard from has been so since before the clock began.
    let known_since = Some(upstream.since).filter(|since| *since != Timestamp::ZERO);
    let since_unix_ms =
        known_since.map_or(0, |since| clock::unix_time().minus(chain.at.since(since)).as_millis());
    // How far another branch is says nothing of how far it is behind ours.
    let comparable = !matches!(upstream.state, State::Quarantined | State::Rejected);
    let behind_blocks = agreed
        .zip(upstream.head)
        .filter(|_| comparable)
        .map(|(agreed, head)| agreed.saturating_sub(head.number));
    UpstreamView {
        name: upstream.name.clone(),
        state: state(upstream.state),
        reason: upstream.reason.clone(),
        since_unix_ms,
        head: upstream.head.map(|head| block(head, None)),
        behind_blocks,
        client: upstream.version.clone().or_else(|| upstream.client.clone()).unwrap_or_default(),
        family: upstream.client.clone().unwrap_or_default(),
        operator: upstream.operator.clone(),
        cloud: upstream.cloud.clone().unwrap_or_default(),
        latency_us: upstream.latency.map(Span::as_micros),
        failing_classes: upstream.ejected.iter().map(|class| class.name().to_owned()).collect(),
        under_way: upstream.in_flight,
        room: upstream.room,
        quota: quota(upstream.quota),
        calls: upstream.calls,
        failures: upstream.failures,
    }
}

fn block(block: BlockRef, age_ms: Option<u64>) -> BlockView {
    BlockView { number: block.number, hash: block.hash.to_string(), age_ms }
}

/// How long ago a block says it was made.
fn age_of(timestamp: Option<u64>) -> Option<u64> {
    Some(clock::unix_time().minus(Span::from_secs(timestamp?)).as_millis())
}

/// Whether the first answers may still be on their way: that is no outage.
fn is_starting(snapshot: &ChainSnapshot) -> bool {
    snapshot.head.is_none() && snapshot.at.since(snapshot.head_moved_at) < START
}

const fn verdict(verdict: Verdict) -> status::Verdict {
    match verdict {
        Verdict::Healthy => status::Verdict::Healthy,
        Verdict::Degraded => status::Verdict::Degraded,
        Verdict::Split => status::Verdict::Split,
        Verdict::Undecided => status::Verdict::Undecided,
        Verdict::Stalled => status::Verdict::Stalled,
        Verdict::Unreachable => status::Verdict::Unreachable,
    }
}

const fn standing(standing: gateway_core::BranchStanding) -> BranchStanding {
    match standing {
        gateway_core::BranchStanding::Agreed => BranchStanding::Agreed,
        gateway_core::BranchStanding::Winner => BranchStanding::Winner,
        gateway_core::BranchStanding::Loser => BranchStanding::Loser,
        gateway_core::BranchStanding::Outlier => BranchStanding::Outlier,
        gateway_core::BranchStanding::Contested => BranchStanding::Contested,
    }
}

const fn state(state: State) -> UpstreamState {
    match state {
        State::Serving => UpstreamState::Serving,
        State::Lagging => UpstreamState::Lagging,
        State::Probation => UpstreamState::Probation,
        State::Quarantined => UpstreamState::Quarantined,
        State::Rejected => UpstreamState::Rejected,
        State::Unreachable => UpstreamState::Unreachable,
    }
}
