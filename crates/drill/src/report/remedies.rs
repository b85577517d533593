//! What each remedy that the articles name is worth, over all drills.

use incident::Role;
use maud::{Markup, html};

use super::words;
use crate::drilled::{Drilled, Judged, Ran};
use crate::remedy::{Asked, asked};

/// A remedy in one drill: the damage without and with it.
struct Line<'a> {
    drilled: &'a Drilled,
    asked: Asked<'a>,
    judged: Judged<'a>,
    /// Whether it was found by leaving it out beside others.
    is_beside_others: bool,
}

/// The table, or nothing where no drill tries a remedy of the articles.
pub(super) fn remedies(drilled: &[Drilled]) -> Markup {
    let mut lines: Vec<Line<'_>> = drilled.iter().flat_map(of_drill).collect();
    lines.sort_by(|a, b| a.asked.words.cmp(b.asked.words));
    html! {
        @if !lines.is_empty() {
            section #remedies .card {
                h2 { "What the articles\u{2019} remedies are worth" }
                p .lead { "Each in the article\u{2019}s words, as it was tried in a drill, by that drill\u{2019}s damage or by what it is judged by." }
                div .wide { table .stack {
                    thead { tr { th scope="col" { "The article asks for" } th scope="col" { "tried as" } th scope="col" { "drill" } th scope="col" { "damage counted as" }
                        th scope="col" .number { "without" } th scope="col" .number { "with" } th scope="col" { "verdict" } } }
                    tbody { @for line in &lines { (row(line)) } }
                } }
            }
        }
    }
}

fn of_drill(drilled: &Drilled) -> Vec<Line<'_>> {
    drilled.ran.iter().filter_map(|ran| line(drilled, ran)).collect()
}

fn line<'a>(drilled: &'a Drilled, ran: &'a Ran) -> Option<Line<'a>> {
    let is_beside_others = matches!(ran.case.role, Role::Without(_));
    let asked = asked(&drilled.incident, ran)?;
    Some(Line { drilled, asked, judged: drilled.judged(&ran.case)?, is_beside_others })
}

fn row(line: &Line<'_>) -> Markup {
    let Line { drilled, asked, judged, is_beside_others } = line;
    let Judged { metric, without, with } = judged;
    let (show, verdict) = (|value: f64| metric.unit.show(value), judged.verdict());
    html! {
        tr {
            td data-label="The article asks for" { "\u{201c}" (asked.words) "\u{201d}" }
            td data-label="tried as" { (asked.tried) }
            td data-label="drill" .id { a href=(format!("#{}", drilled.name)) { (drilled.name) } }
            td data-label="damage counted as" { (metric.name) }
            td data-label="without" .number { (show(*without)) }
            td data-label="with" .number { b { (show(*with)) } span .sub { (words::change(*without, *with)) } }
            td data-label="verdict" { @if *is_beside_others { (words::of_defence(verdict)) } @else { (words::verdict(verdict)) } }
        }
    }
}
