//! How much sooner a venue is there from a snapshot than from its journal.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use units::Timestamp;
use venue_core::{Venue, codec};

use super::engines::step_orders;
use super::flow;
use super::matching::SEED;
use super::measure::count;
use crate::figures::{median, verdict};
use crate::say;

/// Commands of the flow, by how many symbols it has.
const FLOWS: [(usize, usize, &str); 2] =
    [(1, 5_000_000, "one symbol"), (100, 4_000_000, "a hundred symbols")];
/// Rounds.
const ROUNDS: usize = 3;
/// Bytes of a megabyte.
const MEGABYTE: f64 = 1e6;

/// Commands as a journal has them: one after the other, with where each ends.
struct Journal {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// What came of a flow, in seconds and bytes.
#[derive(Debug)]
struct Figures {
    commands: f64,
    journal: f64,
    snapshot: f64,
    replay: f64,
    take: f64,
    load: f64,
    ratio: f64,
}

/// Measures the part of the page that is about snapshots.
pub(super) fn section() -> Result<String> {
    let mut text = format!(
        "## A snapshot against the journal\n\nThe same venue and flow as in the whole step. \"Replay\" reads each \
         command's bytes and carries it out, from the first account on; \"load\" reads a snapshot of the state after \
         the last of them, its hash included. Both are in memory, and come to the same digest of the state. Medians \
         of {ROUNDS} rounds; the ratio is taken within a round. What is replayed grows with time and what is loaded \
         does not, so that the ratio is that of so many commands.\n\n\
         | state of | commands | journal MB | snapshot MB | replay s | take a snapshot s | load it s | replay / load |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    let mut aims = String::new();
    for (symbols, commands, name) in FLOWS {
        let figures = measure(symbols, commands)?;
        say(&format!("{name}: {figures:?}"));
        let Figures { commands, journal, snapshot, replay, take, load, ratio } = figures;
        text.push_str(&format!(
            "| {name} | {commands:.0} | {:.1} | {:.1} | {replay:.3} | {take:.3} | {load:.3} | {ratio:.1} |\n",
            journal / MEGABYTE,
            snapshot / MEGABYTE,
        ));
        let verdict = verdict(ratio > 1.0);
        aims.push_str(&format!(
            "- {name}: a snapshot loads faster than replay: {ratio:.1} times, {verdict}\n"
        ));
    }
    Ok(format!("{text}\n{aims}"))
}

fn measure(symbols: usize, commands: usize) -> Result<Figures> {
    let flow = flow::make(symbols, commands, SEED);
    let mut journal = Journal { bytes: Vec::new(), ends: Vec::new() };
    for order in step_orders(&flow) {
        codec::encode(&order, &mut journal.bytes);
        journal.ends.push(journal.bytes.len());
    }
    drop(flow);
    let (mut replays, mut takes, mut loads, mut ratios) = (vec![], vec![], vec![], vec![]);
    let mut size = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let venue = replay(&journal)?;
        let replayed = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let snapshot = venue.snapshot();
        takes.push(start.elapsed().as_secs_f64());
        let digest = venue.digest();
        drop(venue);
        let start = Instant::now();
        let loaded = Venue::restore(&snapshot).context("a snapshot of a moment ago is not read")?;
        let load = start.elapsed().as_secs_f64();
        ensure!(loaded.digest() == digest, "the venue that was loaded is another one");
        size = snapshot.len();
        replays.push(replayed);
        loads.push(load);
        ratios.push(replayed / load);
    }
    Ok(Figures {
        commands: count(journal.ends.len()),
        journal: count(journal.bytes.len()),
        snapshot: count(size),
        replay: median(replays),
        take: median(takes),
        load: median(loads),
        ratio: median(ratios),
    })
}

/// Carries out a whole journal.
fn replay(journal: &Journal) -> Result<Venue> {
    let (mut venue, mut events) = (Venue::new(), Vec::with_capacity(4_096));
    let (mut from, mut now) = (0, 0);
    for end in &journal.ends {
        let bytes = journal.bytes.get(from..*end).context("a journal without an end")?;
        let command = codec::decode(bytes).context("a command of a moment ago is not read")?;
        from = *end;
        now += 1_000;
        events.clear();
        venue.apply(Timestamp::from_nanos(now), &command, &mut events);
    }
    Ok(venue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_is_what_was_replayed() {
        // Two states that differ are not measured against each other.
        let figures = measure(2, 20_000).expect("measured");
        assert!(figures.snapshot > 0.0 && figures.commands > 40_000.0, "{figures:?}");
    }
}
