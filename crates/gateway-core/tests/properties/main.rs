//! The core under random schedules of faults: what must hold in every world.

mod simulator;
mod split;

use std::collections::BTreeMap;

use simulator::{Fault, MILLI, Plan, SECOND, World};
use split::{SplitPlan, SplitWorld};

/// Worlds with faults, and worlds that split, in the default run; `SEAWALL_SEEDS` asks for more of each.
const WORLDS: u64 = 200;
const SPLITS: u64 = 150;

/// Things that must have happened in some world, or the simulator is blind to them.
const SOMETIMES: [&str; 32] = [
    "call",
    "answered",
    "refused",
    "abandoned",
    "transaction",
    "transaction answered",
    "retry",
    "hedge",
    "trial",
    "true reorg",
    "reorg",
    "step back",
    "state",
    "ejected",
    "restored",
    "verdict",
    "throttled",
    "unsupported",
    "domains",
    "fault killed",
    "fault hung",
    "fault frozen",
    "fault lying",
    "fault garbling",
    "fault throttling",
    "fault slow",
    "fault class broken",
    "fault internal error",
    "fault lacks method",
    "fault missing at head",
    "fault wrong chain id",
    "fault wrong genesis",
];

/// Every kind of split, and every way in which one ends.
const SOMETIMES_SPLIT: [&str; 26] = [
    "a second fork",
    "three branches",
    "an operator on both sides",
    "an operator at two addresses",
    "a late joiner",
    "a crash",
    "another name",
    "a relapse",
    "a split before the start",
    "a command",
    "won by votes",
    "won by finality",
    "won by trust",
    "won by command",
    "undecided",
    "overruled",
    "odd one out",
    "an alarm about the others",
    "met again",
    "everyone back",
    "answered",
    "refused",
    "refused as undecided",
    "pinned anew",
    "kept",
    "kept answer",
];

#[expect(clippy::disallowed_methods, reason = "which worlds are run is the caller's choice")]
fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn plan(seed: u64) -> Plan {
    if seed % 50 == 49 { Plan::stranded(seed) } else { Plan::random(seed) }
}

#[expect(clippy::print_stdout, reason = "for whoever looks at what the worlds were like")]
fn say(what: &str) {
    println!("{what}");
}

/// Runs worlds, and requires that none fails and that everything in `sometimes` has happened in one of them.
fn run_worlds(
    worlds: u64,
    world: impl Fn(u64) -> BTreeMap<&'static str, u64> + Sync,
    sometimes: &[&str],
) {
    let mut tallies: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = Vec::new();
    // Two halves beside each other; no world knows of another.
    let half = |odd: u64| -> Vec<(u64, Option<BTreeMap<&'static str, u64>>)> {
        let run =
            |seed| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world(seed))).ok();
        (0..worlds).filter(|seed| seed % 2 == odd).map(|seed| (seed, run(seed))).collect()
    };
    let reports = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        let even = half(0);
        even.into_iter().chain(odd.join().expect("worlds do not unwind")).collect::<Vec<_>>()
    });
    for (seed, report) in reports {
        if report.is_none() {
            failed.push(seed);
        }
        for (what, count) in report.into_iter().flatten() {
            *tallies.entry(what).or_default() += count;
        }
    }
    failed.sort_unstable();
    assert!(failed.is_empty(), "{} of {worlds} worlds failed: {failed:?}", failed.len());
    say(&format!("{worlds} worlds: {tallies:?}"));
    let never: Vec<&&str> = sometimes.iter().filter(|what| !tallies.contains_key(**what)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
}

#[test]
fn every_world_keeps_every_promise() {
    // A schedule of faults loses a call, answers it twice, passes the budget, or leaves the true chain.
    if let Some(seed) = from_environment("SEAWALL_SEED") {
        let report = World::run(Plan { verbose: true, ..plan(seed) });
        println!("{:?}", report.tallies);
        return;
    }
    let worlds = from_environment("SEAWALL_SEEDS").unwrap_or(WORLDS);
    run_worlds(worlds, |seed| World::run(plan(seed)).tallies, &SOMETIMES);
}

#[test]
fn every_split_is_ruled_on_by_the_rule() {
    // Of two branches the wrong one is followed, one is although none may be, or answers of the other go out.
    if let Some(seed) = from_environment("SEAWALL_SEED") {
        let report = SplitWorld::run(SplitPlan { verbose: true, ..SplitPlan::random(seed) });
        println!("{:?}", report.tallies);
        return;
    }
    let worlds = from_environment("SEAWALL_SEEDS").unwrap_or(SPLITS);
    run_worlds(worlds, |seed| SplitWorld::run(SplitPlan::random(seed)).tallies, &SOMETIMES_SPLIT);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    // A failure found in one run could not be looked into in another.
    for seed in 0..5 {
        let [one, other] = [0, 1].map(|_| World::run(plan(seed)).trace);
        assert_eq!(one, other, "seed {seed}");
        let [one, other] = [0, 1].map(|_| SplitWorld::run(SplitPlan::random(seed)).trace);
        assert_eq!(one, other, "split, seed {seed}");
    }
}

/// Runs three nodes with two of them out in the given ways, and requires what the user was promised; how
/// many calls were answered.
fn two_out(seed: u64, faults: [Fault; 2], pace: (u64, u64)) -> u64 {
    let names = faults.map(|fault| fault.name());
    let verbose = from_environment("SEAWALL_PAIR") == Some(seed);
    let healthy = (seed % 3) as usize;
    let plan = Plan { verbose, ..Plan::two_of_three(seed, healthy, faults, pace) };
    let mut report = World::run(plan);
    let refused = report.tallies.get("refused").copied().unwrap_or(0);
    assert_eq!(refused, 0, "seed {seed}, {names:?}: calls refused");
    let behind = report.behind_max;
    assert!(behind <= 3 * pace.0, "seed {seed}, {names:?}: head {} ms behind", behind / MILLI);
    report.latencies.sort_unstable();
    let p99 = report.latencies[report.latencies.len() * 99 / 100];
    assert!(p99 < SECOND, "seed {seed}, {names:?}: p99 of {} ms", p99 / MILLI);
    report.tallies["answered"]
}

/// Every pair of ways to be out, with a seed for each.
fn pairs() -> impl Iterator<Item = (u64, [Fault; 2])> {
    let ways = [
        Fault::Killed,
        Fault::Hung,
        Fault::Frozen,
        Fault::Garbling(100),
        Fault::Garbling(50),
        Fault::Throttling(None),
    ];
    let all = ways.into_iter().flat_map(move |one| ways.map(|other| [one, other]));
    all.zip(0..).map(|(pair, seed)| (seed, pair))
}

#[test]
fn with_any_two_of_three_out_nothing_is_lost() {
    // The promise of the gateway: two of three nodes fail at any moment and the wallet notices nothing.
    let answered: u64 = pairs().map(|(seed, pair)| two_out(seed, pair, (SECOND, 200))).sum();
    println!("{answered} calls answered, none refused");
}

#[test]
fn with_any_two_of_three_out_nothing_is_lost_on_a_slow_chain() {
    // The same where a block takes twelve seconds, and with it every look at a head.
    let answered: u64 = pairs().map(|(seed, pair)| two_out(seed, pair, (12 * SECOND, 20))).sum();
    println!("{answered} calls answered, none refused");
}
