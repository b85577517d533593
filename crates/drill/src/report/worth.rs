//! What each defence alone, and each other remedy, is worth by the damage of a drill.

use incident::{Metric, Role, Verdict};
use maud::{Markup, html};

use super::damage::{Damage, length};
use super::words;
use crate::drilled::{Drilled, Ran};

/// Bars: all defences on, each taken away alone, and none; nothing where there is one defence alone.
pub(super) fn shares(drilled: &Drilled) -> Markup {
    let Some(damage) = Damage::of(drilled) else { return html! {} };
    let value = |ran: &Ran| ran.outcome.get(&damage.metric.id);
    let mut rows = vec![("all defences on".to_owned(), "", damage.on, None, "on-bar")];
    for ran in drilled.ran.iter().filter(|ran| matches!(ran.case.role, Role::Without(_))) {
        if let Some(value) = value(ran) {
            let remedy = asked_for(drilled, ran);
            let verdict = drilled.verdict(&ran.case);
            rows.push((ran.case.name.clone(), remedy, value, verdict, "bar"));
        }
    }
    rows.push(("all defences off".to_owned(), "", damage.off, None, "off-bar"));
    if rows.len() == 2 {
        return html! {};
    }
    let most = rows.iter().map(|row| row.2).fold(0.0, f64::max);
    html! {
        h3 { "What each defence is worth" }
        p .lead { (words::capital(&damage.metric.name)) ", with one defence taken away at a time. A long bar says that it was that defence which held." }
        div .shares {
            @for (name, asked, value, verdict, class) in &rows {
                div {
                    p { (name) @if !asked.is_empty() { span .sub { "asked for as: \u{201c}" (asked) "\u{201d}" } } }
                    svg aria-hidden="true" { rect .none width="100%" height="100%" {} rect .(class) width=(length(value / most)) height="100%" {} }
                    p { b { (damage.metric.unit.show(*value)) } @if let Some(verdict) = verdict { " " (words::of_defence(*verdict)) } }
                }
            }
        }
    }
}

/// Which defences held, by the runs without each: those that are missed when they alone are off, the most missed first.
pub(super) fn credit(drilled: &Drilled) -> String {
    let defences = &drilled.incident.defences;
    if let [one] = defences.as_slice() {
        return one.name.clone();
    }
    let Some(damage) = Damage::of(drilled) else { return String::new() };
    let missed = drilled.ran.iter().filter(|ran| {
        matches!(drilled.verdict(&ran.case), Some(Verdict::Helps | Verdict::HelpsSomewhat))
    });
    let mut missed: Vec<(f64, &str)> = missed
        .filter_map(|ran| {
            let Role::Without(id) = &ran.case.role else { return None };
            let defence = defences.iter().find(|defence| defence.id == *id)?;
            Some((ran.outcome.get(&damage.metric.id)?, defence.name.as_str()))
        })
        .collect();
    missed.sort_by(|one, other| other.0.total_cmp(&one.0));
    let names: Vec<&str> = missed.iter().map(|(_, name)| *name).collect();
    if !names.is_empty() {
        return names.join("; ");
    }
    // Only where each was tried without.
    let all: Vec<&str> = defences.iter().map(|defence| defence.name.as_str()).collect();
    let are_tried = drilled.ran.iter().any(|ran| matches!(ran.case.role, Role::Without(_)));
    match are_tried {
        true => format!("any of them alone can be missing: {}", all.join("; ")),
        false => all.join("; "),
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
                table .stack {
                    thead { tr {
                        th scope="col" { "What is changed" } th scope="col" { "beside" }
                        @for metric in &metrics { th scope="col" .number { (metric.name) } }
                        th scope="col" { "the damage" }
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
            td data-label="What is changed" { (ran.case.name) @if let Some(asked) = &remedy.remedy { span .sub { "asked for as: \u{201c}" (asked) "\u{201d}" } } }
            td data-label="beside" { (run) }
            @for metric in metrics(drilled) {
                @let after = ran.outcome.get(&metric.id);
                @let was = before.and_then(|outcome| outcome.get(&metric.id));
                td data-label=(metric.name) .number {
                    @if let Some(after) = after {
                        b { (metric.unit.show(after)) }
                        @if let Some(was) = was { span .sub { "was " (metric.unit.show(was)) " (" (words::change(was, after)) ")" } }
                    } @else { "\u{2013}" }
                }
            }
            td data-label="the damage" { @if let Some(verdict) = drilled.verdict(&ran.case) { (words::verdict(verdict)) } }
        }
    })
}
