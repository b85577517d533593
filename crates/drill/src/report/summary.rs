//! The first screen, and the table of all incidents.

use maud::{Markup, html};

use super::damage::{Damage, Tally, length};
use super::words;
use crate::drilled::Drilled;
use crate::request::Form;

/// One picture and one sentence.
pub(super) fn first_screen(drilled: &[Drilled]) -> Markup {
    let compared: Vec<(&Drilled, Damage<'_>)> =
        drilled.iter().filter_map(|it| Some((it, Damage::of(it)?))).collect();
    let broken: Vec<&str> =
        drilled.iter().filter(|it| !it.holds()).map(|it| it.name.as_str()).collect();
    html! {
        section .hero {
            h1 { "What Seawall is worth on the worst days" }
            p .sentence { (Tally::of(drilled).sentence()) }
            @if broken.is_empty() {
                p .sentence { span .pill .good { span aria-hidden="true" { "\u{2713}" } " all as expected" }
                    " Every crisis happens without the defence, and every defence holds to its stated bound." }
            } @else {
                p .sentence { span .pill .critical { span aria-hidden="true" { "\u{2717}" } " not as expected" } " " (broken.join(", ")) }
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
            @if drilled.iter().any(|it| it.form == Form::Short) {
                p .measured { "Short forms: smaller worlds, as the tests run them. The long forms are the ones to quote." }
            }
        }
    }
}

fn bar(drilled: &Drilled, damage: &Damage<'_>) -> Markup {
    let left = damage.left();
    html! {
        a .row href=(format!("#{}", drilled.name)) {
            span .name { (drilled.incident.title) span .sub { (damage.metric.name) } }
            svg aria-hidden="true" {
                rect .lost width="100%" height="100%" {}
                rect .(if left > 1.0 { "more" } else { "left" }) width=(length(left)) height="100%" {}
            }
            span .numbers { (damage.shown_off()) " \u{2192} " b { (damage.shown_on()) } span .sub { (words::change(damage.off, damage.on)) } }
        }
    }
}

/// All incidents: what, by which metric, off, on, and whether it came out as expected.
pub(super) fn table(drilled: &[Drilled]) -> Markup {
    html! {
        section #all .card {
            h2 { "All incidents" }
            div .wide { table .all {
                thead { tr { th { "Drill" } th { "What" } th { "Damage counted as" } th .number { "defence off" } th .number { "defence on" } th .number { "change" } th { "verdict" } } }
                tbody { @for drilled in drilled { (row(drilled)) } }
            } }
        }
    }
}

fn row(drilled: &Drilled) -> Markup {
    let damage = Damage::of(drilled);
    let incident = &drilled.incident;
    html! {
        tr {
            td .id { a href=(format!("#{}", drilled.name)) { (drilled.name) } }
            td { (incident.title) span .sub { (incident.date) } }
            @match damage {
                Some(damage) => {
                    td { (damage.metric.name) }
                    td .number { (damage.shown_off()) }
                    td .number { b { (damage.shown_on()) } }
                    td .number { (words::change(damage.off, damage.on)) }
                }
                None => {
                    td { @if drilled.is_only_data { "public figures" } @else { "\u{2013}" } }
                    td .number { "\u{2013}" } td .number { "\u{2013}" } td .number { "\u{2013}" }
                }
            }
            td { @if drilled.is_only_data { span .pill .unknown { "data" } } @else { (words::held(drilled.holds())) } }
        }
    }
}
