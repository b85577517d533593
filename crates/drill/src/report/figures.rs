//! The articles' figures, drawn anew.

mod cascade;
mod fees;
mod history;
mod mix;
mod outages;
mod path;

use maud::{Markup, html};

use crate::drilled::Drilled;

/// All that can be drawn: those of a drill only where it was run.
pub(super) fn figures(drilled: &[Drilled]) -> Markup {
    html! {
        section #figures .card {
            h2 { "The articles\u{2019} figures, drawn anew" }
            p .lead { "Each beside what the article says, from our runs or from the public record." }
            (cascade::hourly(drilled))
            (cascade::gain(drilled))
            (history::history(drilled))
            (path::path(drilled))
            (fees::fees(drilled))
            (outages::outages(drilled))
            (mix::mix())
        }
    }
}

/// A figure of a case of a drill that was run.
fn value(drilled: &[Drilled], name: &str, case: &str, id: &str) -> Option<f64> {
    drilled.iter().find(|it| it.name == name)?.outcome(case)?.get(id)
}

#[cfg(test)]
mod tests;
