//! The table, in Markdown.

use super::Round;
use super::frames::Frame;
use crate::figures::{median, verdict};
use crate::gateway::machine;

/// What is aimed at: frames a second on one core, and nanoseconds for 99 of 100.
const AIM_RATE: f64 = 1_000_000.0;
const AIM_P99: f64 = 20_000.0;

/// All that was measured, as text.
pub(super) fn table(rounds: &[Round], frames: &[Frame], assets: usize) -> String {
    let bytes: usize = frames.iter().map(|frame| frame.text.len()).sum();
    let size = bytes / frames.len().max(1);
    let mut text = format!(
        "# The oracle's speed\n\nMade by `cargo xtask bench oracle`: {} rounds on one core of {}. {} frames of {assets} \
         assets on six venues, {size} bytes on average, in memory before the clock starts; four of five are best \
         prices, the others trades, in shares of 8 : 4 : 3 : 2 : 2 : 1 from Binance, Bybit, OKX, Coinbase, Kraken and \
         Bitstamp, whose books have a hundred levels a side. Every 250,000 frames, a quarter of a second at a million \
         a second, all assets are ticked, half of their sources converted with a tether feed. The figures are medians \
         over the rounds; a ratio is taken within one round.\n\n\
         | what | frames/s | times Seawall's | aim |\n|---|---|---|---|\n",
        rounds.len(),
        machine(),
        frames.len(),
    );
    let ours = median(rounds.iter().map(|round| round.pipeline));
    let aim = format!("1,000,000: {}", verdict(ours >= AIM_RATE));
    text.push_str(&row("Seawall: parsers, desk and core", rounds, &aim, |round| {
        Some(round.pipeline)
    }));
    text.push_str(&row("Seawall: parsers alone", rounds, "–", |round| Some(round.parse)));
    text.push_str(&row("serde_json into any value", rounds, "–", |round| Some(round.serde)));
    text.push_str(&row("ccxt.pro (without Bitstamp's books)", rounds, "–", |round| round.ccxt));
    text.push_str(
        "\nFrom a frame's bytes in memory to the published tick of its asset, with its digest, one frame after the \
         other:\n\n| | µs | aim |\n|---|---|---|\n",
    );
    for (place, name) in ["p50", "p99", "p99.9"].into_iter().enumerate() {
        let nanos = |round: &Round| round.latency.get(place).map_or(0, |nanos| *nanos);
        let nanos = median(rounds.iter().map(|round| narrow(nanos(round))));
        let aim = match name {
            "p99" => format!("below 20: {}", verdict(nanos < AIM_P99)),
            _ => "–".to_owned(),
        };
        text.push_str(&format!("| {name} | {:.1} | {aim} |\n", nanos / 1_000.0));
    }
    text
}

fn narrow(nanos: u128) -> f64 {
    f64::from(u32::try_from(nanos).unwrap_or(u32::MAX))
}

fn row(name: &str, rounds: &[Round], aim: &str, of: impl Fn(&Round) -> Option<f64>) -> String {
    let measured: Vec<(f64, f64)> =
        rounds.iter().filter_map(|round| Some((of(round)?, round.pipeline))).collect();
    if measured.is_empty() {
        return format!("| {name} | not installed: `cargo xtask tools` | – | {aim} |\n");
    }
    let rate = median(measured.iter().map(|(rate, _)| *rate));
    let ratio = median(measured.iter().map(|(rate, ours)| rate / ours));
    format!("| {name} | {rate:.0} | {ratio:.3} | {aim} |\n")
}
