//! The whole of 2025-10-10, from 20:00 to 04:00: prices as they went, and who was due.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::nanos;
use super::population::{Population, SYMBOLS};
use crate::figures::verdict;
use crate::say;
use crate::venue::measure::count;
use crate::venue::path::{ACCOUNTS, AIM, Path, RATE, SECONDS};

/// What a day was.
struct Day {
    nanos: f64,
    ticks: usize,
    slowest: f64,
    given: usize,
    gone: usize,
    hours: Vec<usize>,
}

/// Measures the part of the page that is about that day.
pub(in crate::venue) fn section() -> Result<String> {
    let mut all = Population::new(ACCOUNTS, 1);
    let positions = all.positions();
    let day = run(&mut all);
    let (_, missed) = all.missed();
    ensure!(missed == 0, "{missed} accounts that are due were missed");
    let hours: Vec<String> = day.hours.iter().map(usize::to_string).collect();
    Ok(format!(
        "## The whole of 2025-10-10\n\n{ACCOUNTS} accounts with {positions} positions, {SYMBOLS} symbols, {RATE} ticks of each a \
         second for eight hours: {} ticks, of which each is told to the index, everybody whom it gives is looked at \
         exactly, and who is due is gone. The prices are given, and nobody's liquidation moves them. One core.\n\n\
         | what | measured | aim |\n|---|---|---|\n\
         | eight hours | {:.0} s, {:.2} µs a tick; the slowest tick {:.1} ms | minutes: {} |\n\
         | given by the index, of these due | {}, {} | – |\n\
         | due by hour, from 20:00 on | {} | – |\n\
         | due and not given, at the end | {missed} | none: held |\n",
        day.ticks,
        day.nanos / 1e9,
        day.nanos / 1e3 / count(day.ticks),
        day.slowest / 1e6,
        verdict(day.nanos / 1e9 < AIM),
        day.given,
        day.gone,
        hours.join(", "),
    ))
}

fn run(all: &mut Population) -> Day {
    let mut path = Path::new(all.symbols.iter().map(|symbol| symbol.price).collect());
    let mut day = Day { nanos: 0.0, ticks: 0, slowest: 0.0, given: 0, gone: 0, hours: vec![0; 8] };
    for step in 0..SECONDS * RATE {
        let prices = path.prices(step);
        for (symbol, price) in prices.into_iter().enumerate() {
            let start = Instant::now();
            day.given += all.detect(symbol, price);
            let gone = all.answer();
            let took = nanos(start);
            day.nanos += took;
            day.slowest = day.slowest.max(took);
            day.gone += gone;
            day.hours[step / (3_600 * RATE)] += gone;
            day.ticks += 1;
        }
        if step % (3_600 * RATE) == 0 {
            say(&format!("{} s: {:.1} s, {} due", step / RATE, day.nanos / 1e9, day.gone));
        }
    }
    day
}
