//! A journal on a simulated disk, filled with records that say their own number.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use journal::{
    Appended, Batch, Epoch, Fault, FileJournal, Mark, Record, Recovered, Recovery, Sequence,
    Settings, SimulatedDisk,
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

/// Goes on with what is on a disk.
pub(crate) fn start(
    disk: &SimulatedDisk,
) -> Result<(FileJournal, Recovered, Receiver<Appended>), Fault> {
    let (tell, told) = channel();
    let told_to = Box::new(move |appended| tell.send(appended).unwrap_or_default());
    let recovery = Recovery::open_on(Arc::new(disk.clone()), Mark::GENESIS)?;
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
