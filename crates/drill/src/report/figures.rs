//! The articles' figures, drawn anew.

mod bars;
mod cascade;
mod history;
mod mix;
mod outages;

use maud::{Markup, html};

use super::curves;
use crate::drilled::Drilled;

/// Most curves of a drill that stand for one of the articles' figures.
const CURVES: usize = 2;

/// All that can be drawn: those of a drill only where it was run.
pub(super) fn figures(drilled: &[Drilled]) -> Markup {
    html! {
        section #figures .card {
            h2 { "The articles\u{2019} figures, drawn anew" }
            p .lead { "Each beside what the article says, from our runs or from the public record." }
            (cascade::hourly(drilled))
            (cascade::gain(drilled))
            (history::history(drilled))
            (of(drilled, "usde", "The oracle attack: what one venue, and what six, say of the same coin",
                "The article multiplies this sale to the whole night. The record has the coin\u{2019}s low some fifteen minutes after the market\u{2019}s, and 346 million dollars of liquidations linked to it."))
            (of(drilled, "gas", "Fees under stress",
                "The article has fees of 5 to 450 dollars within minutes on Ethereum, and of layers above it at up to 15; no source was found for these. By the rule of the fee market, ninety times the fee takes 38 full blocks, eight and a half minutes."))
            (outages::outages())
            (mix::mix())
        }
    }
}

/// The first curves of a drill under another title.
fn of(drilled: &[Drilled], name: &str, title: &str, said: &str) -> Markup {
    let Some(drilled) = drilled.iter().find(|it| it.name == name) else { return html! {} };
    let ids = curves::ids(drilled);
    if ids.is_empty() {
        return html! {};
    }
    html! {
        div .drawn {
            p { b { (title) } }
            div .charts { @for id in ids.iter().take(CURVES) { (curves::chart(drilled, id)) } }
            p .said { (said) " " a href=(format!("#{name}")) { "The drill" } "." }
        }
    }
}
