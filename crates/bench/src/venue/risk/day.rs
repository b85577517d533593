//! The whole of 2025-10-10, from 20:00 to 04:00: prices as they went, and who was due.
//!
//! The path is the public record's: a fall that begins at 20:50 and ends at 21:15 with the lows of the calibrated loop
//! (0.82 of the price before on the largest symbol, 0.80 on the second, 0.60 on the others), half of it made good by
//! 22:00, and noise that reverts with a half-life of 61.5 s, ten times as large in the fall.

use std::time::Instant;

use anyhow::{Result, ensure};
use machine::Prng;

use super::nanos;
use super::population::{Draw, Population, SYMBOLS};
use crate::say;
use crate::venue::measure::count;

/// Accounts with high leverage that day, by the share of them that was liquidated.
const ACCOUNTS: usize = 2_500_000;
/// Ticks of each symbol a second: the oracle's.
const RATE: usize = 4;
/// Seconds of the eight hours.
const SECONDS: usize = 8 * 3_600;
/// Seconds after 20:00 at which the fall begins and ends, and at which half of it is made good.
const FALL: f64 = 3_000.0;
const LOW: f64 = 4_500.0;
const BACK: f64 = 7_200.0;
/// Noise of a tick, as a part of the price, outside of the fall and in it.
const CALM: f64 = 0.3e-4;
const STORM: f64 = 3e-4;

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
        if day.nanos < 600e9 { "held" } else { "missed" },
        day.given,
        day.gone,
        hours.join(", "),
    ))
}

fn run(all: &mut Population) -> Day {
    let mut draw = Draw { random: Prng::new(3) };
    let from: Vec<f64> = all.symbols.iter().map(|symbol| symbol.price as f64).collect();
    let mut noise = vec![0.0; SYMBOLS];
    let mut day = Day { nanos: 0.0, ticks: 0, slowest: 0.0, given: 0, gone: 0, hours: vec![0; 8] };
    let keeps = 0.5_f64.powf(1.0 / (61.5 * count(RATE)));
    for step in 0..SECONDS * RATE {
        let second = count(step) / count(RATE);
        let sigma = if (FALL..LOW + 600.0).contains(&second) { STORM } else { CALM };
        let prices: Vec<i64> = from
            .iter()
            .zip(&mut noise)
            .enumerate()
            .map(|(symbol, (from, noise))| {
                *noise = *noise * keeps + sigma * draw.normal();
                (from * (trend(symbol, second) + *noise).exp()) as i64
            })
            .collect();
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
            say(&format!("{second:.0} s of the day: {:.1} s, {} due", day.nanos / 1e9, day.gone));
        }
    }
    day
}

/// How far the price is from where it began, as a logarithm.
fn trend(symbol: usize, second: f64) -> f64 {
    let low = match symbol {
        0 => 0.82_f64,
        1 => 0.80,
        _ => 0.60,
    };
    let part = if second < FALL {
        0.0
    } else if second < LOW {
        // Slowly at first.
        ((second - FALL) / (LOW - FALL)).powi(2)
    } else {
        1.0 - 0.5 * ((second - LOW) / (BACK - LOW)).min(1.0)
    };
    low.ln() * part
}
