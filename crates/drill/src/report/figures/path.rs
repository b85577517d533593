//! The oracle attack's path: what one venue, and what many, say of the same coin.

use maud::{Markup, html};

use super::super::curves::series;
use super::super::plot::{Chart, Line, plot};
use crate::drilled::Drilled;

/// The drill, and its lines: the case, the curve, its colour, and what it is.
const DRILL: &str = "usde";
const LINES: [(&str, &str, &str, &str); 4] = [
    ("off", "venue", "own", "the venue\u{2019}s own book"),
    ("off", "elsewhere", "other", "the other markets"),
    ("off", "index", "off", "collateral valued at, defence off"),
    ("on", "index", "on", "collateral valued at, defence on"),
];

/// All of them in one chart, or nothing where the drill was not run.
pub(super) fn path(drilled: &[Drilled]) -> Markup {
    let Some(drilled) = drilled.iter().find(|it| it.name == DRILL) else { return html! {} };
    let line = |(case, id, class, name)| {
        Some(Line { class, name, points: &series(drilled, case, id)?.points })
    };
    let lines: Vec<Line<'_>> = LINES.into_iter().filter_map(line).collect();
    if lines.len() < LINES.len() {
        return html! {};
    }
    let chart = Chart {
        title: "The oracle attack: a coin sold on one venue, and what its collateral is valued at",
        unit: "USD",
        across: None,
    };
    html! {
        div .drawn {
            (plot(chart, &lines))
            p .said {
                "The article multiplies this sale to the whole night. The record has the coin\u{2019}s low some fifteen minutes after the \
                 market\u{2019}s, and 346 million dollars of liquidations linked to it. " a href=(format!("#{DRILL}")) { "The drill" } "."
            }
        }
    }
}
