//! The cascade hour by hour, and the gain of its loop: the article beside our runs.

use incident::Unit;
use maud::{Markup, html};

use super::super::bars::{Bar, Group, figure};
use super::value;
use crate::drilled::Drilled;

/// The hours of the article, what it has in dollars, and the figure of the drill. The last is the sum of the others.
const HOURS: [(&str, f64, &str); 4] = [
    ("20:00 to 21:00 UTC", 6.0e9, "usd_20_21"),
    ("21:00 to 22:00", 4.2e9, "usd_21_22"),
    ("22:00 to 04:00", 9.1e9, "usd_22_04"),
    ("the night, 20:00 to 04:00", 19.3e9, "liquidated_usd"),
];

/// By how much the article has the loop multiply a sale of 60 million dollars.
const GAIN: f64 = 321.7;

/// Liquidations by the hour. The two versions of the night are shown side by side.
pub(super) fn hourly(drilled: &[Drilled]) -> Markup {
    let runs = [
        ("our run, off", "off-bar", "oct10", "off"),
        ("our run, on", "on-bar", "oct10", "on"),
        ("its hours, off", "off-bar", "oct10-article", "off"),
        ("its hours, on", "on-bar", "oct10-article", "on"),
    ];
    let group = |(hours, article, id): (&str, f64, &str)| {
        let mut bars = vec![dollars("the article", "article", article)];
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
    figure("Liquidations by the hour, 10 to 11 October 2025", "dollars", &groups, &shape(drilled))
}

/// How the record's shape differs, and how near our run comes to it.
fn shape(drilled: &[Drilled]) -> String {
    let of = |id| value(drilled, "oct10", "off", id);
    let ours = of("share_2050_2130").zip(of("peak_at_minutes")).zip(of("peak_minute_usd"));
    let ours = ours.map(|((share, at), peak)| {
        let (hour, minute) = ((20.0 + at / 60.0).floor(), at % 60.0);
        let (share, peak) = (Unit::Percent.show(share), Unit::Dollars.show(peak));
        format!(
            " Our run has {share}, and its worst minute at {hour:.0}:{minute:02.0} with {peak}."
        )
    });
    format!(
        "The public record has another shape than the article: 70 % of it between 20:50 and 21:30, and the worst minute at 21:15 \
         with $3.21 bn of $9.89 bn (Amberdata), which is $3 bn to $6 bn of the larger count.{} \u{201c}Our run\u{201d} follows the \
         record; \u{201c}its hours\u{201d} is our run of a night with the article\u{2019}s hours, which needs a fall that goes on until 02:40.",
        ours.unwrap_or_default()
    )
}

/// The feedback loop with its gain as it was measured.
pub(super) fn gain(drilled: &[Drilled]) -> Markup {
    let of = |case, id| value(drilled, "oct10", case, id);
    let Some(((off, gain), (on, less))) = of("off", "liquidated_usd")
        .zip(of("off", "gain"))
        .zip(of("on", "liquidated_usd").zip(of("on", "gain")))
    else {
        return html! {};
    };
    let bar = |who, class, value: f64, gain: Option<f64>| Bar {
        who,
        class,
        value,
        shown: match gain {
            None => Unit::Dollars.show(value),
            Some(gain) => format!("{} ({})", Unit::Dollars.show(value), Unit::Times.show(gain)),
        },
    };
    let group = |name: &str, bars| Group { name: name.to_owned(), about: String::new(), bars };
    let groups = [
        group(
            "As most venues were",
            vec![
                bar("the fall alone", "record", off / gain, None),
                bar("with the loop", "off-bar", off, Some(gain)),
            ],
        ),
        group(
            "Marks tied to the index, sales at a pace",
            vec![
                bar("the fall alone", "record", on / less, None),
                bar("with the loop", "on-bar", on, Some(less)),
            ],
        ),
    ];
    html! {
        figure .drawn {
            figcaption { b { "The feedback loop, and its measured gain" } }
            ol .loop {
                li { "Prices fall" } li { "accounts fall below their margin" }
                li { "the venue sells what they hold" } li { "what is sold moves the price" }
            }
        }
        (figure("Liquidated in the night", "dollars, and by how many times the loop makes it more", &groups, &said(gain, less)))
    }
}

/// What the gain says.
fn said(gain: f64, less: f64) -> String {
    let shown = |gain| Unit::Times.show(gain);
    format!(
        "The same night was run with sales that move prices and with sales that move nothing: the quotient is the gain, {} with \
         the defences off and {} with them on. The article divides 19.3 billion dollars by a sale of 60 million and has {GAIN:.0} \
         times; that is a quotient of two events and no gain, since most of what was liquidated would have been by the fall alone.",
        shown(gain),
        shown(less),
    )
}

fn dollars(who: &'static str, class: &'static str, value: f64) -> Bar {
    Bar { who, class, value, shown: Unit::Dollars.show(value) }
}
