//! The report of drills that were never run: their outcomes are made here.

use std::collections::BTreeMap;

use incident::{
    Bounds, Event, Expectation, Incident, Outcome, Profile, Risk, Role, Series, Values, cases,
    target_case,
};

use super::*;
use crate::drilled::Ran;
use crate::request::Form;
use crate::spread::{AtRisk, CaseAtRisk, Spread};

const FILE: &str = r#"
id = "one-venue"
title = "A price on one venue"
date = "2025-10-10"
shows = "A price of six venues is not moved by one."
story = ["One venue printed 0.65 <b>.", "Others held."]
minutes = 0.5
mechanism = "depeg"
disputed = ["The article has it first; the record has it after the fall."]
configuration = '''
[gateway]
admission = "fair"
[oracle]
rule = "median"
'''
[parameters]
fall_percent = 35
[[fact]]
what = "the low"
value = "0.65"
source = "ArkStream"
article = "0.60"
[[moment]]
at = "21:40"
what = "the low"
[[defence]]
id = "venues"
name = "six venues"
key = "oracle.rule"
off = "first"
remedy = "several sources"
[[defence]]
id = "admission"
name = "who cuts risk first"
key = "gateway.admission"
off = "fifo"
[[remedy]]
id = "average"
name = "an average alone"
defences = "off"
remedy = "a TWAP would have failed it"
[remedy.set]
"oracle.average" = "30m"
[[metric]]
id = "accounts"
name = "accounts liquidated"
unit = "count"
better = "lower"
[[metric]]
id = "dollars"
name = "liquidated"
unit = "dollars"
better = "lower"
"#;

/// A drill with these damages: off, on, without the first and the second defence, and with the remedy.
pub(super) fn drilled(damages: [f64; 5]) -> Drilled {
    let incident = Incident::read("one.toml", FILE).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let cases = cases(&incident, &incident.parameters).expect("its changes lead somewhere");
    let run = |(case, damage): (incident::Case, f64)| {
        let mut outcome = Outcome::default();
        outcome.figure("accounts", damage);
        outcome.figure("dollars", damage * 12_000.0);
        let least = if case.role == Role::On { 0.99 } else { 0.65 };
        let points = (0..=100).map(|at| (f64::from(at) * 60.0, if at == 50 { least } else { 1.0 }));
        outcome.curve(Series::new("price", "what the venue marks by", "USD", points.collect()));
        outcome.events.push(Event { at: 3_000.0, what: "the sale".to_owned() });
        Ran { case, outcome }
    };
    let ran = cases.into_iter().zip(damages).map(run).collect();
    Drilled {
        name: "one-venue".to_owned(),
        incident,
        about: "A venue and five others. It leaves out who sold.".to_owned(),
        seed: 7,
        form: Form::Full,
        is_deterministic: true,
        is_only_data: false,
        ran,
        expectation: Expectation::default(),
        broken: Vec::new(),
        risk: None,
    }
}

#[test]
fn a_board_sees_the_damage_the_shares_and_how_to_repeat_it() {
    // The report is what people decide by: a figure in the wrong row decides wrongly.
    let page = report(&[drilled([10_000.0, 100.0, 9_000.0, 150.0, 16_000.0])]);
    for wanted in [
        "1 crisis replayed",
        "<b>1</b> with at most a tenth of the damage left",
        "10,000 \u{2192} <b>100</b>",
        "\u{2212}99\u{a0}%",
        "without: six venues",
        "\u{201c}several sources\u{201d}",
        "helps somewhat",
        "harms",
        "+60\u{a0}%",
        "seawall drill run one-venue --seed 7",
        "It leaves out who sold.",
        "The article has it first",
        "ArkStream",
        "fall_percent",
    ] {
        assert!(page.contains(wanted), "{wanted:?} is not in the page");
    }
    assert!(page.contains("0.65 &lt;b&gt;"), "texts of files are text");
}

#[test]
fn a_gateway_of_the_users_own_stands_beside_ours_and_only_where_there_is_one() {
    // Whoever drilled his own would show his board a report without it, or all others one with an empty column.
    let mut beside = drilled([10_000.0, 100.0, 9_000.0, 150.0, 16_000.0]);
    assert!(!report(&[beside.clone()]).contains("yours"));
    let mut outcome = Outcome::default();
    outcome.figure("accounts", 20_000.0);
    let case = target_case(&beside.incident, &beside.incident.parameters);
    beside.ran.push(Ran { case, outcome });
    let page = report(&[beside]);
    assert!(page.contains("yours") && page.contains("20,000"), "{page}");
    assert!(
        page.contains("width=\"50.00%\""),
        "the scale of the bars ends at the longest of the three"
    );
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    // It is sent by mail and opened in a room without a network; and a practice page's policy forbids scripts.
    let page = report(&[drilled([10.0, 1.0, 9.0, 2.0, 5.0])]);
    for unwanted in ["<script", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
}

#[test]
fn a_defence_that_does_not_hold_is_said_on_the_first_screen() {
    // A report that hides what failed is advertising.
    let mut failed = drilled([10.0, 11.0, 11.0, 11.0, 11.0]);
    failed.broken.push("on: accounts is 11, and 5 at most is expected".to_owned());
    let page = report(&[failed]);
    let first = page.split("All incidents").next().unwrap_or_default();
    assert!(first.contains("not as expected"));
    assert!(page.contains("<b>1</b> in which nothing is gained"));
    assert!(page.contains("5 at most is expected"));
}

#[test]
fn the_picture_stands_alone() {
    // A browser shows nothing of an SVG that is not well formed.
    let drawn = picture(&[drilled([10_000.0, 100.0, 0.0, 0.0, 0.0]), drilled([0.0; 5])]);
    assert!(drawn.starts_with("<svg xmlns="));
    assert_eq!(drawn.matches("<text").count(), drawn.matches("</text>").count());
    assert!(drawn.contains("width=\"1.6\""), "a hundredth of the bar is left:\n{drawn}");
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    // Else the report could not be kept beside the figures that it was made from.
    let make = || report(&[drilled([10_000.0, 100.0, 9_000.0, 150.0, 16_000.0])]);
    assert_eq!(make(), make());
}

#[test]
fn another_version_of_a_day_is_no_further_crisis() {
    // A night that is played twice would count twice, and two bars of one name could not be told apart.
    let mut incident = drilled([10.0, 1.0, 9.0, 2.0, 5.0]);
    incident.incident.profiles.push(Profile {
        id: "article".to_owned(),
        name: "the article\u{2019}s hours".to_owned(),
        parameters: Values::default(),
    });
    let version = Drilled { name: "one-venue-article".to_owned(), ..incident.clone() };
    let page = report(&[incident.clone(), version.clone()]);
    assert!(page.contains("1 crisis replayed"));
    assert!(page.contains("A price on one venue: the article\u{2019}s hours"));
    assert_eq!(picture(&[incident.clone(), version]), picture(&[incident]));
}

#[test]
fn what_harms_or_does_nothing_is_said_in_words_with_its_figure() {
    // A committee would buy the remedy that the article names, and that the runs speak against.
    let page = report(&[drilled([10_000.0, 100.0, 9_000.0, 150.0, 16_000.0])]);
    let told =
        page.split("id=\"not-helping\"").nth(1).and_then(|rest| rest.split("</section>").next());
    let told = told.expect("there is such a part");
    for wanted in ["Harms", "a TWAP would have failed it", "an average alone", "10,000", "16,000"] {
        assert!(told.contains(wanted), "{wanted:?} is not in {told}");
    }
    let helps = report(&[drilled([10_000.0, 100.0, 9_000.0, 150.0, 1.0])]);
    assert!(!helps.contains("id=\"not-helping\""), "nothing is said against what helps");
}

#[test]
fn the_defence_that_is_missed_has_the_credit() {
    // Money would go to the defence that made no difference.
    let page = report(&[drilled([10_000.0, 100.0, 9_000.0, 105.0, 0.0])]);
    assert!(page.contains("data-label=\"what did it\">six venues</td>"));
    let either = report(&[drilled([10_000.0, 100.0, 100.0, 100.0, 0.0])]);
    assert!(either.contains("any of them alone can be missing: six venues; who cuts risk first"));
}

#[test]
fn what_was_expected_and_whether_it_can_be_repeated_stand_with_the_damage() {
    // A figure of one run on one machine would be quoted as if it came out so every time.
    let mut live = drilled([10.0, 1.0, 9.0, 2.0, 5.0]);
    live.is_deterministic = false;
    let bounds = |least, most| BTreeMap::from([("accounts".to_owned(), Bounds { least, most })]);
    live.expectation.bounds.insert("off".to_owned(), bounds(8.0, 20.0));
    live.expectation.bounds.insert("on".to_owned(), bounds(0.0, 2.0));
    let page = report(&[live]);
    assert!(page.contains("measured live") && !page.contains("repeatable by its seed"));
    assert!(page.contains("Expected: off 8 to 20; on at most 2."), "{page}");
}

#[test]
fn the_risk_over_seeds_is_shown_with_its_intervals() {
    // A percentile without its interval looks surer than it is.
    let mut risky = drilled([10.0, 1.0, 9.0, 2.0, 5.0]);
    risky.incident.risk =
        Some(Risk { value: "dollars".to_owned(), liquidations: "accounts".to_owned() });
    let spread =
        Spread { mean: 4e8, deviation: 1e8, percentile: 5.12e8, interval: (5.01e8, 5.31e8) };
    let case = |id: &str| CaseAtRisk {
        id: id.to_owned(),
        name: format!("defence {id}"),
        value: spread,
        liquidations: spread,
    };
    risky.risk = Some(AtRisk { seed: 1, seeds: 1_000, cases: vec![case("off"), case("on")] });
    let page = report(&[risky]);
    assert!(page.contains("1000 seeds, 1 to 1000"));
    assert!(page.contains("<b>$512 m</b>") && page.contains("$501 m to $531 m"));
    let without = report(&[drilled([10.0, 1.0, 9.0, 2.0, 5.0])]);
    assert!(without.contains("Not measured in this report"));
}
