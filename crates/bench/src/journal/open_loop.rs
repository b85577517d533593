//! How long an acknowledgement takes, from the moment at which its command was due.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use journal::{Appended, Batch, Epoch, Journal as _, Mark, Recovery, Settings};

use super::{RECORD, SPAN, quantiles};

/// How long a run goes before it counts: in it the next segment is made, which then lasts for more than the rest.
const WARM: Duration = Duration::from_millis(500);

/// How long the pacer sleeps where nothing is due.
const TURN: Duration = Duration::from_micros(20);

/// What was measured at one rate.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    /// Half and 99 of 100 were acknowledged within so many microseconds.
    pub(super) micros: [f64; 2],
    /// Records a sync, on average.
    pub(super) together: f64,
}

/// Hands in commands when they are due, whatever has become of those before.
pub(super) fn run(folder: &Path, rate: u32) -> Result<Acknowledged> {
    let (tell, told) = channel();
    let told_to = Box::new(move |appended| {
        if let Appended::Durable(mark) = appended {
            tell.send((Instant::now(), mark.sequence.get())).unwrap_or_default();
        }
    });
    let epoch = Epoch::new(1);
    let recovery = Recovery::open(folder, Mark::GENESIS)?;
    let (mut journal, _) = recovery.start(Settings::USUAL, epoch, told_to)?;
    let (mut batch, record) = (Batch::new(), [7; RECORD]);
    let period = Duration::from_secs(1) / rate;
    let start = Instant::now();
    let due = |sequence: u64| start + period * u32::try_from(sequence).unwrap_or(u32::MAX);
    let mut next = 1;
    loop {
        let now = Instant::now();
        if now > start + WARM + SPAN {
            break;
        }
        batch.clear();
        let expected = journal.head().sequence.next();
        while due(next) <= now {
            batch.push(1, &record)?;
            next += 1;
        }
        if batch.is_empty() {
            // A loop that turns would take a core from the journal, and what is late counts against it.
            std::thread::sleep(TURN);
        } else if let Err(refused) = journal.submit(epoch, expected, &batch) {
            bail!("{refused:?}");
        }
    }
    if let Err(stop) = journal.close() {
        bail!("{stop}");
    }
    let mut taken = Vec::new();
    let (mut sequence, mut syncs) = (1, Vec::new());
    for (at, last) in told {
        while sequence <= last {
            if due(sequence) > start + WARM {
                taken.push(at.saturating_duration_since(due(sequence)));
                syncs.push(last);
            }
            sequence += 1;
        }
    }
    let records = f64::from(u32::try_from(taken.len()).unwrap_or(u32::MAX));
    syncs.dedup();
    let together = records / f64::from(u32::try_from(syncs.len().max(1)).unwrap_or(u32::MAX));
    Ok(Acknowledged { micros: quantiles(taken), together })
}
