//! A snapshot and the commands after it lead to where the venue is, wherever in a run the snapshot was taken.

mod asked;
mod stream;

use venue_core::{Event, Venue};

use asked::{asked, run_worlds};
use stream::{Step, Stream};

/// Runs where nobody asks for more by `SEAWALL_SEEDS`, and commands of each: every one is a place to go on from.
const RUNS: u64 = 6;
const COMMANDS: usize = 200;

fn play(venue: &mut Venue, (now, command): &Step) -> Vec<Event> {
    let mut events = Vec::new();
    venue.apply(*now, command, &mut events);
    events
}

/// Takes a snapshot after every command of a run, and goes on from each to the end. How many commands were played.
fn run(seed: u64) -> Result<usize, String> {
    let mut stream = Stream::new(seed);
    let mut live = Venue::new();
    let (mut steps, mut told, mut snapshots) = (Vec::new(), Vec::new(), vec![live.snapshot()]);
    for _ in 0..COMMANDS {
        let step = stream.next();
        let events = play(&mut live, &step);
        stream.hear(&step.1, &events);
        steps.push(step);
        told.push(events);
        snapshots.push(live.snapshot());
    }
    let end = live.snapshot();
    let mut played = 0;
    for (taken, snapshot) in snapshots.iter().enumerate() {
        let mut venue = Venue::restore(snapshot)
            .map_err(|error| format!("seed {seed}: the snapshot after {taken}: {error}"))?;
        for (place, step) in steps.iter().enumerate().skip(taken) {
            let events = play(&mut venue, step);
            played += 1;
            if events != told[place] {
                return Err(format!(
                    "seed {seed}: from the snapshot after {taken} on, command {place} goes another way: {:?}\n\
                     live: {:?}\nrestored: {events:?}",
                    step.1, told[place]
                ));
            }
        }
        if venue.snapshot() != end {
            return Err(format!("seed {seed}: from the snapshot after {taken} the end is another"));
        }
    }
    Ok(played)
}

#[test]
fn a_snapshot_and_the_rest_of_the_journal_are_the_live_venue_at_every_prefix() {
    // A venue that starts from a snapshot and its journal would pay, fill or liquidate others than it had before.
    if let Some(seed) = asked("SEAWALL_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let runs = asked("SEAWALL_SEEDS").unwrap_or(RUNS);
    let played = run_worlds(runs, run).unwrap_or_else(|told| panic!("{told}"));
    println!(
        "{runs} runs, each from {} snapshots: {} commands",
        COMMANDS + 1,
        played.iter().sum::<usize>()
    );
}
