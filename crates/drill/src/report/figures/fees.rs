//! Fees under stress: by how many times they grew, and how fast they can.

use maud::{Markup, html};

use super::super::bars::{Bar, Group, figure};
use super::super::curves::series;
use super::super::plot::{Chart, Line, plot};
use super::super::words;
use super::value;
use crate::drilled::Drilled;

/// The drill.
const DRILL: &str = "gas";

/// The article's chains: their fees before and after, by how many times that is, and the drill's figure of how many full
/// blocks this takes.
const CHAINS: [(&str, &str, f64, &str); 3] = [
    ("Ethereum", "$5 to $450", 90.0, "blocks_to_90x"),
    ("Arbitrum", "$0.50 to $15", 30.0, "blocks_to_30x"),
    ("Optimism", "$0.30 to $12", 40.0, "blocks_to_40x"),
];

/// The article's multiples beside our run's, and our run's price; nothing where it was not run.
pub(super) fn fees(drilled: &[Drilled]) -> Markup {
    let Some(peak) = value(drilled, DRILL, "off", "peak_times") else { return html! {} };
    let times = |who, class, value: f64| Bar {
        who,
        class,
        value,
        shown: format!("{}\u{d7}", words::axis(value.round(), "")),
    };
    let group = |(chain, said, article, blocks): (&str, &str, f64, &str)| {
        let blocks = value(drilled, DRILL, "off", blocks);
        let blocks = blocks.map(|blocks| {
            format!("; by the rule of Ethereum\u{2019}s fee market {blocks:.0} full blocks")
        });
        let mut bars = vec![times("article", "article", article)];
        if chain == "Ethereum" {
            bars.push(times("our run", "record", peak));
        }
        Group {
            name: chain.to_owned(),
            about: format!("the article: {said}{}", blocks.unwrap_or_default()),
            bars,
        }
    };
    let groups: Vec<Group> = CHAINS.into_iter().map(group).collect();
    html! {
        (figure("Fees under stress: the dearest by the usual", "times", &groups, ""))
        (price(drilled))
        p .said {
            "No source was found for the article\u{2019}s dollars. The record\u{2019}s dearest day by mean fee is $196.64 (2022-05-01). \
             Our run asks how fast the price of room can grow by the rule of the fee market: 90 times takes 39 full blocks, eight and a half minutes. "
            a href=(format!("#{DRILL}")) { "The drill" } "."
        }
    }
}

/// The price of room over the rush.
fn price(drilled: &[Drilled]) -> Markup {
    let drill = drilled.iter().find(|it| it.name == DRILL);
    let Some(series) = drill.and_then(|drill| series(drill, "off", "price")) else {
        return html! {};
    };
    let chart = Chart {
        title: "What it takes to be in a block, in our run",
        unit: &series.unit,
        across: None,
    };
    plot(chart, &[Line { class: "world", name: "the price", points: &series.points }])
}
