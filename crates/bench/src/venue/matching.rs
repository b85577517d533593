//! The matching of orders: our book beside other people's, on the same flow.

use anyhow::{Context as _, Result};

use super::engines::{self, ENGINES, Entry};
use super::flow::{self, Digest, Flow, Kind};
use super::instructions;
use super::measure::{BATCH, Latencies};
use crate::figures::{median, verdict};
use crate::say;

/// Timed commands.
const TIMED: usize = 2_000_000;
/// The flow's seed.
pub(super) const SEED: u64 = 42;
/// Rounds; a ratio is taken within one.
const ROUNDS: usize = 3;
/// Aims: times the fastest of the others, part of its slowest thousandth, instructions a command.
const AIM_RATE: f64 = 3.0;
const AIM_P999: f64 = 0.6;
const AIM_INSTRUCTIONS: f64 = 300.0;

/// What one engine did in one flow.
struct Measured {
    name: &'static str,
    /// Commands a second, one a round.
    rates: Vec<f64>,
    latencies: Vec<Latencies>,
    instructions: Option<f64>,
    /// What it traded, and what it should have.
    traded: (Digest, Digest),
}

/// Measures everything: the part of the page that is about matching.
pub(super) fn section() -> Result<String> {
    let mut text = format!(
        "## Matching\n\nThe flow is described below. Each engine gets the commands one after the other and tells what \
         traded, from which the sums of trades, lots and value are taken; \"as the flow\" are those that came to the \
         sums of the flow's own matcher. Medians of {ROUNDS} rounds; ratios are taken within a round. Latencies are of \
         each command by itself, in a run of its own. Ours may look at {BATCH} commands before it carries out the first, \
         as they are there where they come in batches: with many books it reads their orders ahead then; not where \
         latencies are taken.\n"
    );
    for (symbols, name) in [(1, "One symbol"), (100, "A hundred symbols")] {
        let flow = flow::make(symbols, TIMED, SEED);
        say(&format!("{name}: {:?}", flow.expected(TIMED)));
        let mut all: Vec<Measured> = ENGINES.iter().map(begin).collect();
        for round in 1..=ROUNDS {
            for (entry, measured) in ENGINES.iter().zip(&mut all) {
                measure(entry, &flow, measured);
                say(&format!(
                    "{name}, round {round}, {}: {:.2} Mcmd/s, {:?}",
                    entry.name,
                    measured.rates.last().copied().unwrap_or(0.0) / 1e6,
                    measured.latencies.last().context("it was measured")?,
                ));
            }
        }
        if symbols == 1 {
            for (number, measured) in all.iter_mut().enumerate() {
                measured.instructions = instructions::count(number, symbols)?;
            }
        }
        text.push_str(&table(name, &flow, &all));
    }
    Ok(text)
}

fn begin(entry: &Entry) -> Measured {
    Measured {
        name: entry.name,
        rates: Vec::new(),
        latencies: Vec::new(),
        instructions: None,
        traded: Default::default(),
    }
}

fn measure(entry: &Entry, flow: &Flow, measured: &mut Measured) {
    let timed = TIMED.min(entry.at_most[usize::from(flow.symbols > 1)]);
    let (rate, digest) = (entry.rate)(flow, timed);
    measured.rates.push(rate);
    measured.traded = (digest, flow.expected(timed));
    measured.latencies.push((entry.latencies)(flow, timed));
}

/// Runs one engine, for a profiler: what is timed is in `replay`.
///
/// # Errors
/// Where there is no engine of that number.
pub(super) fn one(engine: usize, symbols: usize, timed: usize) -> Result<()> {
    let entry = engines::numbered(engine).context("there is no such engine")?;
    let flow = flow::make(symbols, timed, SEED);
    let (rate, digest) = (entry.rate)(&flow, timed);
    say(&format!("{}: {:.2} Mcmd/s, {digest:?}", entry.name, rate / 1e6));
    Ok(())
}

fn table(name: &str, flow: &Flow, all: &[Measured]) -> String {
    let percent = |kind| 100.0 * flow.share(kind);
    let expected = flow.expected(TIMED);
    let mut text = format!(
        "\n### {name}\n\n{} commands fill the books, {TIMED} are timed: {:.1} % new orders, {:.1} % cancels, {:.1} % \
         immediate orders, {:.1} % reductions, {:.1} % with another price. {} trades of {} lots, {} ticks x lots.\n\n\
         | engine | Mcmd/s | Seawall's / its | p50 ns | p99 ns | p99.9 ns | instructions a command | trades |\n\
         |---|---|---|---|---|---|---|---|\n",
        flow.prefill,
        percent(Kind::Limit),
        percent(Kind::Cancel),
        percent(Kind::Immediate),
        percent(Kind::Reduce),
        percent(Kind::Reprice),
        expected.trades,
        expected.lots,
        expected.value,
    );
    let Some((ours, others)) = all.split_first() else { return text };
    for measured in all {
        let of = |value: fn(&Latencies) -> f64| median(measured.latencies.iter().map(value));
        let ratio = median(ours.rates.iter().zip(&measured.rates).map(|(ours, its)| ours / its));
        let instructions =
            measured.instructions.map_or("–".to_owned(), |count| format!("{count:.0}"));
        text.push_str(&format!(
            "| {} | {:.2} | {ratio:.1} | {:.0} | {:.0} | {:.0} | {instructions} | {} |\n",
            measured.name,
            median(measured.rates.iter().copied()) / 1e6,
            of(|it| it.p50),
            of(|it| it.p99),
            of(|it| it.p999),
            trades(measured),
        ));
    }
    text.push_str(&aims(ours, others));
    text
}

fn trades(measured: &Measured) -> String {
    let (traded, expected) = measured.traded;
    if traded == expected {
        return "as the flow".to_owned();
    }
    let percent = |its: u64, flows: u64| {
        let parts = i128::from(its) * 100_000 / i128::from(flows.max(1)) - 100_000;
        f64::from(i32::try_from(parts).unwrap_or(i32::MAX)) / 1_000.0
    };
    let (trades, lots) = (traded.trades, traded.lots);
    format!(
        "{:+.3} % trades, {:+.3} % lots",
        percent(trades, expected.trades),
        percent(lots, expected.lots)
    )
}

/// What is aimed at, beside the fastest of the others.
fn aims(ours: &Measured, others: &[Measured]) -> String {
    let speed = |measured: &&Measured| median(measured.rates.iter().copied());
    let fastest = others.iter().max_by(|a, b| speed(a).total_cmp(&speed(b)));
    let Some(fastest) = fastest else { return String::new() };
    let rate = median(ours.rates.iter().zip(&fastest.rates).map(|(ours, its)| ours / its));
    let slow = ours.latencies.iter().zip(&fastest.latencies);
    let slow = median(slow.map(|(ours, its)| ours.p999 / its.p999));
    let mut text = format!(
        "\n- at least {AIM_RATE} times the fastest of the others, {}: {rate:.1}, {}\n\
         - p99.9 at most {AIM_P999} times its: {slow:.2}, {}\n",
        fastest.name,
        verdict(rate >= AIM_RATE),
        verdict(slow <= AIM_P999),
    );
    if let Some(count) = ours.instructions {
        let held = verdict(count <= AIM_INSTRUCTIONS);
        text.push_str(&format!(
            "- {AIM_INSTRUCTIONS} instructions a command or fewer: {count:.0}, {held}\n"
        ));
    }
    text
}
