//! What is said of the venue beside everything else.

use super::*;
use crate::price::PriceStatus;
use crate::testing::{START_MS, overview, venue};
use crate::venue::MarketState;

fn other(severity: Severity) -> Finding {
    Finding {
        severity,
        headline: "The chain".to_owned(),
        sentence: "Of the chain.".to_owned(),
        cause: Cause::default(),
    }
}

fn told(other: Finding, change: impl Fn(&mut VenueView), others: bool) -> Finding {
    let mut view = venue();
    change(&mut view);
    let overview = Overview { venue: Some(view), at_unix_ms: START_MS, ..overview(0, &[]) };
    with_venue(other, &overview, &[], others)
}

#[test]
fn the_worse_of_two_is_said_first_and_neither_is_left_out() {
    let found = told(other(Severity::Good), |_| {}, true);
    assert_eq!((found.severity, found.headline.as_str()), (Severity::Good, "The chain"));
    assert_eq!(
        found.sentence,
        "Of the chain. All 2 markets trade, money is conserved; the fund holds 1,000,000 USDT."
    );
    let halt = |view: &mut VenueView| view.markets[0].state = MarketState::Halted;
    let found = told(other(Severity::Minor), halt, true);
    assert_eq!((found.severity, found.headline.as_str()), (Severity::Critical, "BTCUSDT: halted"));
    assert!(found.sentence.ends_with("1 of 2 markets trade. Of the chain."), "{}", found.sentence);
    let found = told(other(Severity::Critical), halt, true);
    assert_eq!(found.headline, "The chain");
    assert!(found.sentence.contains("BTCUSDT is halted"));
}

#[test]
fn whose_fault_it_is_is_not_lost_beside_something_worse() {
    // A reader would go on looking for what the page knows.
    let stopped =
        |view: &mut VenueView| view.state = VenueState::Stopped("the disk is full".into());
    let found = told(other(Severity::Critical), stopped, true);
    assert_eq!(found.headline, "The chain");
    assert_eq!(found.cause.words, "this installation: the venue itself");
}

#[test]
fn a_venue_alone_has_a_verdict_of_its_own() {
    let found = told(other(Severity::Unknown), |_| {}, false);
    assert_eq!((found.severity, found.headline.as_str()), (Severity::Good, "All 2 markets trade"));
}

#[test]
fn a_start_is_not_told_as_an_outage() {
    for change in [(|view| view.state = VenueState::Starting) as fn(&mut VenueView), |view| {
        for market in &mut view.markets {
            (market.index, market.status) = (None, PriceStatus::Halted);
        }
    }] {
        let found = told(other(Severity::Unknown), change, false);
        assert_eq!(found.severity, Severity::Unknown);
        assert_eq!(found.cause, Cause::default());
    }
}
