//! Made-up overviews for this crate's tests.

mod venue;

use crate::model::{
    BlockView, CallCounts, ChainView, LatencyView, Overview, UpstreamState, UpstreamView, Verdict,
};

pub(crate) use venue::{market, price, tape_line, venue};

/// 2026-11-21T08:00:00Z.
pub(crate) const START_MS: u64 = 1_795_248_000_000;

/// A block with a made-up hash.
pub(crate) fn block(number: u64, age_ms: u64) -> BlockView {
    BlockView { number, hash: format!("0x{number:064x}"), age_ms: Some(age_ms) }
}

/// Five upstreams of four operators, all well.
pub(crate) fn upstreams() -> Vec<UpstreamView> {
    let rows = [
        ("harbour", "self", "hetzner/fsn1", "geth/v1.14.0"),
        ("northwind", "northwind", "aws/eu-west-1", "nethermind/v1.29.1"),
        ("meridian", "meridian", "gcp/europe-west4", "geth/v1.14.0"),
        ("lantern", "lantern", "ovh/gra", "erigon/v2.60.0"),
        ("lantern-two", "lantern", "ovh/sbg", "reth/v1.1.0"),
    ];
    let view = |(name, operator, cloud, client): (&str, &str, &str, &str)| UpstreamView {
        name: name.to_owned(),
        state: UpstreamState::Serving,
        reason: "agrees with the others".to_owned(),
        head: Some(block(19_234_567, 2_000)),
        behind_blocks: Some(0),
        client: client.to_owned(),
        operator: operator.to_owned(),
        cloud: cloud.to_owned(),
        latency_us: Some(12_300),
        ..UpstreamView::default()
    };
    rows.into_iter().map(view).collect()
}

/// One healthy chain with [`upstreams`].
pub(crate) fn chain() -> ChainView {
    ChainView {
        name: "ethereum".to_owned(),
        chain_id: 1,
        verdict: Verdict::Healthy,
        verdict_reason: "all agree".to_owned(),
        head: Some(block(19_234_567, 2_000)),
        finalized: Some(block(19_234_500, 804_000)),
        block_time_ms: 12_000,
        endpoints: 5,
        domains: 4,
        calls: CallCounts { total: 1_000, ..CallCounts::default() },
        latency_us: Some(LatencyView { p50: 2_100, p99: 48_000 }),
        upstreams: upstreams(),
        ..ChainView::default()
    }
}

/// [`chain`] at `seconds` after [`START_MS`], with the upstreams named in `out` put out since then.
pub(crate) fn overview(seconds: u64, out: &[(&str, UpstreamState, u64)]) -> Overview {
    let mut chain = chain();
    chain.calls.total += seconds * 100;
    for upstream in &mut chain.upstreams {
        if let Some((_, state, since)) = out.iter().find(|(name, ..)| *name == upstream.name) {
            upstream.state = *state;
            upstream.since_unix_ms = START_MS + since * 1_000;
            let lagging = *state == UpstreamState::Lagging;
            let reason = if lagging {
                "frozen at block 19234500 while others are 67 further"
            } else {
                "cannot connect: connection refused"
            };
            upstream.reason = reason.to_owned();
        }
    }
    if !out.is_empty() {
        chain.verdict = if out.len() == chain.upstreams.len() {
            Verdict::Unreachable
        } else {
            Verdict::Degraded
        };
    }
    Overview {
        at_unix_ms: START_MS + seconds * 1_000,
        version: "0.1.0".to_owned(),
        chains: vec![chain],
        ..Overview::default()
    }
}
