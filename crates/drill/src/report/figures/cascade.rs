//! The cascade hour by hour, and the gain of its loop: the article beside our runs.

use incident::Unit;
use maud::{Markup, html};

use super::bars::{Bar, Group, figure};
use crate::drilled::Drilled;

/// The hours of the article, what it has in dollars, and the figure of the drill.
const HOURS: [(&str, f64, &str); 3] = [
    ("20:00 to 21:00 UTC", 6.0e9, "usd_20_21"),
    ("21:00 to 22:00", 4.2e9, "usd_21_22"),
    ("22:00 to 04:00", 9.1e9, "usd_22_04"),
];

/// By how much the article has the loop multiply a sale of 60 million dollars.
const GAIN: f64 = 321.7;

/// Liquidations by the hour. The two versions of the night are shown side by side.
pub(super) fn hourly(drilled: &[Drilled]) -> Markup {
    let runs = [
        ("our run, off", "off-bar", "oct10", "off"),
        ("our run, on", "on-bar", "oct10", "on"),
        ("its shape, off", "off-bar", "oct10-article", "off"),
        ("its shape, on", "on-bar", "oct10-article", "on"),
    ];
    let group = |(hours, article, id): (&str, f64, &str)| {
        let mut bars = vec![dollars("article", "article", article)];
        for (who, class, name, case) in runs {
            if let Some(value) = value(drilled, name, case, id) {
                bars.push(dollars(who, class, value));
            }
        }
        Group { name: hours.to_owned(), about: String::new(), bars }
    };
    let groups: Vec<Group> = HOURS.into_iter().map(group).collect();
    if groups.iter().all(|group| group.bars.len() == 1) {
        return html! {};
    }
    figure(
        "Liquidations by the hour, 10 to 11 October 2025",
        "dollars",
        &groups,
        "The public record has another shape than the article: 70 % of it between 20:50 and 21:30, and the worst minute at \
         21:15 (Amberdata). \u{201c}Our run\u{201d} follows the record, \u{201c}its shape\u{201d} the article, where it was run.",
    )
}

/// The gain of the loop as it was measured.
pub(super) fn gain(drilled: &[Drilled]) -> Markup {
    let run = |who, class, case| {
        let value = value(drilled, "oct10", case, "gain")?;
        Some(Bar { who, class, value, shown: Unit::Times.show(value) })
    };
    let measured: Vec<Bar> =
        [run("our run, off", "off-bar", "off"), run("our run, on", "on-bar", "on")]
            .into_iter()
            .flatten()
            .collect();
    if measured.is_empty() {
        return html! {};
    }
    let group = Group {
        name: "Liquidated, with the loop and without it".to_owned(),
        about: "the same night, with sales that move prices and with sales that move nothing"
            .to_owned(),
        bars: measured,
    };
    figure(
        "The gain of the feedback loop",
        "times",
        &[group],
        &format!(
            "The article divides 19.3 billion dollars by a sale of 60 million and has {GAIN:.0} times; that is a quotient of \
             two events and no gain, since most of what was liquidated would have been by the fall alone."
        ),
    )
}

fn dollars(who: &'static str, class: &'static str, value: f64) -> Bar {
    Bar { who, class, value, shown: Unit::Dollars.show(value) }
}

/// A figure of a case of a drill that was run.
fn value(drilled: &[Drilled], name: &str, case: &str, id: &str) -> Option<f64> {
    drilled.iter().find(|it| it.name == name)?.outcome(case)?.get(id)
}
