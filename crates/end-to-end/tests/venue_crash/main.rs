//! Kills, power cuts, stops, full disks and damage: the built venue under load, again and again.
//!
//! A kill keeps what was written in the page cache, so the binary runs with a library that notes what is durable, and after
//! each kill everything else is taken away. Then it starts again, and all that any client was told has to be there, once.
//! `cargo xtask proof crash` runs it a thousand times.

mod check;
mod client;
mod faults;
mod ledger;
mod life;
mod listener;
mod oracle;
mod site;
mod table;
mod trader;

use std::env;
use std::time::Instant;

use machine::Prng;
use testkit::tools;

use life::World;
use table::Table;

/// Kills where nobody says how many: in the gate.
const KILLS: u64 = 20;

/// Kills of the proof.
const KILLS_WHOLE: u64 = 1_000;

/// Kills after which a new venue takes over: what goes wrong only in one that is young, or only in one that is old, is to
/// show.
const KILLS_OF_ONE: u64 = 100;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

#[test]
fn what_was_acknowledged_outlives_kills_and_power_cuts() {
    // VE-1: a trader was told that the position is closed, and after the crash it is open, or closed twice over.
    let _alone = tools::alone();
    let is_whole = env::var_os("SEAWALL_PROOF").is_some();
    let kills = number("SEAWALL_KILLS").unwrap_or(if is_whole { KILLS_WHOLE } else { KILLS });
    let seed = number("SEAWALL_SEED").unwrap_or(1);
    let (mut prng, mut table) = (Prng::new(seed), Table::default());
    let from = Instant::now();
    while table.kills < kills {
        table.fresh += 1;
        let until = kills.min(table.fresh * KILLS_OF_ONE);
        let mut world = World::new(prng.next_u64(), 200 + prng.below(1_500));
        while table.kills < until {
            world.live(&mut table);
            println!("kill {} of {kills}, {} s", table.kills, from.elapsed().as_secs());
        }
        world.end(&mut table);
    }
    assert!(table.is_settled(), "not all unknowns were found out about: {}", table.text());
    let seconds = from.elapsed().as_secs();
    let text = format!("{}{kills} kills of seed {seed} took {seconds} s.\n", table.text());
    println!("{text}");
    if let Some(out) = env::var_os("SEAWALL_PROOF_OUT") {
        std::fs::write(out, text).expect("the table can be written");
    }
}
