//! A journal on a simulated disk, filled with records that say their own number.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use journal::{
    Appended, Batch, Epoch, Fault, FileJournal, Journal as _, Mark, Record, Recovered, Recovery,
    Sequence, Settings, SimulatedDisk,
};

pub(crate) const EPOCH: Epoch = Epoch::new(1);

/// The smallest segments, and no seals but at the end.
pub(crate) const SETTINGS: Settings = Settings {
    segment_bytes: Settings::SEGMENT_BYTES_MIN,
    seal_after: Duration::from_secs(3_600),
    ..Settings::USUAL
};

/// What a record holds: made of its number, from 1 to `most` bytes.
pub(crate) fn payload(sequence: u64, most: usize) -> Vec<u8> {
    let bytes = sequence.to_le_bytes();
    let length =
        usize::try_from(sequence.wrapping_mul(0x9e37_79b9) % 1_000_003).expect("small") % most;
    bytes.iter().copied().cycle().take(1 + length).map(|byte| byte ^ 0xa5).collect()
}

/// Records `first..first + count`.
pub(crate) fn batch(first: u64, count: u64, most: usize) -> Batch {
    let mut batch = Batch::new();
    for sequence in first..first + count {
        let kind = u8::try_from(sequence % 251).expect("small");
        batch.push(kind, &payload(sequence, most)).expect("small");
    }
    batch
}

/// A journal, what was found of it, and what it tells.
pub(crate) type Started = (FileJournal, Recovered, Receiver<Appended>);

/// Goes on with what is on a disk.
pub(crate) fn start(disk: &SimulatedDisk) -> Result<Started, Fault> {
    start_after(disk, Mark::GENESIS)
}

/// Goes on with what is on a disk after a place.
pub(crate) fn start_after(disk: &SimulatedDisk, after: Mark) -> Result<Started, Fault> {
    let (tell, told) = channel();
    let told_to = Box::new(move |appended| tell.send(appended).unwrap_or_default());
    let recovery = Recovery::open_on(Arc::new(disk.clone()), after)?;
    let (journal, recovered) = recovery.start(SETTINGS, EPOCH, told_to)?;
    Ok((journal, recovered, told))
}

/// Reads all records after a place, and checks that each says its own number.
pub(crate) fn read(disk: &SimulatedDisk, after: Mark, most: usize) -> Result<Recovered, Fault> {
    let mut recovery = Recovery::open_on(Arc::new(disk.clone()), after)?;
    let mut expected = after.sequence.next();
    while let Some(record) = recovery.read()? {
        check_record(record, expected, most);
        expected = expected.next();
    }
    Ok(recovery.recovered())
}

/// No record is left out, or there twice, or another one.
fn check_record(record: Record<'_>, expected: Sequence, most: usize) {
    assert_eq!(record.mark.sequence, expected);
    assert_eq!(record.payload, payload(expected.get(), most), "record {expected}");
}

pub(crate) const fn sequence(number: u64) -> Sequence {
    Sequence::new(number)
}

/// Bytes behind the log in a journal that has crashed.
const FREE: usize = 20_000;

/// The name of the first segment.
pub(crate) const FIRST: &str = "segment-0000000001";

/// A journal whose batches went one by one, as it is after a crash, and where its frames begin; the last place is where
/// they end.
#[derive(Debug)]
pub(crate) struct Crashed {
    pub(crate) disk: SimulatedDisk,
    pub(crate) marks: Vec<Mark>,
    pub(crate) frames: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// Appends batches of so many records each, all in the first segment.
pub(crate) fn crashed(batches: &[u64], most: usize) -> Crashed {
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).expect("the disk is well");
    let (mut marks, mut frames) = (vec![Mark::GENESIS], vec![64]);
    for count in batches {
        let first = journal.head().sequence.next();
        let appended = journal.append(EPOCH, first, &batch(first.get(), *count, most));
        assert_eq!(appended, Appended::Durable(journal.head()));
        let bytes = disk.bytes(FIRST).expect("it is there");
        let end = bytes.iter().rposition(|byte| *byte != 0).expect("it is not empty") + 1;
        frames.push(end.next_multiple_of(64));
        marks.push(journal.head());
    }
    // The rest is zeros, and what is not there counts as that.
    let mut bytes = disk.bytes(FIRST).expect("it is there");
    bytes.truncate(frames.last().copied().unwrap_or_default() + FREE);
    let disk = SimulatedDisk::new();
    disk.put(FIRST, bytes.clone());
    Crashed { disk, marks, frames, bytes }
}

impl Crashed {
    /// The same with other bytes in the first segment.
    pub(crate) fn with(&self, bytes: Vec<u8>) -> SimulatedDisk {
        let disk = self.disk.copy();
        disk.put(FIRST, bytes);
        disk
    }

    /// Where the log ends.
    pub(crate) fn end(&self) -> usize {
        self.frames.last().copied().unwrap_or_default()
    }

    /// The last record.
    pub(crate) fn last(&self) -> Mark {
        self.marks.last().copied().unwrap_or(Mark::GENESIS)
    }

    /// The last but one batch's last record, and where its frame ends.
    pub(crate) fn before_last(&self) -> (Mark, usize) {
        let before = self.marks.len().saturating_sub(2);
        (self.marks[before], self.frames[before])
    }
}

/// Goes on with a journal, and checks that it works.
pub(crate) fn works_on(disk: &SimulatedDisk, last: Mark, most: usize) {
    let (mut journal, recovered, _told) = start(disk).expect("it starts");
    assert_eq!(recovered.last, last);
    let first = last.sequence.next();
    let appended = journal.append(EPOCH, first, &batch(first.get(), 3, most));
    assert_eq!(appended, Appended::Durable(journal.head()));
    let crashed = disk.after_power_cut(|| false);
    let recovered = read(&crashed, Mark::GENESIS, most).expect("nothing is wrong");
    assert_eq!((recovered.last, recovered.cut), (journal.head(), None));
}
