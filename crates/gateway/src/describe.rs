//! `GET /v1/chains/NAME`: what is known of a chain, as JSON.

use gateway_core::{
    BlockRef, ChainSnapshot, ForkSnapshot, QuotaSnapshot, UpstreamSnapshot, VersionShare,
};
use serde::Serialize;

use crate::gate::AdmissionSnapshot;

#[derive(Serialize)]
struct Block {
    number: u64,
    hash: String,
}

#[derive(Serialize)]
struct Branch<'a> {
    head: Block,
    first: Option<Block>,
    standing: &'static str,
    voters: &'a [String],
    weight: f64,
    blocks: u64,
    due: u64,
}

#[derive(Serialize)]
struct Contest<'a> {
    fork: Block,
    decided_by: Option<&'static str>,
    reason: &'a str,
    served_before: u64,
}

#[derive(Serialize)]
struct VerdictChange<'a> {
    verdict: &'static str,
    reason: &'a str,
    seconds_ago: u64,
}

#[derive(Serialize)]
struct Upstream<'a> {
    name: &'a str,
    state: &'static str,
    head: Option<Block>,
    client: Option<&'a str>,
    version: Option<&'a str>,
    operator: &'a str,
    cloud: Option<&'a str>,
    reason: &'a str,
    latency_us: Option<u64>,
    out_for: Vec<&'static str>,
    under_way: u32,
    places: Option<u32>,
    quota: Quota,
}

#[derive(Serialize)]
struct Quota {
    second_used: u64,
    second_limit: Option<u64>,
    learned: bool,
    day_used: u64,
    day_limit: Option<u64>,
}

#[derive(Serialize)]
struct Admission {
    places: u32,
    taken: u32,
    waiting: usize,
    shed: u64,
}

#[derive(Serialize)]
struct Version<'a> {
    client: &'a str,
    version: &'a str,
    weight: f64,
    upstreams: &'a [String],
}

#[derive(Serialize)]
struct Fork<'a> {
    name: &'a str,
    block: Option<u64>,
    in_secs: Option<u64>,
    has_come: bool,
    unready: &'a [String],
    unknown: &'a [String],
}

#[derive(Serialize)]
struct Chain<'a> {
    chain: &'a str,
    verdict: &'static str,
    reason: &'a str,
    head: Option<Block>,
    safe: Option<Block>,
    finalized: Option<Block>,
    fork: Option<Block>,
    domains: usize,
    domains_serving: usize,
    branches: Vec<Branch<'a>>,
    contested: bool,
    contest: Option<Contest<'a>>,
    history: Vec<VerdictChange<'a>>,
    warnings: &'a [String],
    versions: Vec<Version<'a>>,
    forks: Vec<Fork<'a>>,
    admission: Admission,
    upstreams: Vec<Upstream<'a>>,
}

/// The JSON text of what is known of a chain, and of who is let in.
pub(crate) fn chain_json(
    name: &str,
    snapshot: &ChainSnapshot,
    admission: &AdmissionSnapshot,
) -> String {
    let branches = snapshot.branches.iter().map(|branch| Branch {
        head: block(branch.head),
        first: branch.first.map(block),
        standing: branch.standing.name(),
        blocks: branch.blocks,
        due: branch.due,
        voters: &branch.voters,
        weight: votes(branch.weight_milli),
    });
    let chain = Chain {
        chain: name,
        verdict: snapshot.verdict.name(),
        reason: &snapshot.verdict_reason,
        head: snapshot.head.map(block),
        safe: snapshot.safe.map(block),
        finalized: snapshot.finalized.map(block),
        fork: snapshot.fork.map(block),
        domains: snapshot.domains,
        domains_serving: snapshot.domains_serving,
        branches: branches.collect(),
        contested: snapshot.contested,
        contest: snapshot.contest.as_ref().map(|contest| Contest {
            fork: block(contest.fork),
            decided_by: contest.ground.map(gateway_core::Ground::name),
            reason: &contest.reason,
            served_before: contest.served_before,
        }),
        history: snapshot
            .history
            .iter()
            .map(|change| VerdictChange {
                verdict: change.verdict.name(),
                reason: &change.reason,
                seconds_ago: snapshot.at.since(change.at).as_secs(),
            })
            .collect(),
        warnings: &snapshot.warnings,
        versions: snapshot.versions.iter().map(version).collect(),
        forks: snapshot.forks.iter().map(fork).collect(),
        admission: Admission {
            places: admission.places,
            taken: admission.taken,
            waiting: admission.waiting,
            shed: admission.shed,
        },
        upstreams: snapshot.upstreams.iter().map(upstream).collect(),
    };
    serde_json::to_string(&chain).unwrap_or_else(|error| format!(r#"{{"error":"{error}"}}"#))
}

fn upstream(upstream: &UpstreamSnapshot) -> Upstream<'_> {
    Upstream {
        name: &upstream.name,
        state: upstream.state.name(),
        head: upstream.head.map(block),
        client: upstream.client.as_deref(),
        version: upstream.version.as_deref(),
        operator: &upstream.operator,
        cloud: upstream.cloud.as_deref(),
        reason: &upstream.reason,
        latency_us: upstream.latency.map(units::Span::as_micros),
        under_way: upstream.in_flight,
        places: upstream.room,
        quota: quota(upstream.quota),
        out_for: upstream.ejected.iter().map(|class| class.name()).collect(),
    }
}

const fn quota(quota: QuotaSnapshot) -> Quota {
    let QuotaSnapshot { second_used, second_limit, learned, day_used, day_limit } = quota;
    Quota { second_used, second_limit, learned, day_used, day_limit }
}

fn version(share: &VersionShare) -> Version<'_> {
    Version {
        client: &share.client,
        version: &share.version,
        weight: votes(share.weight_milli),
        upstreams: &share.upstreams,
    }
}

fn fork(fork: &ForkSnapshot) -> Fork<'_> {
    Fork {
        name: &fork.name,
        block: fork.block,
        in_secs: fork.in_secs,
        has_come: fork.has_come,
        unready: &fork.unready,
        unknown: &fork.unknown,
    }
}

/// A weight in operators' votes.
#[expect(clippy::cast_precision_loss, reason = "thousandths of at most 64 votes")]
fn votes(milli: u64) -> f64 {
    milli as f64 / 1_000.0
}

fn block(block: BlockRef) -> Block {
    Block { number: block.number, hash: block.hash.to_string() }
}
