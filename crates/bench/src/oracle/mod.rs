//! The oracle's speed: frames through the venues' parsers, the desk and the core, beside a plain reading of the same frames as
//! JSON and beside ccxt's parser, in the same rounds on the same core.

mod frames;
mod peers;
mod pipeline;
mod report;

use anyhow::{Context as _, Result, bail};

use crate::{notes, say};
use frames::Frame;
use pipeline::Pipeline;

/// How many assets, each on all venues.
const ASSETS: usize = 500;
/// Frames a round; more than the caches hold, and a tick of all assets among them.
const FRAMES: u64 = 260_000;
/// Of these so many go through ccxt, which takes long for them, and through the measuring of latencies.
const SAMPLE: usize = 40_000;
/// Rounds; a ratio is taken within one.
const ROUNDS: usize = 5;

/// What one round measured.
#[derive(Clone, Debug)]
struct Round {
    /// Frames a second.
    parse: f64,
    pipeline: f64,
    serde: f64,
    /// `None` where ccxt is not installed.
    ccxt: Option<f64>,
    /// Nanoseconds from frame to tick: half, 99 and 99.9 per cent of them are faster.
    latency: [u128; 3],
}

/// Measures, prints the table and writes it where the options say.
///
/// # Errors
/// Where an option is not known, a frame cannot be read, or the file cannot be written.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let out = match options {
        [] => None,
        ["--out", path] => Some(*path),
        _ => bail!("the only option is --out FILE"),
    };
    let frames = frames::make(FRAMES, ASSETS);
    let ccxt = peers::Ccxt::new(&frames, SAMPLE)?;
    let mut rounds = Vec::new();
    for number in 1..=ROUNDS {
        let round = measure(&frames, ccxt.as_ref())?;
        say(&format!("round {number}: {round:?}"));
        rounds.push(round);
    }
    let text = report::table(&rounds, &frames, ASSETS);
    say(&text);
    match out {
        Some(path) => notes::write(path.as_ref(), &text),
        None => Ok(()),
    }
}

fn measure(frames: &[Frame], ccxt: Option<&peers::Ccxt>) -> Result<Round> {
    let (parse, serde) = (pipeline::parse(frames)?, pipeline::serde(frames)?);
    let through = Pipeline::new(frames, ASSETS)?.run()?;
    let sample = frames.get(..SAMPLE.min(frames.len())).context("there are frames")?;
    let sorted = Pipeline::new(sample, ASSETS)?.latencies(sample);
    let at = |part: usize| {
        let place = sorted.len() * part / 1_000;
        sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    let latency = [at(500), at(990), at(999)];
    let ccxt = ccxt.map(peers::Ccxt::run).transpose()?;
    Ok(Round { parse, pipeline: through, serde, ccxt, latency })
}
