//! The journal's reader against a model that was written from its format.
//!
//! Random changes hardly ever survive a checksum. So the first byte of an input says what is made right before it is
//! read: the checksums, or the chain as well, so that what lies behind them is reached.

use std::sync::Arc;

use journal::{
    Appended, Batch, Epoch, Journal as _, Mark, Recovery, Sequence, Settings, SimulatedDisk,
    verify_on,
};
use sha2::{Digest as _, Sha256};

use crate::target::{Form, Target};

/// The target of [`journal()`].
pub const JOURNAL: Target =
    Target { name: "journal", run: journal, seeds, words: &[], form: Form::Orders };

/// Bytes of a head, and what frames begin at multiples of.
const HEAD: usize = 64;

/// The file that inputs are read as.
const FIRST: &str = "segment-0000000001";

/// Reads an input as the one segment of a journal, and goes on with it where it is good.
///
/// # Panics
///
/// Where the reader panics, says something else than the model, or cannot go on.
pub fn journal(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let mut segment = rest.to_vec();
    segment.resize(segment.len().next_multiple_of(HEAD), 0);
    if mode % 4 != 0 {
        repair(&mut segment, mode % 4 > 1);
    }
    let disk = SimulatedDisk::new();
    disk.put(FIRST, segment.clone());
    let read = verify_on(Arc::new(disk.clone()));
    let model = model(&segment);
    let Ok(read) = read else {
        let behind = segment.get(model.end..).unwrap_or_default();
        let is_good = model.is_whole && behind.iter().all(|byte| *byte == 0);
        assert!(!is_good, "good records are refused");
        return;
    };
    if !model.has_head {
        assert_eq!(read.records, 0);
        return;
    }
    let (first, last) = (
        Sequence::new(model.first),
        Mark { sequence: Sequence::new(model.first + model.records - 1), hash: model.hash },
    );
    assert_eq!((read.first, read.last, read.records), (first, last, model.records));
    let is_genesis = model.first == 1 && segment[24..56].iter().all(|byte| *byte == 0);
    if is_genesis && mode % 8 >= 4 {
        goes_on(&disk, last, model.epoch);
    }
}

/// What the format says of a segment.
struct Model {
    has_head: bool,
    first: u64,
    records: u64,
    epoch: u64,
    hash: [u8; 32],
    /// Where the last good frame ends.
    end: usize,
    /// Whether every record of every good frame was.
    is_whole: bool,
}

/// Reads a segment as the document of the format says, one thing after the other.
fn model(segment: &[u8]) -> Model {
    let mut model = Model {
        has_head: false,
        first: 1,
        records: 0,
        epoch: 0,
        hash: [0; 32],
        end: 0,
        is_whole: true,
    };
    let Some(head) = head(segment, b"SWJS") else { return model };
    if head[..4] != [1, 0, 0, 0] || number(&head[8..16]) != 1 || number(&head[16..24]) == 0 {
        model.is_whole = false;
        return model;
    }
    model.has_head = true;
    model.first = number(&head[16..24]);
    model.hash.copy_from_slice(&head[24..56]);
    model.end = HEAD;
    while let Some(rest) = segment.get(model.end..) {
        let Some(length) = frame(rest, &mut model) else { break };
        model.end += length;
    }
    model
}

/// Reads a frame and says how long it is; none where it is not good.
fn frame(rest: &[u8], model: &mut Model) -> Option<usize> {
    let head = head(rest, b"SWJF")?;
    let length = usize::try_from(number(&head[..4])).ok()?;
    let records = rest.get(HEAD..)?.get(..length)?;
    let whole = (HEAD + length + 4).next_multiple_of(HEAD);
    let body = rest.get(HEAD..whole)?;
    let epoch = number(&head[8..16]);
    let follows = number(&head[16..24]) == model.first + model.records
        && head[24..56] == model.hash
        && epoch >= model.epoch;
    if number(&head[4..8]) != u64::from(crc32c::crc32c(body)) {
        return None;
    }
    model.is_whole &= follows && body[length..].starts_with(b"END\n");
    if !model.is_whole {
        return None;
    }
    model.epoch = epoch;
    let mut left = records;
    while !left.is_empty() {
        let record = left.get(..5).and_then(|head| {
            let length = usize::try_from(number(&head[..4])).ok()?;
            left.get(..5 + length)
        });
        let Some(record) = record else {
            model.is_whole = false;
            return None;
        };
        let mut hasher = Sha256::new();
        hasher.update(model.hash);
        hasher.update(epoch.to_le_bytes());
        hasher.update((model.first + model.records).to_le_bytes());
        hasher.update(&record[4..]);
        model.hash = hasher.finalize().into();
        model.records += 1;
        left = &left[record.len()..];
    }
    Some(whole)
}

/// The head that bytes begin with, where marker and checksum are right.
fn head<'a>(bytes: &'a [u8], marker: &[u8; 4]) -> Option<&'a [u8]> {
    let head = bytes.get(..HEAD)?;
    let crc = crc32c::crc32c(&[&head[..56], &head[60..]].concat());
    (head[60..] == *marker && number(&head[56..60]) == u64::from(crc)).then_some(head)
}

/// A number, the lowest byte first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Makes checksums and markers right, and places and hashes where `chain` says so.
fn repair(segment: &mut [u8], chain: bool) {
    let Some(head) = segment.get_mut(..HEAD) else { return };
    head[0..8].copy_from_slice(&1_u64.to_le_bytes());
    head[8..16].copy_from_slice(&1_u64.to_le_bytes());
    if chain {
        head[16..24].copy_from_slice(&1_u64.to_le_bytes());
    }
    seal(head, b"SWJS");
    let mut read = model(segment);
    loop {
        let Model { end, first, records, hash, is_whole, .. } = read;
        let Some(rest) = segment.get_mut(end..).filter(|rest| rest.len() >= 2 * HEAD) else {
            return;
        };
        // What the next frame says of itself stays, as far as there is room for it.
        let length = usize::try_from(number(&rest[..4])).unwrap_or(0) % (rest.len() - HEAD - 4);
        let whole = (HEAD + length + 4).next_multiple_of(HEAD);
        rest[..4].copy_from_slice(&u32::try_from(length).unwrap_or(0).to_le_bytes());
        if chain {
            rest[16..24].copy_from_slice(&(first + records).to_le_bytes());
            rest[24..56].copy_from_slice(&hash);
        }
        if chain && rest[HEAD + length] % 8 != 0 {
            rest[HEAD + length..][..4].copy_from_slice(b"END\n");
        }
        let crc = crc32c::crc32c(&rest[HEAD..whole]);
        rest[4..8].copy_from_slice(&crc.to_le_bytes());
        seal(&mut rest[..HEAD], b"SWJF");
        read = model(segment);
        if read.end == end || !is_whole {
            return;
        }
    }
}

/// Puts marker and checksum into a head.
fn seal(head: &mut [u8], marker: &[u8; 4]) {
    head[60..].copy_from_slice(marker);
    let crc = crc32c::crc32c(&[&head[..56], &head[60..]].concat());
    head[56..60].copy_from_slice(&crc.to_le_bytes());
}

/// Appends a record to what was read.
fn goes_on(disk: &SimulatedDisk, last: Mark, epoch: u64) {
    let (epoch, next) = (Epoch::new(epoch), last.sequence.next());
    let recovery = Recovery::open_on(Arc::new(disk.clone()), Mark::GENESIS);
    let started = recovery.and_then(|it| it.start(small(), epoch, Box::new(drop)));
    let (mut journal, recovered) = started.expect("it was good");
    assert_eq!(recovered.last, last);
    let appended = journal.append(epoch, next, &batch(&[b"more"]));
    assert!(matches!(appended, Appended::Durable(_)), "{appended:?}");
    let again = verify_on(Arc::new(disk.after_power_cut(|| false))).expect("it is good");
    assert_eq!((again.last.sequence, again.cut), (next, None));
}

const fn small() -> Settings {
    Settings { segment_bytes: Settings::SEGMENT_BYTES_MIN, ..Settings::USUAL }
}

fn batch(payloads: &[&[u8]]) -> Batch {
    let mut batch = Batch::new();
    for payload in payloads {
        batch.push(1, payload).expect("it is small");
    }
    batch
}

/// A journal of some frames, and one with a seal, with each way of being made right.
fn seeds() -> Vec<Vec<u8>> {
    let disk = SimulatedDisk::new();
    let recovery = Recovery::open_on(Arc::new(disk.clone()), Mark::GENESIS).expect("it is empty");
    let started = recovery.start(small(), Epoch::new(1), Box::new(drop));
    let (mut journal, _) = started.expect("it is empty");
    let mut seeds = Vec::new();
    for payloads in [&[b"one".as_slice(), b"two"][..], &[b""], &[&[9; 600], b"three"]] {
        let next = journal.head().sequence.next();
        journal.append(Epoch::new(1), next, &batch(payloads));
        seeds.extend(input(&disk));
    }
    drop(journal);
    seeds.extend(input(&disk));
    seeds
}

/// The segment on a disk as inputs.
fn input(disk: &SimulatedDisk) -> impl Iterator<Item = Vec<u8>> {
    let bytes = disk.bytes(FIRST).unwrap_or_default();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let used = bytes.get(..used).unwrap_or_default().to_vec();
    [4, 5, 6].into_iter().map(move |mode| [&[mode], used.as_slice()].concat())
}
