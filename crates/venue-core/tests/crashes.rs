//! Simulated crashes: whatever happens, no money is made or lost, and everybody is treated by the rules.

mod asked;
mod crash;

use std::collections::BTreeMap;

use asked::{asked, run_worlds};
use crash::World;

/// Crashes in the default run; `SEAWALL_SEEDS` asks for more.
const CRASHES: u64 = 80;

/// Steps of a liquidation that some crash must have reached, or the crashes are too mild to tell anything.
const SOMETIMES: [&str; 21] = [
    "trade",
    "triggered",
    "liquidated",
    "isolated liquidated",
    "insolvent",
    "restored",
    "closed out",
    "converted",
    "collateral taken over",
    "closed on the book",
    "reduced",
    "fee",
    "taken over by the backstop",
    "paid by the fund",
    "deleveraged",
    "closed against holders",
    "paid by holders",
    "paid by all",
    "left unpaid",
    "halted",
    "debt",
];

#[test]
fn every_crash_keeps_every_promise() {
    // In a crash money appears or disappears, somebody pays who should not, or the book and the positions go wrong.
    if let Some(seed) = asked("SEAWALL_SEED") {
        let (tallies, told) = World::run(seed, true);
        println!("{told}\n{tallies:?}");
        return;
    }
    let crashes = asked("SEAWALL_SEEDS").unwrap_or(CRASHES);
    let run = |seed| Ok(World::run(seed, false).0);
    let worlds = run_worlds(crashes, run).unwrap_or_else(|told| panic!("{told}"));
    let mut tallies: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for world in worlds {
        for (what, count) in world {
            let both = tallies.entry(what).or_default();
            *both = (both.0 + count, both.1 + 1);
        }
    }
    println!("{crashes} crashes: how often, and in how many of them:");
    for (what, (count, worlds)) in &tallies {
        println!("{what:<28} {count:>9} {worlds:>6}");
    }
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !tallies.contains_key(**what)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
}
