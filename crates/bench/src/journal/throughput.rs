//! As many durable records as there can be: the journal, okaywal, and a bare file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use journal::{Batch, Epoch, FileJournal, Journal as _, Mark, Recovery, Settings};
use okaywal::{Configuration, LogVoid};

use super::{RECORD, SPAN};

/// Records that are handed in at once, as an engine does that takes what has come.
const HANDED: usize = 64;

/// Bytes of a file that is written in advance.
const FILE: usize = 64 << 20;

/// Ends a run when its time is over.
struct Clock {
    start: Instant,
    records: usize,
}

impl Clock {
    fn start() -> Self {
        Self { start: Instant::now(), records: 0 }
    }

    fn goes_on(&self) -> bool {
        self.start.elapsed() < SPAN
    }

    fn rate(&self) -> f64 {
        let records = u32::try_from(self.records).unwrap_or(u32::MAX);
        f64::from(records) / self.start.elapsed().as_secs_f64()
    }
}

/// Durable records a second of the journal, chain and checksums included. What is durable counts as held by a snapshot, so
/// that segments are used again as okaywal's files are; the first second does not count, in which they are made. A frame
/// has up to so many records.
pub(super) fn ours(folder: &Path, records: usize) -> Result<f64> {
    let recovery = Recovery::open(folder, Mark::GENESIS)?;
    let epoch = Epoch::new(1);
    let settings = Settings { frame_records: records, ..Settings::USUAL };
    let (mut journal, _) = recovery.start(settings, epoch, Box::new(drop))?;
    let (mut batch, record) = (Batch::new(), [7; RECORD]);
    let mut rate = 0.0;
    for _second_counts in 0..2 {
        let mut clock = Clock::start();
        while clock.goes_on() {
            batch.clear();
            for _ in 0..HANDED {
                batch.push(1, &record)?;
            }
            let next = journal.head().sequence.next();
            if let Err(refused) = journal.submit(epoch, next, &batch) {
                bail!("{refused:?}");
            }
            clock.records += HANDED;
            // Every few hundred thousand records, a few times a segment.
            if clock.records.is_multiple_of(1 << 18) {
                journal.remover().remove_through(durable(&journal)?.sequence)?;
            }
        }
        while durable(&journal)? != journal.head() {
            std::thread::yield_now();
        }
        rate = clock.rate();
    }
    Ok(rate)
}

fn durable(journal: &FileJournal) -> Result<Mark> {
    journal.durable().map_err(|stop| anyhow::anyhow!("{stop}"))
}

/// The same of okaywal, with so many records in an entry. Its files are as large as ours; the first second is not
/// counted, in which it makes those that it uses again and again.
pub(super) fn okaywal(folder: &Path, records: usize) -> Result<f64> {
    let bytes = u32::try_from(FILE)?;
    let log = Configuration::default_for(folder)
        .preallocate_bytes(bytes)
        .checkpoint_after_bytes(u64::from(bytes) * 7 / 8)
        .buffer_bytes(256 << 10)
        .open(LogVoid)
        .context("okaywal")?;
    let record = [7; RECORD];
    let mut rate = 0.0;
    for _second_counts in 0..2 {
        let mut clock = Clock::start();
        while clock.goes_on() {
            let mut entry = log.begin_entry().context("okaywal")?;
            for _ in 0..records {
                entry.write_chunk(&record).context("okaywal")?;
            }
            entry.commit().context("okaywal")?;
            clock.records += records;
        }
        rate = clock.rate();
    }
    log.shutdown().context("okaywal")?;
    Ok(rate)
}

/// The same of a file that is written and synced and nothing else: what the disk allows.
pub(super) fn bare(folder: &Path, records: usize) -> Result<f64> {
    let file = in_advance(folder)?;
    let bytes = vec![7; records * RECORD];
    let mut clock = Clock::start();
    let mut at = 0;
    while clock.goes_on() {
        if at + bytes.len() > FILE {
            at = 0;
        }
        file.write_all_at(&bytes, at as u64)?;
        file.sync_data()?;
        at += bytes.len();
        clock.records += records;
    }
    Ok(clock.rate())
}

/// How long a write and a sync of one record take.
pub(super) fn syncs(folder: &Path) -> Result<Vec<Duration>> {
    let file = in_advance(folder)?;
    let record = [7; RECORD];
    let mut taken = Vec::new();
    let start = Instant::now();
    let mut at = 0;
    while start.elapsed() < SPAN {
        let begun = Instant::now();
        file.write_all_at(&record, at)?;
        file.sync_data()?;
        taken.push(begun.elapsed());
        at += RECORD as u64;
    }
    Ok(taken)
}

fn in_advance(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("bare"))?;
    file.write_all_at(&vec![0; FILE], 0)?;
    file.sync_all()?;
    Ok(file)
}
