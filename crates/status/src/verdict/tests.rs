//! The sentences, word for word: they are what people act on.

use super::*;

use crate::model::{BranchStanding, BranchView};
use crate::testing::{block, chain, overview};

fn sentence(overview: &Overview) -> String {
    overall(overview, &|_| None).sentence
}

fn with(verdict: Verdict, change: impl FnOnce(&mut ChainView)) -> Overview {
    let mut overview = overview(0, &[]);
    let mut chain = ChainView { verdict, ..chain() };
    change(&mut chain);
    overview.chains = vec![chain];
    overview
}

#[test]
fn all_well_says_what_it_rests_on() {
    assert_eq!(
        sentence(&overview(0, &[])),
        "ethereum answers normally: head 19,234,567, 2 s old, 5 of 5 upstreams agree, run by 4 operators."
    );
}

#[test]
fn two_nodes_down_are_named_with_what_is_left() {
    let down =
        [("harbour", UpstreamState::Unreachable, 0), ("northwind", UpstreamState::Lagging, 29)];
    let found = overall(&overview(41, &down), &|_| None);
    assert_eq!(found.severity, Severity::Minor);
    assert_eq!(found.headline, "Answering; 2 of 5 upstreams are out");
    assert_eq!(
        found.sentence,
        "ethereum is answering: 3 of 5 upstreams, run by 2 operators, agree on head 19,234,567, 2 s old. Out: harbour, \
         unreachable for 41 s (cannot connect: connection refused); northwind, lagging for 12 s (frozen at block 19234500 \
         while others are 67 further). They have no operator, cloud or client in common that explains it; 2 other \
         operators are well."
    );
}

#[test]
fn a_chain_whose_rest_agrees_still_tells_first_who_is_out() {
    let down = [("harbour", UpstreamState::Unreachable, 0)];
    let mut one_out = overview(41, &down);
    one_out.chains[0].verdict = Verdict::Healthy;
    let found = overall(&one_out, &|_| None);
    assert_eq!(found.headline, "Answering; 1 of 5 upstreams is out");
    assert!(found.sentence.contains("Out: harbour, unreachable"), "{}", found.sentence);
}

#[test]
fn the_last_upstream_standing_is_not_told_as_agreement() {
    let names = ["harbour", "northwind", "meridian", "lantern"];
    let down = names.map(|name| (name, UpstreamState::Unreachable, 1));
    let found = overall(&overview(9, &down), &|_| None);
    assert_eq!(found.severity, Severity::Major);
    assert!(
        found.sentence.contains("one of 5 upstreams is left, and nothing can confirm its head"),
        "{}",
        found.sentence
    );
}

#[test]
fn a_shared_cloud_is_named_only_where_nobody_well_shares_it() {
    let down = [
        ("lantern", UpstreamState::Unreachable, 0),
        ("lantern-two", UpstreamState::Unreachable, 0),
    ];
    assert!(
        sentence(&overview(9, &down))
            .ends_with("All that are out share the operator lantern; 3 other operators are well.")
    );
    let down =
        [("harbour", UpstreamState::Unreachable, 0), ("lantern", UpstreamState::Unreachable, 0)];
    assert!(!sentence(&overview(9, &down)).contains("share"));
}

#[test]
fn one_place_never_claims_to_know_the_whole_network() {
    let names = ["harbour", "northwind", "meridian", "lantern", "lantern-two"];
    let down = names.map(|name| (name, UpstreamState::Unreachable, 1));
    let alone = overview(13, &down);
    let text = sentence(&alone);
    assert!(
        text.starts_with(
            "ethereum does not answer: none of its 5 upstreams could be used for 12 s."
        ),
        "{text}"
    );
    assert!(
        text.ends_with(
            "seen from one place: the network or our own connection; a second vantage would tell."
        ),
        "{text}"
    );
    let mut two = alone;
    two.chains.push(ChainView { name: "gnosis".to_owned(), ..chain() });
    let text = sentence(&two);
    assert!(
        text.contains("upstreams of gnosis answer, so our own connection is not wholly down"),
        "{text}"
    );
    assert!(text.ends_with("gnosis answers normally."), "{text}");
    for verdict in [Verdict::Stalled, Verdict::Unreachable, Verdict::Undecided, Verdict::Split] {
        assert!(!sentence(&with(verdict, |_| ())).contains("network-wide"));
    }
}

#[test]
fn splits_and_stalls_say_what_is_still_served() {
    let split = with(Verdict::Split, |chain| {
        chain.fork = Some(block(19_234_560, 90_000));
        let branch = |voters: &[&str], standing| BranchView {
            head: block(19_234_567, 0),
            voters: voters.iter().map(|it| (*it).to_owned()).collect(),
            standing,
            ..BranchView::default()
        };
        chain.branches = vec![
            branch(&["d"], BranchStanding::Loser),
            branch(&["a", "b", "c"], BranchStanding::Winner),
        ];
        chain.verdict_reason = "three operators against one".to_owned();
    });
    assert_eq!(
        sentence(&split),
        "ethereum has split after block 19,234,560: following head 19,234,567, 2 s old, which 3 upstreams confirm; \
         no calls go to 1 upstream on another branch. Three operators against one."
    );
    let stalled = with(Verdict::Stalled, |chain| chain.head = Some(block(100, 60_000)));
    let text = sentence(&stalled);
    assert!(text.starts_with("ethereum has stopped at block 100: 5 of 5 upstreams that answer show no new block for 1 min, 5 times"), "{text}");
    assert!(
        sentence(&with(Verdict::Undecided, |_| ()))
            .contains("only what all branches share is served")
    );
}

#[test]
fn failing_calls_are_told_even_where_all_upstreams_look_well() {
    let failing = FailingCalls { failed: 7, total: 120, window_ms: 30_000 };
    let found = overall(&overview(0, &[]), &|_| Some(failing));
    assert_eq!((found.severity, found.headline.as_str()), (Severity::Major, "Some calls fail"));
    assert!(found.sentence.ends_with("7 of 120 calls failed in the last 30 s."));
}

#[test]
fn no_measurement_is_not_told_as_health() {
    assert_eq!(overall(&Overview::default(), &|_| None).severity, Severity::Unknown);
    assert_eq!(overall(&with(Verdict::Unknown, |_| ()), &|_| None).severity, Severity::Unknown);
    let good = overall(&overview(0, &[]), &|_| None);
    let old = stale(&good, 61_000);
    assert_eq!(old.severity, Severity::Unknown);
    assert!(
        old.sentence.starts_with(
            "Nothing has been measured for 1 min 1 s. The last that was seen: ethereum"
        )
    );
}
