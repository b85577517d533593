//! What a power cut does not do is damage: it is found, named, and left as it is.

use journal::{Damage, Fault, Mark, Recovery, SimulatedDisk};
use machine::Prng;
use proptest::prelude::*;
use std::sync::Arc;

use crate::common::{Crashed, EPOCH, FIRST, SETTINGS, batch, crashed, read, sequence, start};
use journal::Journal as _;

/// Most bytes of a record.
const MOST: usize = 300;

/// Reads a journal that has to be refused, also by who would write to it, and must not be changed by that.
fn refused(disk: &SimulatedDisk) -> Fault {
    let before: Vec<_> = disk.names().iter().map(|name| disk.bytes(name)).collect();
    let recovery = Recovery::open_on(Arc::new(disk.clone()), Mark::GENESIS);
    let started = recovery.and_then(|recovery| recovery.start(SETTINGS, EPOCH, Box::new(drop)));
    let fault = started.map(drop).expect_err("it is damaged");
    let after: Vec<_> = disk.names().iter().map(|name| disk.bytes(name)).collect();
    assert!(before == after, "nothing is changed: {fault}");
    fault
}

/// A journal with one bit changed.
fn with_bit(journal: &Crashed, bit: usize) -> SimulatedDisk {
    let mut bytes = journal.bytes.clone();
    bytes[bit / 8] ^= 1 << (bit % 8);
    journal.with(bytes)
}

#[test]
fn any_bit_of_heads_ends_and_padding_that_changes_is_found() {
    // The last frame may have been acknowledged: cutting it off would lose what somebody was told.
    let journal = crashed(&[1, 1], 20);
    for bit in 0..journal.end() * 8 {
        let fault = refused(&with_bit(&journal, bit));
        assert!(matches!(fault, Fault::Damaged { .. }), "bit {bit}: {fault}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever was written, a bit that changes is never read as something else, and never as the end.
    #[test]
    fn any_bit_that_changes_is_found(
        batches in prop::collection::vec(1_u64..12, 1..6),
        most in 1_usize..500,
        place in any::<prop::sample::Index>(),
    ) {
        let journal = crashed(&batches, most);
        let bit = place.index(journal.end() * 8);
        let byte = bit / 8;
        let fault = refused(&with_bit(&journal, bit));
        let Fault::Damaged { offset, expected, .. } = fault else {
            panic!("byte {byte}: {fault}");
        };
        let frame = journal.frames.iter().rposition(|start| *start <= byte);
        let (start, mark) = frame.map_or((0, Mark::GENESIS), |at| (journal.frames[at], journal.marks[at]));
        prop_assert_eq!((offset, expected), (start as u64, mark.sequence.next()));
    }
}

#[test]
fn a_changed_bit_behind_the_log_is_cut_and_loses_nothing() {
    // There it is no record, and no reason to keep a venue down.
    let journal = crashed(&[3], MOST);
    let mut prng = Prng::new(4);
    for _ in 0..50 {
        let free = (journal.bytes.len() - journal.end()) as u64;
        let byte = journal.end() + usize::try_from(prng.below(free)).unwrap();
        let disk = with_bit(&journal, byte * 8);
        let found = read(&disk, Mark::GENESIS, MOST).unwrap();
        assert_eq!((found.last, found.cut.is_some()), (journal.last(), true), "byte {byte}");
    }
}

#[test]
fn a_frame_that_is_missing_or_there_twice_is_a_gap() {
    // Commands would be left out, or done twice.
    let journal = crashed(&[2, 2, 2], 8);
    let [first, second, third, end] = journal.frames[..] else { panic!("three frames") };
    let mut missing = journal.bytes.clone();
    missing.copy_within(third..end, second);
    missing[second + end - third..end].fill(0);
    let mut twice = journal.bytes.clone();
    twice.copy_within(first..second, second);
    twice[second + second - first..end].fill(0);
    let gap = |bytes| {
        let fault = refused(&journal.with(bytes));
        let Fault::Gap { file, offset, expected, found } = fault else { panic!("{fault}") };
        (file, offset, expected.get(), found.get())
    };
    assert_eq!(gap(missing), (FIRST.to_owned(), second as u64, 3, 5));
    assert_eq!(gap(twice), (FIRST.to_owned(), second as u64, 3, 1));
}

#[test]
fn what_a_power_cut_would_do_is_damage_where_good_frames_follow() {
    // A lost sector in the middle was acknowledged, and so was everything behind it.
    let journal = crashed(&[2, 9, 2], 200);
    let [first, second, _, end] = journal.frames[..] else { panic!("three frames") };
    let mut lost = journal.bytes.clone();
    lost[second..second + 512 - second % 512].fill(0);
    let mut unfinished = journal.bytes.clone();
    unfinished[second - 64..second].fill(0);
    let mut garbage = journal.bytes.clone();
    garbage[first..second].fill(7);
    for (case, start, bytes) in
        [("lost", second, lost), ("unfinished", first, unfinished), ("garbage", first, garbage)]
    {
        let fault = refused(&journal.with(bytes));
        let Fault::Damaged { offset, damage, .. } = fault else { panic!("{case}: {fault}") };
        assert_eq!((offset, damage), (start as u64, Damage::BeforeGood), "{case}, {end}");
    }
}

#[test]
fn a_frame_of_another_journal_does_not_fit() {
    // Whole and in its place, but not what followed these records.
    let journal = crashed(&[1, 1], 8);
    let other = crashed(&[1, 1], 8);
    assert_eq!(journal.bytes, other.bytes, "the same records make the same bytes");
    let changed = crashed(&[2], 8);
    let disk = SimulatedDisk::new();
    let (mut one, _, _told) = start(&disk).unwrap();
    let mut records = journal::Batch::new();
    records.push(9, b"other").unwrap();
    one.append(EPOCH, sequence(1), &records);
    one.append(EPOCH, sequence(2), &batch(2, 1, 8));
    let theirs = disk.bytes(FIRST).unwrap();
    let [_, second, end] = journal.frames[..] else { panic!("two frames") };
    let mut bytes = journal.bytes.clone();
    bytes[second..end].copy_from_slice(&theirs[second..end]);
    let fault = refused(&journal.with(bytes));
    let Fault::Chain { offset, sequence, expected, .. } = fault else { panic!("{fault}") };
    assert_eq!((offset, sequence.get(), *expected), (second as u64, 2, journal.marks[1].hash));
    assert_eq!(changed.last(), journal.last(), "the chain does not know of frames");
}

#[test]
fn another_version_and_a_missing_segment_are_named() {
    // An older program must not take a newer journal for a torn one.
    let journal = crashed(&[1], 8);
    let mut bytes = journal.bytes.clone();
    bytes[0] = 2;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..56]), &bytes[60..64]);
    bytes[56..60].copy_from_slice(&crc.to_le_bytes());
    let fault = refused(&journal.with(bytes.clone()));
    assert!(matches!(fault, Fault::Version { found: 2, known: 1, .. }), "{fault}");
    let disk = journal.disk.copy();
    disk.put("segment-0000000009", bytes);
    let fault = refused(&disk);
    assert!(matches!(&fault, Fault::Missing { file } if file.ends_with("2")), "{fault}");
}

#[test]
fn a_segment_that_lost_its_end_or_its_place_is_found() {
    // What lies in later segments was acknowledged after it.
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).unwrap();
    for first in (1..90).step_by(2) {
        journal.append(EPOCH, sequence(first), &batch(first, 2, 60_000));
    }
    drop(journal);
    assert!(read(&disk, Mark::GENESIS, 60_000).unwrap().records > 88);
    let names = disk.names();
    let segments: Vec<_> = names.iter().filter(|name| name.starts_with("segment")).collect();
    assert!(segments.len() > 3, "{segments:?}");
    let good = disk.bytes(segments[1]).unwrap();
    let mut cut = good.clone();
    cut[100_000..].fill(0);
    let short = good[..90_000].to_vec();
    let mut head = good.clone();
    head[..64].fill(0);
    let empty = vec![0; good.len()];
    for (case, bytes) in [("cut", cut), ("short", short), ("head", head), ("empty", empty)] {
        let disk = disk.copy();
        disk.put(segments[1], bytes);
        let fault = refused(&disk);
        let found = matches!(&fault, Fault::Damaged { damage: Damage::BeforeGood, .. });
        assert!(found, "{case}: {fault}");
    }
    let swapped = disk.copy();
    swapped.put(segments[1], disk.bytes(segments[2]).unwrap());
    let fault = refused(&swapped);
    assert!(matches!(fault, Fault::Damaged { damage: Damage::OtherSegment(3), .. }), "{fault}");
}
