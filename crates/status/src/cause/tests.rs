//! The words for a fault against faults that are known: sentences one by one, then many by seed.

use std::collections::BTreeMap;

use machine::Prng;

use super::*;
use crate::model::{BranchStanding, BranchView, ControlView};
use crate::testing::{START_MS, chain, overview};

fn of(overview: &Overview) -> Cause {
    diagnose(overview, &overview.chains[0])
}

fn controls(answers: bool) -> Vec<ControlView> {
    ["https://one.example", "https://two.example"]
        .map(|name| ControlView { name: name.to_owned(), answers: Some(answers) })
        .into()
}

const ALL: [&str; 5] = ["harbour", "northwind", "meridian", "lantern", "lantern-two"];

#[test]
fn one_endpoint_is_not_told_as_the_network() {
    let cause = of(&overview(9, &[("harbour", UpstreamState::Unreachable, 0)]));
    assert_eq!((cause.place, cause.words.as_str()), (Place::Provider, "one provider: harbour"));
    assert_eq!(cause.sentence, "3 other operators are well, so it is this one or the way to it.");
}

#[test]
fn both_endpoints_of_one_operator_are_its_fault() {
    let down = ["lantern", "lantern-two"].map(|name| (name, UpstreamState::Lagging, 0));
    let cause = of(&overview(9, &down));
    assert_eq!((cause.place, cause.words.as_str()), (Place::Provider, "one provider: lantern"));
    assert_eq!(
        cause.sentence,
        "All that are out share the operator lantern; 3 other operators are well."
    );
}

#[test]
fn a_client_bug_is_told_by_the_client_and_not_by_the_providers() {
    let down = ["harbour", "meridian"].map(|name| (name, UpstreamState::Quarantined, 0));
    let cause = of(&overview(9, &down));
    assert_eq!(cause.place, Place::Client);
    assert_eq!(cause.words, "client software: geth v1.14.0");
}

#[test]
fn faults_hours_apart_are_not_put_on_what_they_happen_to_share() {
    let down =
        [("harbour", UpstreamState::Lagging, 0), ("meridian", UpstreamState::Lagging, 7_200)];
    let cause = of(&overview(8_000, &down));
    assert_eq!(cause.place, Place::Several, "{cause:?}");
}

#[test]
fn two_witnesses_are_needed_to_blame_anybody() {
    let down = ["harbour", "northwind", "meridian"].map(|it| (it, UpstreamState::Unreachable, 1));
    let cause = of(&overview(9, &down));
    assert_eq!(cause.place, Place::Unknown);
    assert!(cause.sentence.starts_with("Only one independent operator is left"), "{cause:?}");
}

#[test]
fn our_connection_is_blamed_only_where_what_is_outside_fails_as_well() {
    let mut away = overview(9, &ALL.map(|name| (name, UpstreamState::Unreachable, 1)));
    let cause = of(&away);
    assert_eq!(cause.place, Place::Unknown);
    assert_eq!(
        cause.sentence,
        "All 5 providers are away, seen from one place: the network or our own connection; a second vantage would tell."
    );
    away.controls = controls(true);
    let cause = of(&away);
    assert_eq!(cause.place, Place::Unknown);
    assert!(cause.sentence.contains("so our own connection works"), "{cause:?}");
    away.controls = controls(false);
    let cause = of(&away);
    assert_eq!((cause.place, cause.words.as_str()), (Place::OurConnection, "our own connection"));
    // Controls that are down while the chain answers are the controls' own business.
    let mut well = overview(9, &[]);
    well.controls = controls(false);
    assert_eq!(of(&well).place, Place::Nowhere);
}

#[test]
fn a_chain_that_stands_still_is_not_told_as_the_whole_network() {
    let mut still = overview(0, &[]);
    still.chains[0].verdict = Verdict::Stalled;
    let cause = of(&still);
    assert_eq!(cause.place, Place::Unknown);
    assert!(cause.sentence.starts_with("All 5 that answer, of 4 operators and 4 clients, stand still, seen from one place: the network or our connection to it; a second vantage would tell."), "{cause:?}");
    still.chains[0].upstreams.truncate(2);
    assert!(of(&still).sentence.contains("too few"), "{:?}", of(&still));
}

#[test]
fn a_split_names_the_client_that_parted() {
    let mut split = overview(0, &[]);
    let chain = &mut split.chains[0];
    chain.verdict = Verdict::Split;
    let branch = |voters: &[&str], standing| BranchView {
        voters: voters.iter().map(|it| (*it).to_owned()).collect(),
        standing,
        ..BranchView::default()
    };
    chain.branches = vec![
        branch(&["northwind", "lantern", "lantern-two"], BranchStanding::Winner),
        branch(&["harbour", "meridian"], BranchStanding::Loser),
    ];
    let cause = of(&split);
    assert_eq!(cause.place, Place::Split);
    assert!(
        cause.sentence.starts_with("All 2 on one branch run geth v1.14.0 and nobody"),
        "{cause:?}"
    );
}

/// What is really the matter in a made-up case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    Nothing,
    Provider,
    Cloud,
    Client,
    Apart,
    OurConnection,
    NetworkAway,
    NetworkStill,
    Split,
}

const TRUTHS: [Truth; 9] = [
    Truth::Nothing,
    Truth::Provider,
    Truth::Cloud,
    Truth::Client,
    Truth::Apart,
    Truth::OurConnection,
    Truth::NetworkAway,
    Truth::NetworkStill,
    Truth::Split,
];

/// A made-up installation with one fault, and the word that is right for it.
struct Case {
    overview: Overview,
    truth: Truth,
    right: Place,
}

const CLOUDS: [&str; 5] =
    ["aws/us-east-1", "aws/eu-west-1", "gcp/europe-west4", "ovh/gra", "hetzner/fsn1"];
const CLIENTS: [&str; 6] = [
    "Geth/v1.16.4-stable/linux",
    "Geth/v1.9.13-stable/linux",
    "Nethermind/v1.33.1/linux",
    "besu/v25.9.0/linux",
    "erigon/3.1.0/linux",
    "reth/v1.8.2/linux",
];

/// Three to nine upstreams; about one in four has the operator of the one before.
fn installation(prng: &mut Prng) -> Overview {
    let mut chain = ChainView { upstreams: Vec::new(), ..chain() };
    for index in 0..3 + prng.index(7) {
        let operator = match chain.upstreams.last() {
            Some(last) if prng.below(4) == 0 => last.operator.clone(),
            _ => format!("operator-{index}"),
        };
        let cloud = CLOUDS[prng.index(CLOUDS.len())].to_owned();
        let client = CLIENTS[prng.index(CLIENTS.len())].to_owned();
        let name = format!("node-{index}");
        let state = UpstreamState::Serving;
        chain.upstreams.push(UpstreamView {
            name,
            operator,
            cloud,
            client,
            state,
            ..UpstreamView::default()
        });
    }
    let controls = if prng.below(2) == 0 { controls(true) } else { Vec::new() };
    Overview { chains: vec![chain], controls, at_unix_ms: START_MS, ..Overview::default() }
}

fn put_out(chain: &mut ChainView, which: &[usize], state: UpstreamState, since: u64) {
    for index in which {
        chain.upstreams[*index].state = state;
        chain.upstreams[*index].since_unix_ms = since + u64::try_from(*index).expect("small") * 900;
    }
    chain.verdict = Verdict::Degraded;
}

fn having(chain: &ChainView, label: Label, value: &str) -> Vec<usize> {
    let has = |index: &usize| label.of(&chain.upstreams[*index]) == value;
    (0..chain.upstreams.len()).filter(has).collect()
}

/// Operators of which no upstream is among `which`.
fn others(chain: &ChainView, which: &[usize]) -> usize {
    let hit: BTreeSet<&str> =
        which.iter().map(|index| chain.upstreams[*index].operator.as_str()).collect();
    let all: BTreeSet<&str> = chain.upstreams.iter().map(|it| it.operator.as_str()).collect();
    all.difference(&hit).count()
}

fn hit_operators(chain: &ChainView, which: &[usize]) -> usize {
    which.iter().map(|index| &chain.upstreams[*index].operator).collect::<BTreeSet<_>>().len()
}

/// A fault of all that share a label; `None` where this installation has none that would show it.
fn shared_fault(prng: &mut Prng, chain: &mut ChainView, label: Label) -> Option<Place> {
    let value = label.of(&chain.upstreams[prng.index(chain.upstreams.len())]);
    let mut hit = having(chain, label, &value);
    let wanted = if label == Label::Operator { 1 } else { 2 };
    if hit_operators(chain, &hit) < wanted || hit.len() == chain.upstreams.len() {
        return None;
    }
    let witnesses = others(chain, &hit);
    let state = [UpstreamState::Unreachable, UpstreamState::Lagging, UpstreamState::Quarantined]
        [prng.index(3)];
    // Sometimes the last of them has not been noticed yet.
    if hit.len() > 2 && prng.below(20) == 0 {
        hit.pop();
    }
    put_out(chain, &hit, state, START_MS - 40_000);
    // Sometimes another fails by itself.
    let well: Vec<usize> =
        (0..chain.upstreams.len()).filter(|index| !hit.contains(index)).collect();
    if hit.len() > 2 && witnesses > 2 && prng.below(8) == 0 {
        put_out(
            chain,
            &[well[prng.index(well.len())]],
            UpstreamState::Unreachable,
            START_MS - 9_000,
        );
    }
    Some(if witnesses < 2 { Place::Unknown } else { label.place() })
}

fn case(seed: u64) -> Option<Case> {
    let mut prng = Prng::new(seed);
    let truth = TRUTHS[usize::try_from(seed).expect("small") % TRUTHS.len()];
    let mut overview = installation(&mut prng);
    let has_controls = !overview.controls.is_empty();
    let chain = &mut overview.chains[0];
    let all: Vec<usize> = (0..chain.upstreams.len()).collect();
    let right = match truth {
        Truth::Nothing => Place::Nowhere,
        Truth::Provider => shared_fault(&mut prng, chain, Label::Operator)?,
        Truth::Cloud => {
            let label = [Label::Region, Label::Cloud][prng.index(2)];
            shared_fault(&mut prng, chain, label)?
        }
        Truth::Client => {
            let label = [Label::Family, Label::Version][prng.index(2)];
            shared_fault(&mut prng, chain, label)?
        }
        Truth::Apart => {
            let (one, other) = (prng.index(all.len()), prng.index(all.len()));
            if hit_operators(chain, &[one, other]) < 2 {
                return None;
            }
            put_out(chain, &[one], UpstreamState::Lagging, START_MS - 9_000_000);
            put_out(chain, &[other], UpstreamState::Unreachable, START_MS - 5_000);
            let well = chain.serving().map(|upstream| &upstream.operator).collect::<BTreeSet<_>>();
            if well.len() < 2 { Place::Unknown } else { Place::Several }
        }
        Truth::OurConnection | Truth::NetworkAway => {
            put_out(chain, &all, UpstreamState::Unreachable, START_MS - 8_000);
            chain.verdict = Verdict::Unreachable;
            let ours = truth == Truth::OurConnection;
            overview.controls.iter_mut().for_each(|control| control.answers = Some(!ours));
            if ours && has_controls { Place::OurConnection } else { Place::Unknown }
        }
        Truth::NetworkStill => {
            chain.verdict = Verdict::Stalled;
            Place::Unknown
        }
        Truth::Split => {
            let label = Label::Family;
            let hit = having(chain, label, &label.of(&chain.upstreams[0]));
            put_out(chain, &hit, UpstreamState::Quarantined, START_MS - 4_000);
            chain.verdict = [Verdict::Split, Verdict::Undecided][prng.index(2)];
            Place::Split
        }
    };
    // Somebody is just back.
    let chain = &mut overview.chains[0];
    if chain.serving().count() > 3 && prng.below(7) == 0 {
        let well = chain.upstreams.iter_mut().filter(|it| it.state == UpstreamState::Serving);
        well.last()?.state = UpstreamState::Probation;
    }
    Some(Case { overview, truth, right })
}

/// Where two labels fit equally, naming both is right.
fn is_right(case: &Case, cause: &Cause) -> bool {
    let either = cause.words.contains(" or ");
    let two_fit = matches!(case.right, Place::Cloud | Place::Client) && either;
    cause.place == case.right || two_fit
}

#[test]
fn from_one_place_the_word_is_right_and_never_that_the_whole_network_is_down() {
    let mut matrix: BTreeMap<(Truth, Place), usize> = BTreeMap::new();
    let (mut right, mut total, mut wrong) = (0_usize, 0_usize, Vec::new());
    for (seed, case) in (0..3_000).filter_map(|seed| Some((seed, case(seed)?))) {
        let cause = of(&case.overview);
        *matrix.entry((case.truth, cause.place)).or_default() += 1;
        total += 1;
        if is_right(&case, &cause) {
            right += 1;
        } else {
            wrong.push((seed, case.truth, case.right, cause.words.clone()));
        }
        let told = crate::verdict::overall(&case.overview, &|_| None);
        let text = format!("{} {} {}", told.headline, told.sentence, cause.words).to_lowercase();
        for claim in ["network-wide", "network is", "whole network", "network has"] {
            assert!(!text.contains(claim), "seed {seed} claims {claim}: {text}");
        }
        assert!(
            cause.place != Place::OurConnection || case.truth == Truth::OurConnection,
            "seed {seed} blames our own connection for {:?}",
            case.truth
        );
    }
    assert!(total >= 1_500, "only {total} cases");
    assert!(right * 100 >= total * 95, "{right} of {total}: {matrix:#?} {wrong:#?}");
    for truth in TRUTHS {
        let cases = matrix.iter().filter(|((of, _), _)| *of == truth).map(|(_, number)| number);
        assert!(cases.sum::<usize>() >= 50, "{truth:?} is hardly tried: {matrix:#?}");
    }
}
