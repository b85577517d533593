//! The document around the sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use status::{ICON, PALETTE};

use super::{caveats, figures, remedies, risk, section, summary};
use crate::drilled::Drilled;

/// The report's own style sheet, below the colours of all that Seawall shows.
const STYLE: &str = include_str!("style.css");

/// The whole report.
pub(super) fn document(drilled: &[Drilled]) -> String {
    let contents = html! {
        (summary::first_screen(drilled))
        nav .contents aria-label="Contents" {
            a href="#all" { "All incidents" } " " a href="#not-helping" { "What does not help" } " " a href="#risk" { "Risk over seeds" } " "
            a href="#not-covered" { "What is not covered" } " " a href="#remedies" { "The articles\u{2019} remedies" } " "
            a href="#figures" { "The articles\u{2019} figures" } " " a href="#method" { "How it was measured" }
        }
        (summary::table(drilled))
        (caveats::does_not_help(drilled))
        (risk::risk(drilled))
        (caveats::not_covered(drilled))
        (remedies::remedies(drilled))
        (figures::figures(drilled))
        @for drilled in drilled { (section::section(drilled)) }
        (method())
    };
    shell("Seawall: what it is worth on the worst days", &contents)
}

/// One drill alone.
pub(super) fn of_one(drilled: &Drilled, back: &str) -> String {
    let contents = html! {
        p .back { a href=(back) { "\u{2190} Back" } }
        (section::section(drilled))
    };
    shell(&format!("{} \u{b7} Seawall drill", drilled.incident.title), &contents)
}

fn shell(title: &str, contents: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                style { (PreEscaped(PALETTE)) (PreEscaped(STYLE)) }
            }
            body {
                header .top { span .brand { (PreEscaped(ICON)) span { b { "Seawall" } " drills" } } span .version { "version " (env!("CARGO_PKG_VERSION")) } }
                main { (contents) }
            }
        }
    };
    page.0
}

fn method() -> Markup {
    html! {
        section #method .card {
            h2 { "How it was measured" }
            ul {
                li { "The gateway, the oracle and the venue that ran are the ones that ship: driven over their own sockets, or by their own cores where a run has to be the same to the last bit." }
                li { "\u{201c}Defence off\u{201d} is another value of one key of the real configuration. No drill holds a defence of its own, so a drill cannot flatter it." }
                li { "What is simulated is the outside world: chains, providers, other venues, traders, clouds and names. Each model is small, and says what it leaves out." }
                li { "A drill whose crisis does not happen with the defence off counts as failed, as does one whose defence does not hold to its bound." }
                li { "Every number of an incident stands with its source. Where the articles and the public record disagree, the drill follows the record and says so." }
                li { "A remedy helps where at most half of the damage is left, helps somewhat where it becomes less by more than a tenth, makes no difference within a tenth either way, and harms where the damage grows." }
            }
        }
    }
}
