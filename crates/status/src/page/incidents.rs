//! The incidents with what was written about them, and the event log.

use maud::{Markup, html};

use super::pill;
use crate::board::Board;
use crate::component::Severity;
use crate::incident::{Incident, IncidentStatus};
use crate::text;

/// Closed incidents on the page, and updates of each; the feeds and the JSON have more.
const CLOSED_SHOWN: usize = 10;
const UPDATES_SHOWN: usize = 6;

/// Open incidents on the page, lest a hundred broken upstreams make it megabytes long.
const OPEN_SHOWN: usize = 20;

pub(super) fn section(board: &Board) -> Markup {
    let now_ms = board.history.now_ms();
    let open = board.incidents.open();
    let closed: Vec<&Incident> =
        board.incidents.all().filter(|incident| incident.resolved_ms.is_some()).collect();
    html! {
        section #incidents .card aria-labelledby="incidents-title" {
            h2 #incidents-title { "Incidents" }
            @if open.is_empty() { p .none { "No open incident." } }
            @for incident in open.iter().take(OPEN_SHOWN) { (article(board, incident, now_ms, false)) }
            @if open.len() > OPEN_SHOWN { p { "And " (open.len() - OPEN_SHOWN) " more, all in the JSON." } }
            @if !closed.is_empty() {
                details #closed {
                    summary { (closed.len()) " closed" @if closed.len() > CLOSED_SHOWN { ", the latest " (CLOSED_SHOWN) " here" } }
                    @for incident in closed.iter().take(CLOSED_SHOWN) { (article(board, incident, now_ms, false)) }
                }
            }
        }
    }
}

/// One incident; `whole` shows every update, and the name as the page's heading.
pub(super) fn article(board: &Board, incident: &Incident, now_ms: u64, whole: bool) -> Markup {
    let shown = if whole { usize::MAX } else { UPDATES_SHOWN };
    let name = text::tidy(&incident.name, 200);
    let over = incident.status == IncidentStatus::Resolved;
    // A lasting page must not carry a time that ticks: it says since when instead.
    let lasted = match incident.ended_ms {
        Some(_) => format!("lasted {}", text::span(incident.lasted_ms(now_ms))),
        None => "still going on".to_owned(),
    };
    let severity = if over { Severity::Good } else { incident.impact };
    html! {
        article .incident .(severity.class()) {
            header {
                @if whole { h1 { (name) } }
                @else { h3 { a href=(format!("/incidents/{}", incident.id)) { (name) } } }
                (pill(severity, incident.status.name()))
            }
            p .sub {
                "Began " time datetime=(text::iso(incident.started_ms)) { (text::moment(incident.started_ms)) " UTC" }
                ", announced " (text::span(incident.announced_late_ms())) " later, " (lasted)
                ". Impact: " (incident.impact.indicator()) "."
            }
            ol .updates reversed {
                @for update in incident.updates.iter().rev().take(shown) {
                    li {
                        b { (update.status.name()) } " "
                        time datetime=(text::iso(update.at_ms)) { (text::clock(update.at_ms)) }
                        span { (text::tidy(&update.body, 2_000)) }
                    }
                }
            }
            @if whole { p .sub { "Lasting address: " code { (board.incident_url(&incident.id)) } } }
        }
    }
}

pub(super) fn events(board: &Board) -> Markup {
    html! {
        section #events .card aria-labelledby="events-title" {
            h2 #events-title { "Decisions" }
            p .sub { "What was decided about each upstream and why, newest first." }
            @if board.events.is_empty() { p .none { "Nothing has been decided yet." } }
            @else {
                ol .events data-keep="scroll" tabindex="0" aria-labelledby="events-title" {
                    @for event in &board.events {
                        li {
                            time datetime=(text::iso(event.at_unix_ms)) { (text::clock(event.at_unix_ms)) }
                            " " span .kind { (text::tidy(&event.kind, 20)) } " "
                            span {
                                b {
                                    (text::tidy(&event.chain, 40))
                                    @if let Some(upstream) = &event.upstream { " / " (text::tidy(upstream, 40)) }
                                }
                                " " (text::tidy(&event.text, 300))
                            }
                        }
                    }
                }
            }
        }
    }
}
