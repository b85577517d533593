//! One drill: its story, the day as it was, and the damage off and on.

use incident::{Better, Event, Metric};
use maud::{Markup, html};

use super::damage::{Damage, length};
use super::{appendix, curves, words, worth, yours};
use crate::drilled::Drilled;
use crate::request::Form;

/// Most events of a run that are shown.
const EVENTS_MAX: usize = 14;

/// The drill as a section of the report.
pub(super) fn section(drilled: &Drilled) -> Markup {
    let incident = &drilled.incident;
    html! {
        section .card .drill id=(drilled.name) {
            header .drill-head {
                h2 { (drilled.title()) }
                p .facts-line {
                    code { (drilled.name) } " \u{b7} " (incident.date) @if drilled.form == Form::Short { " \u{b7} short form" }
                    @if drilled.is_only_data { " \u{b7} public figures" } @else { " \u{b7} " (words::held(drilled.holds())) " " (words::kind(drilled.is_deterministic)) }
                }
                p .shows { (words::prose(&incident.shows)) }
            }
            @for broken in &drilled.broken { p .broken { "Not as expected: " (broken) } }
            (damage(drilled))
            @if drilled.is_version() { (see(drilled)) } @else { div .two {
                div {
                    h3 { "What happened" }
                    @for sentence in &incident.story { p .story { (words::prose(sentence)) } }
                    @if !incident.disputed.is_empty() {
                        h3 { "Where the articles and the record disagree" }
                        ul { @for what in &incident.disputed { li { (words::prose(what)) } } }
                    }
                }
                @if !incident.timeline.is_empty() {
                    div {
                        h3 { "The day as it was " span .sub-inline { "(UTC)" } }
                        ol .timeline { @for moment in &incident.timeline { li { b { (moment.at) } span { (words::prose(&moment.what)) } } } }
                    }
                }
            } }
            // What only shows public figures is drawn among the articles' figures.
            @if !drilled.is_only_data {
                (curves::curves(drilled))
                (worth::shares(drilled))
                (worth::others(drilled))
                (events(drilled))
            }
            (appendix::appendix(drilled))
        }
    }
}

/// Where the story of another version of a day stands.
fn see(drilled: &Drilled) -> Markup {
    let incident = &drilled.incident;
    html! { p .lead { "Another version of the same day. Its story, its facts and their sources stand with " a href=(format!("#{}", incident.id)) { (incident.title) } "." } }
}

/// The damage as two bars and its change, and the other figures as a table.
fn damage(drilled: &Drilled) -> Markup {
    let damage = Damage::of(drilled);
    let incident = &drilled.incident;
    html! {
        @if let Some(damage) = damage {
            @let yours = yours::figure(drilled, damage.metric).unwrap_or_default();
            @let most = damage.off.max(damage.on).max(yours);
            div .versus {
                p .what { (words::capital(&damage.metric.name)) }
                div {
                    p { "defence off" }
                    svg aria-hidden="true" { rect .none width="100%" height="100%" {} rect .off-bar width=(length(damage.off / most)) height="100%" {} }
                    p .figure-large { (damage.shown_off()) }
                }
                div {
                    p { "defence on" }
                    svg aria-hidden="true" { rect .none width="100%" height="100%" {} rect .on-bar width=(length(damage.on / most)) height="100%" {} }
                    p .figure-large { (damage.shown_on()) span .sub-inline { " (" (words::change(damage.off, damage.on)) ")" } }
                }
                (yours::bar(drilled, damage.metric, most))
                (expected(drilled, damage.metric))
            }
        }
        @let rest: Vec<&Metric> = incident.metrics.iter().skip(usize::from(damage.is_some())).collect();
        @if !rest.is_empty() { (figures(drilled, &rest)) }
    }
}

/// Between which bounds the damage has to be for the drill to hold, where any are stated.
fn expected(drilled: &Drilled, metric: &Metric) -> Markup {
    let of =
        |case, name| Some((name, words::bounds(drilled.expected(case, &metric.id)?, metric.unit)));
    let bounds: Vec<(&str, String)> =
        [of("off", "off"), of("on", "on")].into_iter().flatten().collect();
    html! {
        @if !bounds.is_empty() {
            p .measured {
                "Expected: " @for (place, (name, bounds)) in bounds.iter().enumerate() { @if place > 0 { "; " } (name) " " (bounds) } "."
            }
        }
    }
}

fn figures(drilled: &Drilled, metrics: &[&Metric]) -> Markup {
    let cell = |case: &str, metric: &Metric| {
        let value = drilled.outcome(case).and_then(|outcome| outcome.get(&metric.id));
        value.map_or_else(|| "\u{2013}".to_owned(), |value| metric.unit.show(value))
    };
    html! {
        div .wide {
            table .figures {
                thead { tr {
                    th scope="col" { @if drilled.is_only_data { "Public figure" } @else { "Other figures" } }
                    @if drilled.is_only_data { th scope="col" .number { "value" } } @else { th scope="col" .number { "defence off" } th scope="col" .number { "defence on" } }
                    (yours::head(drilled))
                } }
                tbody {
                    @for metric in metrics {
                        tr {
                            td { (metric.name) span .sub-inline { (better(metric.better)) } }
                            td .number { (cell("off", metric)) }
                            @if !drilled.is_only_data { td .number { b { (cell("on", metric)) } } }
                            (yours::cell(drilled, metric))
                        }
                    }
                }
            }
        }
    }
}

const fn better(better: Better) -> &'static str {
    match better {
        Better::Lower => " less is better",
        Better::Higher => " more is better",
        Better::Neither => "",
    }
}

/// What happened in the runs, off and on beside each other.
fn events(drilled: &Drilled) -> Markup {
    let of = |case| drilled.outcome(case).map_or(&[][..], |outcome| outcome.events.as_slice());
    let (off, on) = (of("off"), of("on"));
    html! {
        @if !off.is_empty() || !on.is_empty() {
            h3 { "What happened in our runs" }
            div .two {
                @for (name, class, events) in [("defence off", "off", off), ("defence on", "on", on)] {
                    div {
                        p .lead { b .(class) { (name) } }
                        (list(events))
                    }
                }
            }
        }
    }
}

fn list(events: &[Event]) -> Markup {
    let left_out = events.len().saturating_sub(EVENTS_MAX);
    html! {
        ol .timeline {
            @for event in events.iter().take(EVENTS_MAX) { li { b { (words::time(event.at)) } span { (event.what) } } }
            @if left_out > 0 { li { b { "\u{2026}" } span { (left_out) " more in the JSON" } } }
            @if events.is_empty() { li { b { "\u{2013}" } span { "nothing" } } }
        }
    }
}
