//! What each defence alone, and each other remedy, is worth by the damage of a drill.

use incident::{Metric, Role};
use maud::{Markup, html};

use super::damage::{Damage, length};
use super::words;
use crate::drilled::{Drilled, Ran};

/// Bars: all defences on, each taken away alone, and none; nothing where there is one defence alone.
pub(super) fn shares(drilled: &Drilled) -> Markup {
    let Some(damage) = Damage::of(drilled) else { return html! {} };
    let value = |ran: &Ran| ran.outcome.get(&damage.metric.id);
    let mut rows = vec![("all defences on".to_owned(), "", damage.on, None)];
    for ran in drilled.ran.iter().filter(|ran| matches!(ran.case.role, Role::Without(_))) {
        if let Some(value) = value(ran) {
            let remedy = asked_for(drilled, ran);
            let verdict = drilled.verdict(&ran.case);
            rows.push((ran.case.name.clone(), remedy, value, verdict));
        }
    }
    rows.push(("all defences off".to_owned(), "", damage.off, None));
    if rows.len() == 2 {
        return html! {};
    }
    let most = rows.iter().map(|row| row.2).fold(0.0, f64::max);
    html! {
        h3 { "What each defence is worth" }
        p .lead { (damage.metric.name) ", with one defence taken away at a time. A long bar says that it was that defence which held." }
        div .shares {
            @for (name, asked, value, verdict) in &rows {
                div {
                    p { (name) @if !asked.is_empty() { span .sub { "asked for as: \u{201c}" (asked) "\u{201d}" } } }
                    svg aria-hidden="true" { rect .none width="100%" height="100%" {} rect .bar width=(length(value / most)) height="100%" {} }
                    p { b { (damage.metric.unit.show(*value)) } @if let Some(verdict) = verdict { " " span .sub { "the defence " (verdict.words()) } } }
                }
            }
        }
    }
}

/// The words in which the articles ask for the defence that a run does without.
fn asked_for<'a>(drilled: &'a Drilled, ran: &Ran) -> &'a str {
    let Role::Without(id) = &ran.case.role else { return "" };
    let defence = drilled.incident.defences.iter().find(|defence| defence.id == *id);
    defence.and_then(|defence| defence.remedy.as_deref()).unwrap_or_default()
}

/// Other remedies and other worlds, each beside the run that it differs from.
pub(super) fn others(drilled: &Drilled) -> Markup {
    let rows: Vec<Markup> = drilled.ran.iter().filter_map(|ran| other(drilled, ran)).collect();
    let metrics = metrics(drilled);
    html! {
        @if !rows.is_empty() {
            h3 { "Other remedies, and other worlds" }
            div .wide {
                table {
                    thead { tr {
                        th { "What is changed" } th { "beside" }
                        @for metric in &metrics { th .number { (metric.name) } }
                        th { "the damage" }
                    } }
                    tbody { @for row in &rows { (row) } }
                }
            }
        }
    }
}

/// The damage, and up to two figures more that are better one way.
fn metrics(drilled: &Drilled) -> Vec<&Metric> {
    const METRICS: usize = 3;
    let judged = drilled.incident.metrics.iter();
    judged.filter(|metric| metric.better != incident::Better::Neither).take(METRICS).collect()
}

fn other(drilled: &Drilled, ran: &Ran) -> Option<Markup> {
    let Role::Remedy(id) = &ran.case.role else { return None };
    let remedy = drilled.incident.remedies.iter().find(|remedy| remedy.id == *id)?;
    let (beside, run) =
        if remedy.defences_on { ("on", "defences on") } else { ("off", "defences off") };
    let before = drilled.outcome(beside);
    Some(html! {
        tr {
            td { (ran.case.name) @if let Some(asked) = &remedy.remedy { span .sub { "asked for as: \u{201c}" (asked) "\u{201d}" } } }
            td { (run) }
            @for metric in metrics(drilled) {
                @let after = ran.outcome.get(&metric.id);
                @let was = before.and_then(|outcome| outcome.get(&metric.id));
                td .number {
                    @if let Some(after) = after {
                        b { (metric.unit.show(after)) }
                        @if let Some(was) = was { span .sub { "was " (metric.unit.show(was)) " (" (words::change(was, after)) ")" } }
                    } @else { "\u{2013}" }
                }
            }
            td { @if let Some(verdict) = drilled.verdict(&ran.case) { (words::verdict(verdict)) } }
        }
    })
}
