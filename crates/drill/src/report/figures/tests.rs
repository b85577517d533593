//! The figures of drills that were never run.

use incident::{Outcome, Series};

use super::super::tests::drilled;
use super::*;

/// A drill of this name whose runs with the defences off and on have these figures.
fn named(name: &str, figures: &[(&str, f64, f64)]) -> Drilled {
    let mut drill = drilled([1.0; 5]);
    name.clone_into(&mut drill.name);
    name.clone_into(&mut drill.incident.id);
    for ran in &mut drill.ran {
        let is_on = ran.case.id == "on";
        let mut outcome = Outcome::default();
        for (id, off, on) in figures {
            outcome.figure(id, if is_on { *on } else { *off });
        }
        ran.outcome = outcome;
    }
    drill
}

#[test]
fn the_hours_and_the_gain_are_those_of_the_run() {
    // A board would read the article's 322 times, or hours that are not those of the night that was run.
    let night = named(
        "oct10",
        &[
            ("usd_20_21", 8.16e9, 7.65e9),
            ("usd_21_22", 11.56e9, 8.98e9),
            ("usd_22_04", 0.0, 0.0),
            ("liquidated_usd", 19.71e9, 16.63e9),
            ("gain", 1.3464, 1.1361),
            ("share_2050_2130", 69.2, 72.2),
            ("peak_at_minutes", 70.0, 71.0),
            ("peak_minute_usd", 5.5e9, 2.57e9),
        ],
    );
    let drawn = figures(&[night]).into_string();
    for wanted in ["$8.16 bn", "$11.6 bn", "$19.7 bn (1.35\u{d7})", "$16.6 bn (1.14\u{d7})"] {
        assert!(drawn.contains(wanted), "{wanted:?} is not in {drawn}");
    }
    assert_eq!(drawn.matches("$14.6 bn").count(), 2, "the fall alone is the same in both");
    assert!(drawn.contains("Our run has 69.2 %, and its worst minute at 21:10 with $5.50 bn."));
}

#[test]
fn the_path_of_a_price_is_drawn_from_both_runs() {
    // Without the run with the defences on nobody sees that they held.
    let mut coin = named("usde", &[]);
    for ran in &mut coin.ran {
        for id in ["venue", "elsewhere", "index"] {
            ran.outcome.curve(Series::new(id, id, "USD", vec![(0.0, 1.0), (60.0, 0.65)]));
        }
    }
    assert!(figures(&[coin.clone()]).into_string().contains("collateral valued at, defence on"));
    coin.ran.retain(|ran| ran.case.id != "on");
    assert!(!figures(&[coin]).into_string().contains("The oracle attack"));
}

#[test]
fn fees_stand_beside_what_our_run_came_to() {
    // The article's multiples have no source; ours is what the rule of the fee market allows.
    let drawn =
        figures(&[named("gas", &[("peak_times", 102.7, 93.3), ("blocks_to_90x", 39.0, 39.0)])]);
    let drawn = drawn.into_string();
    assert!(drawn.contains("<b>90\u{d7}</b>") && drawn.contains("<b>103\u{d7}</b>"), "{drawn}");
    assert!(drawn.contains("39 full blocks"));
}
