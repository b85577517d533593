//! One chain: its facts, its strips and its upstreams.

use maud::{Markup, html};

use super::{Parts, fork, icon, pill, verdicts, versions};
use crate::board::Board;
use crate::charts;
use crate::clients::Client;
use crate::component::{ComponentKey, ComponentStatus, Severity};
use crate::model::{ChainView, PlacesView, UpstreamState, UpstreamView, Verdict};
use crate::text;
use crate::verdict::operators;

/// Longest reason in the table, in characters.
const REASON_CHARS_MAX: usize = 240;

pub(super) fn section(parts: &mut Parts, board: &Board, chain: &ChainView, charts: bool) -> Markup {
    let id = ComponentKey::chain(chain).id();
    let heading = parts.add(format!("heading-{id}"), heading(chain, &id));
    let facts = parts.add(format!("facts-{id}"), facts(board, chain, &id));
    let strips = parts.add(format!("strips-{id}"), strips(board, chain, &id));
    let warnings = parts.add(format!("warnings-{id}"), warnings(chain, &id));
    let fork = parts.add(format!("fork-{id}"), fork::figure(chain, &id));
    let versions = parts.add(format!("versions-{id}"), versions::section(chain, &id));
    let verdicts = parts.add(format!("verdicts-{id}"), verdicts::section(board, chain, &id));
    let histories = chain
        .upstreams
        .iter()
        .filter_map(|it| board.history.component(&ComponentKey::upstream(chain, it)));
    let slowest = charts::slowest(histories);
    let rows: Vec<Markup> = chain
        .upstreams
        .iter()
        .map(|upstream| {
            let row_id = ComponentKey::upstream(chain, upstream).id();
            parts.add(
                format!("row-{row_id}"),
                row(board, chain, upstream, charts.then_some(slowest)),
            )
        })
        .collect();
    html! {
        section .card .chain aria-labelledby=(format!("heading-{id}")) {
            (heading) (facts) (strips) (warnings) (fork)
            div .scroll {
                table role="table" {
                    caption .quiet { "Upstreams of " (text::tidy(&chain.name, 80)) }
                    thead role="rowgroup" {
                        tr role="row" {
                            th role="columnheader" scope="col" { "Upstream" }
                            th role="columnheader" scope="col" { "State" }
                            th role="columnheader" scope="col" { "Reason" }
                            th role="columnheader" scope="col" { "Head" }
                            th role="columnheader" scope="col" { "Latency" }
                            th role="columnheader" scope="col" { "Load" }
                            @if charts { th role="columnheader" scope="col" { "Last hour" } }
                        }
                    }
                    tbody role="rowgroup" { @for row in &rows { (row) } }
                }
            }
            div .beside { (versions) (verdicts) }
        }
    }
}

fn heading(chain: &ChainView, id: &str) -> Markup {
    html! {
        h2 id=(format!("heading-{id}")) {
            (text::tidy(&chain.name, 80)) " "
            (pill(severity(chain.verdict), chain.verdict.name())) " "
            small {
                "chain " (chain.chain_id) " · " (text::counted(chain.endpoints, "upstream")) " in "
                (text::counted(chain.domains, "independent domain"))
            }
        }
    }
}

pub(super) const fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Healthy => Severity::Good,
        Verdict::Degraded => Severity::Minor,
        Verdict::Split | Verdict::Stalled => Severity::Major,
        Verdict::Undecided | Verdict::Unreachable => Severity::Critical,
        Verdict::Unknown => Severity::Unknown,
    }
}

const fn state_severity(upstream: &UpstreamView) -> Severity {
    match upstream.state {
        UpstreamState::Serving if upstream.failing_classes.is_empty() => Severity::Good,
        UpstreamState::Serving | UpstreamState::Lagging => Severity::Minor,
        UpstreamState::Probation => Severity::Unknown,
        UpstreamState::Quarantined => Severity::Major,
        UpstreamState::Rejected | UpstreamState::Unreachable => Severity::Critical,
    }
}

fn facts(board: &Board, chain: &ChainView, id: &str) -> Markup {
    let head = chain.head.as_ref();
    let finalized = chain.finalized.as_ref();
    let serving = chain.serving().count();
    html! {
        dl .facts id=(format!("facts-{id}")) {
            (fact("Agreed head", head.map(|head| text::grouped(head.number)), &html! {
                @if let Some(head) = head {
                    @if let Some(age) = head.age_ms { (text::span_coarse(age)) " old · " }
                    code title=(text::tidy(&head.hash, 80)) { (text::short_hash(&text::tidy(&head.hash, 80))) }
                } @else { "nothing is agreed" }
            }))
            (fact("Finalized", finalized.map(|block| text::grouped(block.number)), &html! {
                @if let (Some(head), Some(block)) = (head, finalized) {
                    (text::grouped(head.number.saturating_sub(block.number))) " blocks below the head"
                } @else { "not known" }
            }))
            (fact("Serving", Some(format!("{serving} of {}", chain.upstreams.len())), &html! {
                @if serving == 0 { "no upstream is left" }
                @else { "run by " (text::counted(operators(chain.serving()), "operator")) }
            }))
            (calls(board, chain))
            (fact("Answered in", chain.latency_us.map(|latency| text::latency(latency.p50)), &html! {
                @if let Some(latency) = chain.latency_us { "99 % within " (text::latency(latency.p99)) } @else { "no calls yet" }
            }))
            (fact("Second tries", Some(text::grouped(chain.calls.retried)), &html! {
                "retried, and " (text::grouped(chain.calls.hedged)) " hedged"
            }))
        }
    }
}

fn calls(board: &Board, chain: &ChainView) -> Markup {
    let history = board.history.calls(&chain.name);
    let rate = history
        .and_then(|history| history.per_ten_seconds())
        .map(|calls| format!("{}.{}/s", text::grouped(calls / 10), calls % 10));
    let (total, failed) = history.map_or((0, 0), |history| history.recent());
    fact(
        "Calls",
        rate,
        &html! {
            @if total == 0 { "none in 5 min" }
            @else if failed == 0 { "none failed in 5 min" }
            @else { strong .bad { (text::grouped(failed)) " failed" } " in 5 min" }
        },
    )
}

/// How many calls may be under way, and whether any are kept waiting.
fn places(places: &PlacesView) -> Markup {
    html! {
        (places.taken) " of " (places.places) " places taken"
        @if places.waiting > 0 { ", " strong .bad { (text::grouped(places.waiting)) " wait" } }
        @if places.shed > 0 { ", " (text::grouped(places.shed)) " sent away" }
    }
}

fn fact(name: &str, value: Option<String>, detail: &Markup) -> Markup {
    html! {
        div { dt { (name) } dd { b { (value.unwrap_or_else(|| "–".to_owned())) } span { (detail) } } }
    }
}

fn strips(board: &Board, chain: &ChainView, id: &str) -> Markup {
    let now_ms = board.history.now_ms();
    let component = board.history.component(&ComponentKey::chain(chain));
    let calls = board.history.calls(&chain.name);
    html! {
        div .strips id=(format!("strips-{id}")) {
            @if let Some(calls) = calls {
                figure {
                    figcaption {
                        span { "Calls" }
                        span { @if let Some(known) = &chain.places { (places(known)) " · " } "last 5 minutes" }
                    }
                    (charts::calls(calls, now_ms))
                }
            }
            @if let Some(component) = component {
                figure {
                    figcaption {
                        span { "Answering" }
                        @if let Some((share, watched)) = charts::availability(component) {
                            span { b { (share) } " of " (text::span_coarse(watched)) " watched · 90 days" }
                        } @else { span { "90 days" } }
                    }
                    (charts::days(component, now_ms))
                }
            }
        }
    }
}

fn warnings(chain: &ChainView, id: &str) -> Markup {
    html! {
        ul .warnings id=(format!("warnings-{id}")) {
            @for warning in &chain.warnings { li { (icon(Severity::Minor)) (text::tidy(warning, 300)) } }
        }
    }
}

/// One upstream. `slowest_us` is the scale of the latency charts; without it there are no charts.
fn row(
    board: &Board,
    chain: &ChainView,
    upstream: &UpstreamView,
    slowest_us: Option<u64>,
) -> Markup {
    let key = ComponentKey::upstream(chain, upstream);
    let history = board.history.component(&key);
    let now_ms = board.history.now_ms();
    let client = Client::of(upstream).to_string();
    let labels: Vec<String> = [&upstream.operator, &upstream.cloud, &client]
        .into_iter()
        .filter(|label| !label.is_empty())
        .map(|label| text::tidy(label, 60))
        .collect();
    html! {
        tr role="row" id=(format!("row-{}", key.id())) .(ComponentStatus::of_upstream(upstream).severity().class()) {
            th role="rowheader" scope="row" {
                (text::tidy(&upstream.name, 80))
                span .sub title=(text::tidy(&upstream.client, 120)) { (labels.join(" · ")) }
            }
            td role="cell" data-label="State" {
                (pill(state_severity(upstream), upstream.state.name()))
                @if upstream.since_unix_ms > 0 {
                    span .sub { "for " (text::span_coarse(now_ms.saturating_sub(upstream.since_unix_ms))) }
                }
            }
            td role="cell" data-label="Reason" .reason {
                (text::tidy(&upstream.reason, REASON_CHARS_MAX))
                @if !upstream.failing_classes.is_empty() && upstream.state != UpstreamState::Unreachable {
                    span .sub .bad { "out for " (text::tidy(&text::listed(&upstream.failing_classes), 120)) }
                }
            }
            (head(chain, upstream, slowest_us.is_some()))
            td role="cell" data-label="Latency" .number {
                @match upstream.latency_us.filter(|_| upstream.state != UpstreamState::Unreachable) {
                    Some(latency) => { (text::latency(latency)) }
                    None => { span title="no answer" { "–" } }
                }
                @if let (Some(history), Some(slowest)) = (history, slowest_us) { (charts::sparkline(history, now_ms, slowest)) }
                span .sub {
                    (text::grouped(upstream.calls)) " calls"
                    @if upstream.failures > 0 { ", " (text::grouped(upstream.failures)) " failed" }
                }
            }
            (load(upstream))
            @if let (Some(history), Some(_)) = (history, slowest_us) {
                td role="cell" data-label="Last hour" { (charts::minutes(history, now_ms)) }
            }
        }
    }
}

/// What is under way to an upstream of what it bears, and what is used of what it lets us ask.
fn load(upstream: &UpstreamView) -> Markup {
    let quota = &upstream.quota;
    let near = |used: u64, limit: u64| used.saturating_mul(10) >= limit.saturating_mul(9);
    html! {
        td role="cell" data-label="Load" .number {
            (upstream.under_way)
            @if let Some(room) = upstream.room { " of " (room) " places" }
            @else { " under way" }
            @if let Some(limit) = quota.second_limit {
                span .sub .bad[near(quota.second_used, limit)] {
                    (text::grouped(quota.second_used)) " of " (text::grouped(limit)) " a second"
                    @if quota.learned { ", learned" }
                }
            }
            @if let Some(limit) = quota.day_limit {
                span .sub .bad[near(quota.day_used, limit)] {
                    (text::grouped(quota.day_used)) " of " (text::grouped(limit)) " a day"
                }
            }
        }
    }
}

fn head(chain: &ChainView, upstream: &UpstreamView, chart: bool) -> Markup {
    let own = upstream.head.as_ref();
    // What an upstream that does not answer said last is no measurement of where it stands now.
    let is_current = upstream.state != UpstreamState::Unreachable;
    let stands = own.filter(|_| is_current).map(|own| own.number);
    let agreed = chain.head.as_ref().map(|head| head.number);
    html! {
        td role="cell" data-label="Head" .number {
            @match own {
                Some(own) => { span title=(text::tidy(&own.hash, 80)) { (text::grouped(own.number)) } }
                None => { span title="no head seen" { "–" } }
            }
            @if chart { (charts::progress(stands, agreed, state_severity(upstream))) }
            span .sub {
                @match (own, upstream.behind_blocks) {
                    (None, _) => { "not known" }
                    (Some(_), _) if !is_current => { "when last seen" }
                    (Some(_), None) => { "distance not known" }
                    (Some(_), Some(0)) => { "in step" }
                    (Some(_), Some(behind)) => { strong .bad[upstream.state.is_out()] { (text::grouped(behind)) " behind" } }
                }
            }
        }
    }
}
