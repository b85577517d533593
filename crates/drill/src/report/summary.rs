//! The first screen, and the table of all incidents.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::damage::{Damage, Tally, length};
use super::{words, worth};
use crate::drilled::Drilled;
use crate::request::Form;

/// One picture and one sentence.
pub(super) fn first_screen(drilled: &[Drilled]) -> Markup {
    let compared: Vec<(&Drilled, Damage<'_>)> = drilled
        .iter()
        .filter(|it| !it.is_version())
        .filter_map(|it| Some((it, Damage::of(it)?)))
        .collect();
    let broken: Vec<&Drilled> = drilled.iter().filter(|it| !it.holds()).collect();
    html! {
        section .hero {
            h1 { "What Seawall is worth on the worst days" }
            @let tally = Tally::of(drilled);
            p .sentence { (tally.lead()) }
            (tiles(tally))
            @if broken.is_empty() {
                p .sentence { span .pill .good { span aria-hidden="true" { "\u{2713}" } " all as expected" }
                    " Every crisis happens without the defence, and every defence holds to its stated bound." }
            } @else {
                p .sentence { span .pill .critical { span aria-hidden="true" { "\u{2717}" } " not as expected" } }
                ul { @for broken in &broken { li { a href=(format!("#{}", broken.name)) { (broken.title()) } ": " (broken.broken.join("; ")) } } }
            }
            figure .worth {
                figcaption { b { "Damage that is left with the defences on" } span { "of the damage with them off = 100 %" } }
                div .worth-rows {
                    @for (drilled, damage) in &compared { (bar(drilled, damage)) }
                }
                p .key {
                    span { svg .swatch aria-hidden="true" { rect .lost width="100%" height="100%" {} } " defence off" }
                    span { svg .swatch aria-hidden="true" { rect .left width="100%" height="100%" {} } " left with the defence on" }
                }
            }
            p .measured { (made_of(drilled)) }
        }
    }
}

/// How many of the damages are how far down.
fn tiles(tally: Tally) -> Markup {
    let Tally { tenth, half, some, none, .. } = tally;
    html! {
        ul .tiles {
            @for (count, what) in [(tenth, "with at most a tenth of the damage left"), (half, "with at most half of it left"),
                (some, "with less damage, and more than half left"), (none, "in which nothing is gained")] {
                @if count > 0 { li { b { (count) } " " (what) } }
            }
        }
    }
}

/// Which runs the report is made of.
fn made_of(drilled: &[Drilled]) -> String {
    let seeds: BTreeSet<u64> = drilled.iter().map(|it| it.seed).collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let runs: usize = drilled.iter().map(|it| it.ran.len()).sum();
    let forms = match drilled.iter().any(|it| it.form == Form::Short) {
        true => {
            "Short forms are smaller worlds, as the tests run them; the long forms are the ones to quote."
        }
        false => "Every drill in its long form.",
    };
    let seed = if seeds.len() == 1 { "seed" } else { "seeds" };
    let played = drilled.iter().filter(|it| !it.is_only_data);
    let (repeatable, live): (Vec<_>, Vec<_>) = played.partition(|it| it.is_deterministic);
    format!(
        "{runs} runs, {seed} {}. {forms} Repeatable to the last bit by their seed: {} drills; measured live on one machine: {}.",
        seeds.join(", "),
        repeatable.len(),
        live.len()
    )
}

fn bar(drilled: &Drilled, damage: &Damage<'_>) -> Markup {
    let left = damage.left();
    html! {
        a .row href=(format!("#{}", drilled.name)) {
            span .name { (drilled.incident.title) span .sub { (damage.metric.name) } }
            svg aria-hidden="true" {
                rect .(damage.whole()) width="100%" height="100%" {}
                @if damage.off > 0.0 || left > 1.0 { rect .(if left > 1.0 { "more" } else { "left" }) width=(length(left)) height="100%" {} }
            }
            span .numbers { (damage.shown_off()) " \u{2192} " b { (damage.shown_on()) } span .sub { (words::change(damage.off, damage.on)) } }
        }
    }
}

/// All incidents: what happened and when, the damage off and on, what held, and whether it came out as expected.
pub(super) fn table(drilled: &[Drilled]) -> Markup {
    html! {
        section #all .card {
            h2 { "All incidents" }
            div .wide { table .all .stack {
                thead { tr {
                    th scope="col" { "What happened" } th scope="col" { "Damage counted as" } th scope="col" .number { "defence off" }
                    th scope="col" .number { "defence on" } th scope="col" .number { "change" } th scope="col" { "what did it" } th scope="col" { "verdict" }
                } }
                tbody { @for drilled in drilled { (row(drilled)) } }
            } }
        }
    }
}

fn row(drilled: &Drilled) -> Markup {
    html! {
        tr {
            td data-label="What happened" { a href=(format!("#{}", drilled.name)) { (drilled.title()) } span .sub { (drilled.incident.date) } }
            @match Damage::of(drilled) {
                Some(damage) => {
                    td data-label="Damage counted as" { (damage.metric.name) }
                    td data-label="defence off" .number { (damage.shown_off()) }
                    td data-label="defence on" .number { b { (damage.shown_on()) } }
                    td data-label="change" .number { (words::change(damage.off, damage.on)) }
                    td data-label="what did it" { @if drilled.is_version() { "\u{2013}" } @else { (worth::credit(drilled)) } }
                }
                None => {
                    td data-label="Damage counted as" { @if drilled.is_only_data { "public figures" } @else { "\u{2013}" } }
                    td data-label="defence off" .number { "\u{2013}" } td data-label="defence on" .number { "\u{2013}" }
                    td data-label="change" .number { "\u{2013}" } td data-label="what did it" { "\u{2013}" }
                }
            }
            td data-label="verdict" { @if drilled.is_only_data { span .pill .unknown { "data" } } @else { (words::held(drilled.holds())) } }
        }
    }
}
