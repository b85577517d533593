//! The core under random schedules of faults: what must hold in every world.

mod simulator;

use std::collections::BTreeMap;

use simulator::{Fault, MILLI, Plan, Report, SECOND, World};

/// Worlds in the default run; `SEAWALL_SEEDS` asks for more.
const WORLDS: u64 = 300;

/// Things that must have happened in some world, or the simulator is blind to them.
const SOMETIMES: [&str; 27] = [
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
    "fault killed",
    "fault hung",
    "fault frozen",
    "fault lying",
    "fault garbling",
    "fault throttling",
    "fault slow",
    "fault class broken",
    "fault internal error",
    "fault missing at head",
];

#[expect(clippy::disallowed_methods, reason = "which worlds are run is the caller's choice")]
fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn plan(seed: u64) -> Plan {
    if seed % 50 == 49 { Plan::stranded(seed) } else { Plan::random(seed) }
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
    let mut tallies: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = Vec::new();
    for seed in 0..worlds {
        match std::panic::catch_unwind(|| World::run(plan(seed)).tallies) {
            Ok(report) => {
                for (what, count) in report {
                    *tallies.entry(what).or_default() += count;
                }
            }
            Err(_) => failed.push(seed),
        }
    }
    assert!(failed.is_empty(), "{} of {worlds} worlds failed: {failed:?}", failed.len());
    println!("{worlds} worlds: {tallies:?}");
    let never: Vec<&str> =
        SOMETIMES.into_iter().filter(|what| !tallies.contains_key(what)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    // A failure found in one run could not be looked into in another.
    for seed in 0..5 {
        let [one, other] = [0, 1].map(|_| World::run(plan(seed)).trace);
        assert_eq!(one, other, "seed {seed}");
    }
}

/// Runs three nodes with two of them out in the given ways, and requires what the user was promised.
fn two_out(seed: u64, healthy: usize, faults: [Fault; 2]) -> Report {
    let names = faults.map(|fault| fault.name());
    let verbose = from_environment("SEAWALL_PAIR") == Some(seed);
    let mut report = World::run(Plan { verbose, ..Plan::two_of_three(seed, healthy, faults, 200) });
    let refused = report.tallies.get("refused").copied().unwrap_or(0);
    assert_eq!(refused, 0, "seed {seed}, {names:?}: calls refused");
    let behind = report.behind_max;
    assert!(behind <= 3 * SECOND, "seed {seed}, {names:?}: head {behind} ns behind");
    report.latencies.sort_unstable();
    let p99 = report.latencies[report.latencies.len() * 99 / 100];
    assert!(p99 < SECOND, "seed {seed}, {names:?}: p99 of {} ms", p99 / MILLI);
    report
}

#[test]
fn with_any_two_of_three_out_nothing_is_lost() {
    // The promise of the gateway: two of three nodes fail at any moment and the wallet notices nothing.
    let ways = [
        Fault::Killed,
        Fault::Hung,
        Fault::Frozen,
        Fault::Garbling(100),
        Fault::Garbling(50),
        Fault::Throttling(None),
    ];
    let mut answered = 0;
    for (seed, one) in ways.into_iter().enumerate() {
        for (other, way) in ways.into_iter().enumerate() {
            let seed = (seed * 10 + other) as u64;
            let report = two_out(seed, other % 3, [one, way]);
            answered += report.tallies["answered"];
        }
    }
    println!("{answered} calls answered, none refused");
}
