//! Random lasting splits, decided by the rule as the documentation words it, worked out by hand.

use std::collections::BTreeSet;

use gateway_core::{BlockRef, CallOutput, MethodClass, State};
use machine::Prng;

use crate::bench::{BLOCK, Bench, hash};

/// Splits in a run.
const SEEDS: u64 = 120;

/// Divisible by the weight of every class that can be: up to six operators, each counted in sixths.
const UNIT: u128 = 144_403_552_893_600;

/// What upstreams run; the last two are not known by name and are one class.
const CLIENTS: [&str; 7] = [
    "Geth/v1.9.13-stable/linux-amd64/go1.14.2",
    "Geth/v1.9.23-stable/linux-amd64/go1.15.2",
    "Geth/v1.9.13-stable/linux-amd64/go1.14.2",
    "Nethermind/v1.25.0",
    "besu/v24.1.0",
    "proxy/v1",
    "balancer/v2",
];

/// The names of the operators.
const OPERATORS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Branch letters in the blocks' hashes.
const BRANCHES: [u8; 2] = [6, 7];

/// An upstream: who runs it, what it runs, and on which side it is.
#[derive(Clone, Copy, Debug)]
struct Endpoint {
    operator: usize,
    client: usize,
    side: usize,
}

/// What comes of a split.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Follows(usize),
    Undecided,
}

/// Endpoints of random operators and clients, most often parted by what they run, and none alone on the chain.
fn random(prng: &mut Prng) -> Vec<Endpoint> {
    let clients = [2, CLIENTS.len()][prng.index(2)];
    let mut endpoints = Vec::new();
    for operator in 0..1 + prng.index(OPERATORS.len()) {
        for _ in 0..1 + prng.index(3) {
            endpoints.push(Endpoint { operator, client: prng.index(clients), side: 0 });
        }
    }
    let buggy = prng.next_u64();
    let by_client = prng.below(4) > 0;
    for endpoint in &mut endpoints {
        let bits = if by_client { buggy >> endpoint.client } else { prng.next_u64() };
        endpoint.side = usize::from(bits & 1 == 1);
    }
    endpoints
}

fn class(endpoint: &Endpoint, by_version: bool) -> &'static str {
    match CLIENTS[endpoint.client].split_once('/').expect("a name and a version") {
        ("proxy" | "balancer", _) => "unknown",
        (_, version) if by_version => version,
        (family, _) => family,
    }
}

fn operators<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> usize {
    endpoints.map(|endpoint| endpoint.operator).collect::<BTreeSet<_>>().len()
}

/// The rule: an operator has one vote, shared by its endpoints; a class has at most one, where there are two;
/// the winner needs more than half, two operators, and two classes where two exist. Where classes are versions of one
/// client it needs more than half of the operators' votes, too. What one operator holds alone cannot contest, unless that
/// is true of both sides.
fn rule(endpoints: &[Endpoint]) -> Came {
    let families: BTreeSet<&str> = endpoints.iter().map(|one| class(one, false)).collect();
    let by_version = families.len() == 1 && !families.contains("unknown");
    let classes: BTreeSet<&str> = endpoints.iter().map(|one| class(one, by_version)).collect();
    let sixths = |one: &Endpoint| {
        let sharing = endpoints.iter().filter(|other| other.operator == one.operator).count();
        6 / sharing as u128
    };
    let weight = |one: &Endpoint| {
        let own = class(one, by_version);
        let same = endpoints.iter().filter(|other| class(other, by_version) == own);
        let total: u128 = same.map(sixths).sum();
        let scaled = classes.len() > 1 && total > 6;
        sixths(one) * if scaled { 6 * UNIT / total } else { UNIT }
    };
    let on = |side: usize| endpoints.iter().filter(move |one| one.side == side);
    match [0, 1].map(|side| operators(on(side)) >= 2) {
        [true, false] => return Came::Follows(0),
        [false, true] => return Came::Follows(1),
        [true, true] | [false, false] => {}
    }
    let all: u128 = endpoints.iter().map(weight).sum();
    let votes: u128 = endpoints.iter().map(sixths).sum();
    let wins = |side: &usize| {
        let own: BTreeSet<&str> = on(*side).map(|one| class(one, by_version)).collect();
        on(*side).map(weight).sum::<u128>() * 2 > all
            && (!by_version || on(*side).map(sixths).sum::<u128>() * 2 > votes)
            && operators(on(*side)) >= 2
            && own.len() >= classes.len().min(2)
    };
    [0, 1].into_iter().find(wins).map_or(Came::Undecided, Came::Follows)
}

/// Lets a split go on for seven block times.
fn play(endpoints: &[Endpoint]) -> Bench {
    let clients: Vec<(&str, &'static str)> =
        endpoints.iter().map(|one| (OPERATORS[one.operator], CLIENTS[one.client])).collect();
    let mut bench = Bench::of_clients(&clients);
    let everyone: Vec<usize> = (0..endpoints.len()).collect();
    bench.produce(2, &everyone);
    let mut tips: [BlockRef; 2] = BRANCHES.map(|branch| bench.branch(102, 103, branch));
    for _ in 0..7 {
        for (script, one) in bench.scripts.iter_mut().zip(endpoints) {
            script.head = Some(tips[one.side]);
        }
        bench.pass(BLOCK);
        for (tip, branch) in tips.iter_mut().zip(BRANCHES) {
            *tip = bench.blocks.grow(*tip, tip.number + 1, branch);
        }
    }
    bench
}

fn check(seed: u64, endpoints: &[Endpoint]) -> Came {
    let expected = rule(endpoints);
    let mut bench = play(endpoints);
    let view = bench.chain.view().expect("a head");
    let side = BRANCHES.iter().position(|branch| hash(view.head.number, *branch) == view.head.hash);
    let came = match side {
        Some(side) if !view.undecided => Came::Follows(side),
        Some(_) | None => Came::Undecided,
    };
    assert_eq!(came, expected, "another decision: seed {seed}, {endpoints:#?}");
    let Came::Follows(winner) = came else { return came };
    for (one, id) in endpoints.iter().zip(0_u8..) {
        let out = bench.state(id) == State::Quarantined;
        assert_eq!(out, one.side != winner, "upstream {id}: seed {seed}, {endpoints:#?}");
    }
    for _ in 0..4 {
        let (_, outputs) = bench.read(MethodClass::State);
        let [CallOutput::Send { upstream, .. }, ..] = outputs.as_slice() else {
            panic!("not sent: seed {seed}, {outputs:?}");
        };
        let asked = endpoints[upstream.index()].side;
        assert_eq!(asked, winner, "a loser is asked: seed {seed}, {endpoints:#?}");
    }
    came
}

#[test]
fn a_split_is_decided_as_the_rule_says_whoever_stands_where() {
    // One bug in the count of votes, and a wallet follows the chain that most endpoints are on.
    let mut came = [0, 0];
    for seed in 0..SEEDS {
        let endpoints = random(&mut Prng::new(seed));
        if [0, 1].iter().all(|side| endpoints.iter().any(|one| one.side == *side)) {
            came[usize::from(check(seed, &endpoints) == Came::Undecided)] += 1;
        }
    }
    println!("{} decided, {} undecided", came[0], came[1]);
    assert!(came.iter().all(|count| *count > SEEDS / 10), "{came:?}");
}
