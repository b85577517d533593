//! The whole step: a command's bytes for the journal, and everything that the venue does with it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::engines::{Engine, STEP, STEP_NUMBER, new_step};
use super::flow::{self, Flow, Random};
use super::matching::SEED;
use super::measure::{BATCH, Latencies, percentiles};
use super::{instructions, measure};
use crate::figures::{median, verdict};
use crate::say;

/// Timed commands.
const TIMED: usize = 1_000_000;
/// Commands of the open loop.
const PACED: usize = 500_000;
/// Rounds.
const ROUNDS: usize = 3;
/// Commands a second that the open loop sends, the first time.
const PACE: f64 = 1_000_000.0;
/// The part of what it can take that the open loop sends, the second time.
const PART: f64 = 0.5;
/// Aims: commands a second, nanoseconds for 99 of 100, instructions a command.
const AIM_RATE: f64 = 5_000_000.0;
const AIM_P99: f64 = 2_000.0;
const AIM_INSTRUCTIONS: f64 = 600.0;

/// Measures the part of the page that is about the whole step.
pub(super) fn section() -> Result<String> {
    let mut text = format!(
        "## The whole step\n\nEach command is encoded for a journal in memory and given to the venue, which checks \
         account, filters, band and margin, matches, settles both sides exactly, keeps reduce-only orders, triggers \
         and invariants true, and says everything in events, which are read. Every symbol has a market and a thousand \
         accounts. Medians of {ROUNDS} rounds. Commands are there {BATCH} at a time, and where there are many orders those of a \
         batch are read ahead; the first latencies are of each command by itself, which nothing is read ahead for. In \
         the open loop commands come at random, whether or not the last one is done: the venue takes what is due as one \
         batch, and the time counts from when a command was due to when its batch is done. They come at {:.0} million \
         a second on average, and then at half of the rate that was measured just before.\n\n\
         | flow | Mcmd/s | p50 ns | p99 ns | p99.9 ns | open loop, {:.0} M/s: p50 ns | p99 ns | p99.9 ns | at half: p50 ns | \
         p99 ns | p99.9 ns | instructions a command |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
        PACE / 1e6,
        PACE / 1e6,
    );
    let mut aims = String::new();
    for (symbols, name) in [(1, "one symbol"), (100, "a hundred symbols")] {
        let flow = flow::make(symbols, TIMED, SEED);
        let (mut rates, mut single) = (Vec::new(), Vec::new());
        let (mut open, mut half) = (Vec::new(), Vec::new());
        for round in 1..=ROUNDS {
            let (rate, digest) = (STEP.rate)(&flow, TIMED);
            let expected = flow.expected(TIMED);
            ensure!(digest == expected, "the venue traded {digest:?} instead of {expected:?}");
            rates.push(rate);
            single.push((STEP.latencies)(&flow, TIMED));
            open.push(open_loop(new_step(&flow), &flow, PACE));
            half.push(open_loop(new_step(&flow), &flow, rate * PART));
            let seen = format!("{single:?}, {open:?}, {half:?}");
            say(&format!("{name}, round {round}: {:.2} Mcmd/s, {seen}", rate / 1e6));
        }
        let instructions =
            if symbols == 1 { instructions::count(STEP_NUMBER, symbols)? } else { None };
        let of = |all: &[Latencies], value: fn(&Latencies) -> f64| median(all.iter().map(value));
        let (rate, p99) = (median(rates), of(&open, |it| it.p99));
        text.push_str(&format!(
            "| {name} | {:.2} | {:.0} | {:.0} | {:.0} | {:.0} | {p99:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {} |\n",
            rate / 1e6,
            of(&single, |it| it.p50),
            of(&single, |it| it.p99),
            of(&single, |it| it.p999),
            of(&open, |it| it.p50),
            of(&open, |it| it.p999),
            of(&half, |it| it.p50),
            of(&half, |it| it.p99),
            of(&half, |it| it.p999),
            instructions.map_or("–".to_owned(), |count| format!("{count:.0}")),
        ));
        aims.push_str(&verdicts(name, rate, p99, instructions));
    }
    Ok(format!("{text}\n{aims}"))
}

fn verdicts(name: &str, rate: f64, p99: f64, instructions: Option<f64>) -> String {
    let mut text = format!(
        "- {name}: at least {:.0} million commands a second: {:.2}, {}; p99 of the open loop at {:.0} M/s below 2 µs: {:.2}, {}\n",
        AIM_RATE / 1e6,
        rate / 1e6,
        verdict(rate >= AIM_RATE),
        PACE / 1e6,
        p99 / 1e3,
        verdict(p99 < AIM_P99),
    );
    if let Some(count) = instructions {
        let held = verdict(count <= AIM_INSTRUCTIONS);
        text.push_str(&format!(
            "- {name}: {AIM_INSTRUCTIONS} instructions a command or fewer: {count:.0}, {held}\n"
        ));
    }
    text
}

/// Commands that come when they are due, with gaps as of independent senders. What is due by the time that the engine is
/// free is one batch for it, and done when the batch is.
fn open_loop<E: Engine>(mut engine: E, flow: &Flow, pace: f64) -> Latencies {
    let timed = measure::fill(&mut engine, flow, PACED);
    let mut random = Random::new(SEED);
    let mut due = 0.0;
    let mut dues = Vec::with_capacity(timed.len());
    for _ in timed {
        due -= (1.0 - random.unit()).ln() / pace;
        dues.push(Duration::from_secs_f64(due));
    }
    let mut all = Vec::with_capacity(timed.len());
    let start = Instant::now();
    let (mut commands, mut dues) = (timed, dues.as_slice());
    while let Some(first) = dues.first() {
        let mut now = start.elapsed();
        while now < *first {
            std::hint::spin_loop();
            now = start.elapsed();
        }
        let count = dues.iter().take(BATCH).take_while(|due| **due <= now).count();
        let (batch, due) = (&commands[..count], &dues[..count]);
        engine.apply_batch(batch);
        let done = start.elapsed();
        let nanos = due.iter().map(|due| done.saturating_sub(*due).as_nanos());
        all.extend(nanos.map(|nanos| u32::try_from(nanos).unwrap_or(u32::MAX)));
        (commands, dues) = (&commands[count..], &dues[count..]);
    }
    percentiles(all)
}
