//! What each remedy that the articles name is worth, over all drills.

use incident::{Remedy, Role, Verdict};
use maud::{Markup, html};

use super::words;
use crate::drilled::{Drilled, Ran};

/// A remedy in one drill: the damage without and with it.
struct Line<'a> {
    drilled: &'a Drilled,
    asked: &'a str,
    tried: &'a str,
    without: f64,
    with: f64,
    verdict: Verdict,
    /// Whether it was found by leaving it out beside others.
    is_beside_others: bool,
}

/// The table, or nothing where no drill tries a remedy of the articles.
pub(super) fn remedies(drilled: &[Drilled]) -> Markup {
    let mut lines: Vec<Line<'_>> = drilled.iter().flat_map(of_drill).collect();
    lines.sort_by(|a, b| a.asked.cmp(b.asked));
    html! {
        @if !lines.is_empty() {
            section #remedies .card {
                h2 { "What the articles\u{2019} remedies are worth" }
                p .lead { "Each in the article\u{2019}s words, as it was tried in a drill, by that drill\u{2019}s damage." }
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
    let incident = &drilled.incident;
    let metric = &incident.metrics.first()?.id;
    let of = |case: &str| drilled.outcome(case)?.get(metric);
    let this = ran.outcome.get(metric)?;
    let verdict = drilled.verdict(&ran.case)?;
    let (asked, tried, without, with) = match &ran.case.role {
        // With one defence alone, the run without it is the one with none.
        Role::On if incident.defences.len() == 1 => {
            let defence = incident.defences.first()?;
            (defence.remedy.as_deref()?, &defence.name, of("off")?, this)
        }
        Role::Without(id) => {
            let defence = incident.defences.iter().find(|defence| defence.id == *id)?;
            (defence.remedy.as_deref()?, &defence.name, this, of("on")?)
        }
        Role::Remedy(id) => {
            let remedy = incident.remedies.iter().find(|remedy| remedy.id == *id)?;
            (remedy.remedy.as_deref()?, &remedy.name, of(beside(remedy))?, this)
        }
        Role::On | Role::Off | Role::Target => return None,
    };
    let is_beside_others = matches!(ran.case.role, Role::Without(_));
    Some(Line { drilled, asked, tried, without, with, verdict, is_beside_others })
}

const fn beside(remedy: &Remedy) -> &'static str {
    if remedy.defences_on { "on" } else { "off" }
}

fn row(line: &Line<'_>) -> Markup {
    let Line { drilled, asked, tried, without, with, verdict, is_beside_others } = line;
    let metric = drilled.incident.metrics.first();
    let show = |value: f64| metric.map(|metric| metric.unit.show(value)).unwrap_or_default();
    html! {
        tr {
            td data-label="The article asks for" { "\u{201c}" (asked) "\u{201d}" }
            td data-label="tried as" { (tried) }
            td data-label="drill" .id { a href=(format!("#{}", drilled.name)) { (drilled.name) } }
            td data-label="damage counted as" { @if let Some(metric) = metric { (metric.name) } }
            td data-label="without" .number { (show(*without)) }
            td data-label="with" .number { b { (show(*with)) } span .sub { (words::change(*without, *with)) } }
            td data-label="verdict" { @if *is_beside_others { (words::of_defence(*verdict)) } @else { (words::verdict(*verdict)) } }
        }
    }
}
