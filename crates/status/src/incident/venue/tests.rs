//! Scripted venues and the incidents that come of them.

use super::super::tests::Script;
use super::*;
use crate::model::ControlView;
use crate::price::{PriceStatus, PriceView, SourceView};
use crate::testing::{START_MS, venue};

/// A script of so many well seconds and then so many troubled ones.
fn troubled(seconds: u64, change: impl Fn(&mut Overview)) -> Script {
    let mut script = Script::new();
    script.run_with(10, |overview| overview.venue = Some(venue()));
    assert!(script.names().is_empty());
    script.run_with(seconds, |overview| {
        overview.venue = Some(venue());
        change(overview);
    });
    script
}

fn of_venue(overview: &mut Overview) -> &mut VenueView {
    overview.venue.as_mut().expect("there is one")
}

fn bodies(script: &Script) -> Vec<String> {
    let incident = script.log.all().next().expect("an incident");
    incident.updates.iter().map(|update| update.body.clone()).collect()
}

fn away(view: &mut VenueView) {
    view.connected = false;
    view.markets.iter_mut().for_each(|market| market.status = PriceStatus::Halted);
}

#[test]
fn a_journal_that_stopped_is_one_incident_and_ours() {
    // Whoever is on duty has to see at once that no provider is to be called.
    let mut script = troubled(20, |overview| {
        let view = of_venue(overview);
        view.state = VenueState::Stopped("the disk is full".to_owned());
        away(view);
    });
    assert_eq!(script.names(), ["Venue: stopped"]);
    assert_eq!(script.log.open()[0].impact, Severity::Critical);
    assert_eq!(
        bodies(&script),
        [
            "The venue takes nothing any more: the disk is full. What was durable can still be read.",
            "It is this installation: the venue itself. Nothing outside has to do with it.",
        ]
    );
    script.run_with(300, |overview| overview.venue = Some(venue()));
    assert_eq!(script.statuses(), ["investigating", "identified", "monitoring", "resolved"]);
}

#[test]
fn a_broken_invariant_is_announced_with_its_name() {
    let script = troubled(20, |overview| {
        let view = of_venue(overview);
        view.halted = true;
        view.proof.broken = vec!["VN-1".to_owned()];
    });
    assert_eq!(script.names(), ["Venue: an invariant is broken"]);
    assert_eq!(
        bodies(&script)[0],
        "Counted anew, VN-1 does not hold: the venue refuses everything until somebody has looked. Of the money that was \
         brought in none is missing and none was made."
    );
}

#[test]
fn prices_away_is_one_incident_and_tells_whose_fault_it_is() {
    let control = |answers| {
        vec![ControlView { name: "https://control.example".to_owned(), answers: Some(answers) }]
    };
    let second = |overview: &mut Overview| {
        away(of_venue(overview));
        // The chain's upstreams are as well or as badly as the controls.
        overview.controls = control(true);
    };
    let script = troubled(20, second);
    assert_eq!(script.names(), ["Venue: prices away"]);
    assert!(bodies(&script)[0].contains("the stream of its oracle is not there"));
    assert!(
        bodies(&script)[1].starts_with("It is one provider: the oracle at http://oracle.example.")
    );
    let ours = troubled(20, |overview| {
        second(overview);
        overview.controls = control(false);
        overview.chains.clear();
    });
    assert!(bodies(&ours)[1].starts_with("It is our own connection."), "{:?}", bodies(&ours));
    let unknown = troubled(60, |overview| {
        second(overview);
        overview.controls.clear();
    });
    assert_eq!(unknown.statuses(), ["investigating"], "nothing tells");
    let between = troubled(20, |overview| {
        second(overview);
        overview.prices = vec![PriceView {
            symbol: "BTC/USD".to_owned(),
            status: PriceStatus::Live,
            ..PriceView::default()
        }];
    });
    assert!(bodies(&between)[1].contains("the way from its oracle to its venue"));
}

#[test]
fn one_exchange_that_lies_is_told_as_one_provider() {
    let script = troubled(60, |overview| {
        of_venue(overview).markets[0].status = PriceStatus::Degraded;
        let source = |name: &str, refused: bool| SourceView {
            name: name.to_owned(),
            refused: refused.then(|| "it is too far from the others".to_owned()),
            ..SourceView::default()
        };
        overview.prices = vec![PriceView {
            symbol: "BTC/USD".to_owned(),
            status: PriceStatus::Degraded,
            sources: vec![source("binance:BTCUSDT", true), source("okx:BTC-USDT", false)],
            ..PriceView::default()
        }];
    });
    let incident = script.log.all().find(|it| it.name == "BTCUSDT: price degraded");
    let incident = incident.expect("an incident of the market");
    let told = incident.updates.iter().any(|it| it.body.contains("It is one provider: binance."));
    assert!(told, "{incident:?}");
}

#[test]
fn a_halted_market_is_an_incident_of_its_own_and_no_word_on_providers() {
    let script = troubled(20, |overview| {
        of_venue(overview).markets[1].state = MarketState::Halted;
    });
    assert_eq!(script.names(), ["ETHUSDT: halted"]);
    let incident = script.log.open()[0];
    assert_eq!(incident.impact, Severity::Critical);
    assert_eq!(incident.affected, BTreeSet::from([ComponentKey::Market("ETHUSDT".to_owned())]));
    assert!(!bodies(&script).iter().any(|body| body.contains("provider")));
}

#[test]
fn overload_says_which_lane_sheds_and_that_the_other_goes_through() {
    // A trader who reads only "overloaded" does not know that they could still get out.
    let load = |shed_a_second: [u64; 2]| {
        move |overview: &mut Overview| {
            let second = (overview.at_unix_ms - START_MS) / 1_000;
            for (lane, shed) in of_venue(overview).lanes.iter_mut().zip(shed_a_second) {
                lane.admitted = second * 100;
                lane.shed = second * shed;
            }
        }
    };
    let script = troubled(40, load([0, 900]));
    assert_eq!(script.names(), ["Venue: overloaded"]);
    let incident = script.log.open()[0];
    assert_eq!(incident.impact, Severity::Minor);
    let body = &incident.updates[0].body;
    assert!(
        body.starts_with("Of new risk ") && body.contains(" were sent away in the last "),
        "{body}"
    );
    assert!(body.ends_with("What cuts risk goes through."), "{body}");
    assert_eq!(troubled(40, load([900, 900])).log.open()[0].impact, Severity::Major);
}

#[test]
fn a_start_is_no_incident_and_a_venue_that_never_opens_is_one() {
    let mut script = Script::new();
    script.run_with(25, |overview| overview.venue = Some(VenueView::default()));
    assert!(script.names().is_empty());
    script.run_with(10, |overview| overview.venue = Some(VenueView::default()));
    assert_eq!(script.names(), ["Venue: not open"]);
}
