//! Who is due for liquidation among 1.6 million accounts: how long it takes to know.

mod bandwidth;
pub(super) mod day;
mod population;

use std::time::Instant;

use anyhow::Result;

use super::draw::Draw;
use super::measure::count;
use crate::figures::{median, verdict};
use crate::say;
use population::Population;
pub(super) use population::SYMBOLS;

/// As many as were liquidated on 2025-10-10.
const ACCOUNTS: usize = 1_600_000;
/// Rounds of the full revaluation; a ratio is taken within one.
const ROUNDS: usize = 7;
/// Ticks of a calm market, of one symbol each.
const CALM: usize = 200_000;
/// Moves of a symbol in one tick, in hundredths of a per cent of its price.
const MOVES: [i64; 14] =
    [-8_000, -5_000, -2_000, -1_000, -500, -200, -100, -50, -20, 100, 200, 500, 1_000, 5_000];
/// Rounds of each move.
const MOVE_ROUNDS: usize = 5;
/// Bytes of an account that a full revaluation reads: a base, and three lines of a slope and a source.
const READ: f64 = 8.0 + 3.0 * (8.0 + 2.0);
/// Aims: part of the read bandwidth, a full revaluation over a calm tick, and over the worst.
const AIM_FULL: f64 = 0.7;
const AIM_CALM: f64 = 5_000.0;
const AIM_WORST: f64 = 8.0;

/// What full revaluations took.
struct Full {
    nanos: f64,
    gigabytes: f64,
    bandwidth: f64,
    part: f64,
    given: usize,
}

/// Measures everything: the part of the page that is about risk.
pub(super) fn section() -> Result<String> {
    let start = Instant::now();
    let mut all = Population::new(ACCOUNTS, 1);
    say(&format!("{ACCOUNTS} accounts in {:.1} s", start.elapsed().as_secs_f64()));
    let bytes = all.index.bytes() as f64 / count(ACCOUNTS);
    let mut text = format!(
        "## Who is due\n\n1.6 million accounts, as many as were liquidated on 2025-10-10, with {} positions in {SYMBOLS} \
         symbols, {} of them in the busiest; 60, 25 and 15 % have one, two and three. Sizes, leverage and brackets are \
         in `population.rs`. One thread. The index takes up {bytes:.0} bytes an account. A tick is one symbol's new \
         price; where nothing else is said its time includes an exact look at each account that the index gives, and \
         telling the index of it again. \"Missed\" are accounts that an exact look at everybody afterwards found due \
         and the index had not given.\n\n| what | measured | aim |\n|---|---|---|\n",
        all.positions(),
        all.holders(0),
    );
    let full = full(&all);
    text.push_str(&format!(
        "| full revaluation, 64-bit sums that can only give too many | {:.2} ms, {:.2} ns an account, {:.1} GB/s of \
         {:.1}: {:.2} of the read bandwidth; gave {} | at least {AIM_FULL}: {} |\n",
        full.nanos / 1e6,
        full.nanos / count(ACCOUNTS),
        full.gigabytes,
        full.bandwidth,
        full.part,
        full.given,
        verdict(full.part >= AIM_FULL)
    ));
    let worst = worst_tick(&all, 0, "the busiest symbol", &mut text);
    // Many of its holders have the busiest as their home.
    let second = worst_tick(&all, 1, "the second", &mut text);
    calm_ticks(&mut all, &full, &mut text);
    missed(&all, "after the calm ticks", &mut text);
    let before = all.clone();
    crash(&mut all, &full, &mut text);
    missed(&all, "after the crash", &mut text);
    all = before;
    gap(&mut all, &full, &mut text);
    missed(&all, "after the gap", &mut text);
    text.push_str(&format!(
        "\nThe worst tick of the busiest symbol, whatever the move, took 1/{worst:.1} of a full revaluation of the same round; \
         of the second 1/{second:.1}.\n"
    ));
    Ok(text)
}

fn full(all: &Population) -> Full {
    let mut given = Vec::with_capacity(ACCOUNTS);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let read = bandwidth::read();
        let start = Instant::now();
        given.clear();
        all.index.due_among_all(&mut given);
        rounds.push((nanos(start), read));
    }
    let nanos = median(rounds.iter().map(|(nanos, _)| *nanos));
    let bytes = READ * count(ACCOUNTS);
    Full {
        nanos,
        gigabytes: bytes / nanos,
        bandwidth: median(rounds.iter().map(|(_, read)| *read)),
        part: median(rounds.iter().map(|(nanos, read)| bytes / nanos / read)),
        given: given.len(),
    }
}

/// One tick of a symbol, of several sizes, each from the same state; the slowest, as a part of a full revaluation that is
/// timed just before it.
fn worst_tick(all: &Population, symbol: usize, name: &str, text: &mut String) -> f64 {
    let mut worst = f64::MAX;
    let mut parts = Vec::new();
    let mut swept = Vec::with_capacity(ACCOUNTS);
    for part in MOVES {
        let mut times = Vec::new();
        let mut given = 0;
        for _ in 0..MOVE_ROUNDS {
            let mut all = all.clone();
            all.warm();
            let start = Instant::now();
            swept.clear();
            all.index.due_among_all(&mut swept);
            let full = nanos(start);
            // From where a small move has just been: the copy is in no cache, a venue that runs is.
            for _ in 0..3 {
                let price = all.symbols[symbol].price;
                all.detect(symbol, price - price / 700);
                all.answer();
            }
            let price = all.symbols[symbol].price;
            let start = Instant::now();
            given = all.detect(symbol, price + price * part / 10_000);
            let took = nanos(start);
            times.push((took, full / took));
        }
        let took = median(times.iter().map(|(took, _)| *took));
        let ratio = median(times.iter().map(|(_, ratio)| *ratio));
        worst = worst.min(ratio);
        let percent = count(part.unsigned_abs() as usize) / 100.0;
        let way = if part < 0 { "-" } else { "+" };
        parts.push(format!("{way}{percent} %: {:.0} µs, 1/{ratio:.0}, gave {given}", took / 1e3));
    }
    text.push_str(&format!(
        "| one tick of {name}, detection alone | {} | 1/{AIM_WORST:.0} or less: {} |\n",
        parts.join("; "),
        verdict(worst >= AIM_WORST)
    ));
    worst
}

fn calm_ticks(all: &mut Population, full: &Full, text: &mut String) {
    let mut draw = Draw::new(2);
    let mut times = Vec::with_capacity(CALM);
    let mut given = 0;
    for _ in 0..CALM {
        let symbol = draw.index(SYMBOLS);
        let price = all.symbols[symbol].price;
        let price = price + (price as f64 * 1e-4 * draw.normal()).round() as i64;
        let start = Instant::now();
        given += all.detect(symbol, price);
        all.answer();
        times.push(nanos(start));
    }
    let aim = format!("1/{AIM_CALM:.0} or less on average");
    row("calm tick, 0.01 % either way", times, given, full, Some((&aim, AIM_CALM)), text);
}

/// Ten symbols fall by 15 % in 150 steps.
fn crash(all: &mut Population, full: &Full, text: &mut String) {
    let from: Vec<i64> = all.symbols.iter().map(|symbol| symbol.price).collect();
    let (mut times, mut alone) = (Vec::new(), Vec::new());
    let mut given = 0;
    for step in 1..=150 {
        for (symbol, from) in from.iter().enumerate().take(10) {
            let start = Instant::now();
            given += all.detect(symbol, from - from * 15 * step / 15_000);
            alone.push(nanos(start));
            all.answer();
            times.push(nanos(start));
        }
    }
    row("crash of ten symbols by 15 % in 150 steps", times, given, full, None, text);
    row("the same, detection alone", alone, given, full, None, text);
}

/// Every symbol falls by 10 % in one tick.
fn gap(all: &mut Population, full: &Full, text: &mut String) {
    let mut times = Vec::new();
    let mut given = 0;
    for symbol in 0..SYMBOLS {
        let price = all.symbols[symbol].price;
        let start = Instant::now();
        given += all.detect(symbol, price - price / 10);
        times.push(nanos(start));
        all.answer();
    }
    let sum = times.iter().sum::<f64>() / full.nanos;
    row("gap of every symbol by 10 %, detection alone", times, given, full, None, text);
    text.push_str(&format!("| all ticks of that gap together | {sum:.2} of a full one | – |\n"));
}

/// What ticks took, beside a full revaluation.
fn row(
    name: &str,
    mut times: Vec<f64>,
    given: usize,
    full: &Full,
    aim: Option<(&str, f64)>,
    text: &mut String,
) {
    let mean = times.iter().sum::<f64>() / count(times.len());
    times.sort_by(f64::total_cmp);
    let at =
        |part: usize| times.get((times.len() - 1) * part / 1_000).copied().unwrap_or(0.0) / 1e3;
    let aim = aim.map_or_else(
        || "–".to_owned(),
        |(aim, least)| format!("{aim}: {}", verdict(full.nanos / mean >= least)),
    );
    text.push_str(&format!(
        "| {name} | mean {:.2} µs, 1/{:.0} of a full one; p50 {:.2}, p99 {:.1}, p99.9 {:.0}, max {:.0} µs; gave {given} \
         in {} ticks | {aim} |\n",
        mean / 1e3,
        full.nanos / mean,
        at(500),
        at(990),
        at(999),
        at(1_000),
        times.len(),
    ));
}

fn missed(all: &Population, when: &str, text: &mut String) {
    let (due, missed) = all.missed();
    let held = verdict(missed == 0);
    text.push_str(&format!("| missed {when} | {missed} of {due} | none: {held} |\n"));
}

fn nanos(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64
}
