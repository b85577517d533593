//! How an engine is measured.

use std::time::Instant;

use super::engines::Engine;
use super::flow::{Command, Digest, Flow};

/// Nanoseconds of a command: so many per thousand are faster.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latencies {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

/// Fills the books, then times commands one after the other: commands a second.
pub(super) fn rate<E: Engine>(mut engine: E, flow: &Flow, timed: usize) -> (f64, Digest) {
    let timed = fill(&mut engine, flow, timed);
    let start = Instant::now();
    replay(&mut engine, timed);
    let seconds = start.elapsed().as_secs_f64();
    (count(timed.len()) / seconds, engine.digest())
}

/// Fills the books, then times each command by itself. What reading the clock takes is taken off.
pub(super) fn latencies<E: Engine>(mut engine: E, flow: &Flow, timed: usize) -> Latencies {
    let timed = fill(&mut engine, flow, timed);
    let clock = (0..10_000).map(|_| nanos(Instant::now())).min().unwrap_or(0);
    let mut all = Vec::with_capacity(timed.len());
    for command in timed {
        let start = Instant::now();
        engine.apply(command);
        all.push(nanos(start).saturating_sub(clock));
    }
    percentiles(all)
}

/// Sorts what was measured.
pub(super) fn percentiles(mut all: Vec<u32>) -> Latencies {
    all.sort_unstable();
    let at = |part: usize| {
        let place = (all.len() * part / 1_000).min(all.len().saturating_sub(1));
        f64::from(all.get(place).copied().unwrap_or(0))
    };
    Latencies { p50: at(500), p99: at(990), p999: at(999) }
}

/// Fills the books; the commands that are to be timed.
pub(super) fn fill<'a, E: Engine>(engine: &mut E, flow: &'a Flow, timed: usize) -> &'a [Command] {
    let (prefill, rest) = flow.commands.split_at(flow.prefill);
    prefill.chunks(BATCH).for_each(|batch| engine.apply_batch(batch));
    &rest[..timed.min(rest.len())]
}

/// The timed commands. A function of its own, by whose name instructions are counted.
#[inline(never)]
pub(super) fn replay<E: Engine>(engine: &mut E, commands: &[Command]) {
    for batch in commands.chunks(BATCH) {
        engine.apply_batch(batch);
    }
}

/// Commands that an engine may look at before it carries out the first.
pub(super) const BATCH: usize = 32;

/// Nanoseconds since then.
pub(super) fn nanos(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_nanos()).unwrap_or(u32::MAX)
}

/// A number as a float.
pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
