//! What concerns more than one value: names twice, addresses twice, too few operators.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gateway_core::probes_per_day;
use units::Span;

use super::chains;
use super::gateway::{ChainDraft, GatewayDraft, Url};
use super::oracle::OracleDraft;
use super::reader::{Found, twice};
use super::report::Report;
use super::status::StatusDraft;
use super::value::span_text;
use super::venue::VenueDraft;

/// After this long viem gives up by itself, and hears no reason.
const CLIENT_PATIENCE: Span = Span::from_secs(10);

/// The parts as far as they could be read.
pub(super) struct Drafts<'a> {
    /// The gateway.
    pub gateway: Option<&'a GatewayDraft>,
    /// The oracle.
    pub oracle: Option<&'a OracleDraft>,
    /// The venue, whose clients prove who they are.
    pub venue: Option<&'a VenueDraft>,
    /// The status page.
    pub status: Option<&'a StatusDraft>,
}

/// Checks what was read as a whole.
pub(super) fn check(parts: &Drafts<'_>, report: &mut Report<'_>) {
    let &Drafts { gateway, oracle, venue, status } = parts;
    let status_listen = status.and_then(|status| status.listen.as_ref());
    let gateway_listen = gateway.and_then(|gateway| gateway.listen.as_ref());
    let oracle_listen = oracle.and_then(|oracle| oracle.listen.as_ref());
    let venue_listen = venue.and_then(|venue| venue.listen.as_ref());
    let open: Vec<&Found<SocketAddr>> =
        gateway_listen.into_iter().chain(oracle_listen).chain(status_listen).collect();
    open.iter().for_each(|listener| reachable(listener, report));
    let listeners: Vec<&Found<SocketAddr>> = open.into_iter().chain(venue_listen).collect();
    for (place, listener) in listeners.iter().enumerate() {
        // The first that it collides with is enough.
        let before = listeners.iter().take(place);
        if let Some(first) = before.into_iter().find(|first| collide(first, listener)) {
            collision(first, listener, report);
        }
    }
    let Some(gateway) = gateway else { return };
    if let Some(timeout) =
        gateway.timeout.as_ref().filter(|timeout| timeout.value > CLIENT_PATIENCE)
    {
        let message =
            "some clients give up after 10s and then never hear the reason; 8s is the default";
        report.warning(&timeout.place, message);
    }
    let names = gateway.chains.iter().filter_map(|chain| chain.name.as_ref());
    twice(names, |name| format!("{name:?}"), "chains", report);
    let ids = gateway.chains.iter().filter_map(|chain| chain.id.as_ref());
    twice(ids, u64::to_string, "chains", report);
    urls(gateway, report);
    for chain in &gateway.chains {
        let names = chain.upstreams.iter().filter_map(|upstream| upstream.name.as_ref());
        twice(names, |name| format!("{name:?}"), "upstreams of the chain", report);
        let forks = chain.forks.iter().filter_map(|fork| fork.name.as_ref());
        twice(forks, |name| format!("{name:?}"), "forks of the chain", report);
        operators(chain, report);
        hosts(chain, report);
        block_time(chain, report);
        quotas(chain, report);
    }
}

fn reachable(listener: &Found<SocketAddr>, report: &mut Report<'_>) {
    if !listener.value.ip().is_loopback() {
        let message = format!(
            "{} is reachable from outside this machine and there is no authentication; \
             put a proxy that authenticates in front, or listen on 127.0.0.1:{}",
            listener.value,
            listener.value.port()
        );
        report.warning(&listener.place, message);
    }
}

/// Whether two parts cannot both listen where they want to.
fn collide(first: &Found<SocketAddr>, second: &Found<SocketAddr>) -> bool {
    let (one, other) = (first.value, second.value);
    let overlap =
        one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && overlap
}

fn collision(first: &Found<SocketAddr>, second: &Found<SocketAddr>, report: &mut Report<'_>) {
    let (one, other) = (first.value, second.value);
    let message =
        format!("{other} collides with {} = \"{one}\"; accepted: another port", first.place.key);
    report.mistake(&second.place, message);
}

/// One URL under two upstreams is one node that counts as two.
fn urls(gateway: &GatewayDraft, report: &mut Report<'_>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let upstreams = gateway.chains.iter().flat_map(|chain| &chain.upstreams);
    for url in upstreams.flat_map(|upstream| [&upstream.http, &upstream.ws]).flatten() {
        let Url { text, endpoint } = &url.value;
        if let Some(first) = seen.get(text.as_str()) {
            let message = format!(
                "{} is the same URL as {first}; one node cannot stand in for itself",
                endpoint.masked()
            );
            report.warning(&url.place, message);
        } else {
            seen.insert(text, &url.place.key);
        }
    }
}

/// Votes are counted per operator, so their number and their names matter.
fn operators(chain: &ChainDraft, report: &mut Report<'_>) {
    let mut counts: BTreeMap<String, (usize, &Found<String>)> = BTreeMap::new();
    for operator in chain.upstreams.iter().filter_map(|upstream| upstream.operator.as_ref()) {
        let entry = counts.entry(operator.value.to_lowercase()).or_insert((0, operator));
        entry.0 += 1;
        if entry.1.value != operator.value {
            let message = format!(
                "{:?} and {:?} ({}) differ in capitals only and count as two operators; write both the same",
                operator.value, entry.1.value, entry.1.place.key
            );
            report.warning(&operator.place, message);
        }
    }
    let total: usize = counts.values().map(|(count, _)| count).sum();
    if total < chain.upstreams.len() || total == 0 {
        return;
    }
    if counts.len() < 3 {
        let operators = if counts.len() == 1 { "1 operator" } else { "2 operators" };
        let message = format!(
            "{operators} cannot outvote one that is wrong; with 3 or more the majority decides"
        );
        report.warning(&chain.place, message);
    } else if let Some((count, operator)) = counts.values().find(|(count, _)| count * 2 > total) {
        let message = format!(
            "{:?} runs {count} of {total} upstreams and takes more than half with it when it fails",
            operator.value
        );
        report.warning(&chain.place, message);
    }
}

/// Two operators at one host are most likely one.
fn hosts(chain: &ChainDraft, report: &mut Report<'_>) {
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for upstream in &chain.upstreams {
        let (Some(http), Some(operator)) = (&upstream.http, &upstream.operator) else { continue };
        let host = http.value.endpoint.masked();
        let entry = seen.entry(host.clone()).or_insert((&operator.value, &operator.place.key));
        if !entry.0.eq_ignore_ascii_case(&operator.value) {
            let message = format!(
                "{host} is also at {} under operator {:?}; endpoints that fail together are one operator",
                entry.1, entry.0
            );
            report.warning(&operator.place, message);
        }
    }
}

/// Probes count against a quota, too; one that they use up leaves nothing for calls.
fn quotas(chain: &ChainDraft, report: &mut Report<'_>) {
    let given = chain.block_time.as_ref().map(|found| found.value);
    let known = || chain.id.as_ref().and_then(|id| chains::block_time(id.value));
    let Some(block_time) = given.or_else(known) else { return };
    let probes = probes_per_day(block_time);
    for limit in chain.upstreams.iter().filter_map(|upstream| upstream.per_day.as_ref()) {
        if limit.value < probes.saturating_mul(2) {
            let message = format!(
                "of these the probes alone take about {probes}: four looks at the head a block, and more"
            );
            report.warning(&limit.place, message);
        }
    }
}

/// A block time far from what is known makes a live chain look dead, or a dead one alive.
fn block_time(chain: &ChainDraft, report: &mut Report<'_>) {
    let (Some(id), Some(given)) = (&chain.id, &chain.block_time) else { return };
    let Some(known) = chains::block_time(id.value) else { return };
    if given.value > known.times(3) || given.value.times(3) < known {
        let message = format!(
            "{} is far from the {} that chain {} is known for; what \"late\" means is counted in it",
            span_text(given.value),
            span_text(known),
            id.value
        );
        report.warning(&given.place, message);
    }
}
