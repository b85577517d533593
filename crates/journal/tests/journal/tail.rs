//! What a power cut leaves of the last write is cut off, and nothing else.

use journal::{CutKind, Mark, Recovered};
use machine::Prng;

use crate::common::{Crashed, FIRST, crashed, read, works_on};

/// Most bytes of a record: a frame of a few takes some sectors.
const MOST: usize = 400;

fn expect_cut(case: &str, found: &Recovered, last: Mark, offset: usize) -> CutKind {
    let cut = found.cut.as_ref().unwrap_or_else(|| panic!("{case}: nothing was cut"));
    let expected = (last, FIRST, offset as u64, last.sequence.next());
    let found = (found.last, cut.file.as_str(), cut.offset, cut.expected);
    assert_eq!(found, expected, "{case}");
    cut.kind
}

#[test]
fn a_last_write_that_ends_at_any_byte_is_cut_off() {
    // Every power cut under load leaves one, and the venue has to start again by itself.
    let journal = crashed(&[1, 4, 3], MOST);
    let (before, start) = journal.before_last();
    let used = journal.bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for length in start..journal.end() {
        let mut zeros = journal.bytes.clone();
        zeros[length..].fill(0);
        let cut_short = journal.bytes[..length].to_vec();
        for (case, bytes) in [("zeros", zeros), ("cut short", cut_short)] {
            let case = format!("{case} from byte {length}");
            let disk = journal.with(bytes);
            let found = read(&disk, Mark::GENESIS, MOST).unwrap();
            if length >= used {
                assert_eq!((found.last, found.cut), (journal.last(), None), "{case}");
            } else if length > start {
                let kind = expect_cut(&case, &found, before, start);
                assert_eq!(kind, CutKind::Unfinished, "{case}");
            } else {
                assert_eq!((found.last, found.cut), (before, None), "{case}");
            }
            if length % 40 == 0 {
                let last = if length >= used { journal.last() } else { before };
                works_on(&disk, last, MOST);
            }
        }
    }
}

#[test]
fn a_last_write_without_some_of_its_sectors_is_cut_off() {
    // A disk writes the sectors of one write in any order.
    let mut prng = Prng::new(1);
    for _ in 0..40 {
        let journal = crashed(&[1 + prng.below(3), 2 + prng.below(8)], MOST);
        let (before, start) = journal.before_last();
        let mut bytes = journal.bytes.clone();
        for sector in start / 512..journal.end().div_ceil(512) {
            if prng.below(2) == 0 {
                bytes[(sector * 512).max(start)..(sector + 1) * 512].fill(0);
            }
        }
        let whole = bytes == journal.bytes;
        let nothing = bytes[start..].iter().all(|byte| *byte == 0);
        let disk = journal.with(bytes);
        let found = read(&disk, Mark::GENESIS, MOST).unwrap();
        if whole {
            assert_eq!((found.last, found.cut), (journal.last(), None));
        } else if nothing {
            assert_eq!((found.last, found.cut), (before, None));
        } else {
            assert_eq!(expect_cut("sectors", &found, before, start), CutKind::Unfinished);
        }
    }
}

#[test]
fn garbage_behind_the_last_write_is_cut_off() {
    // What is left there would lie under the next record.
    let journal = crashed(&[2, 3], MOST);
    let mut prng = Prng::new(2);
    for length in [1, 63, 64, 65, 511, 2_000] {
        for gap in [0, 64, 5_000] {
            let mut bytes = journal.bytes.clone();
            for byte in &mut bytes[journal.end() + gap..][..length] {
                *byte = 1 + u8::try_from(prng.below(255)).unwrap();
            }
            let case = format!("{length} bytes after {gap}");
            let disk = journal.with(bytes);
            let found = read(&disk, Mark::GENESIS, MOST).unwrap();
            let kind = expect_cut(&case, &found, journal.last(), journal.end());
            assert_eq!(kind == CutKind::Garbage, gap == 0 && length >= 64, "{case}");
            works_on(&disk, journal.last(), MOST);
        }
    }
}

#[test]
fn the_first_write_of_all_can_be_unfinished() {
    // A venue that loses its power in its first second has to start again.
    let journal = crashed(&[2], MOST);
    for length in 0..journal.end() {
        let mut bytes = journal.bytes.clone();
        bytes[length..].fill(0);
        let whole = bytes == journal.bytes;
        let disk = journal.with(bytes);
        let last = if whole { journal.last() } else { Mark::GENESIS };
        let found = read(&disk, Mark::GENESIS, MOST).unwrap();
        // After 64 bytes there is just the head of the segment.
        let cut = !whole && length != 0 && length != 64;
        assert_eq!((found.last, found.cut.is_some()), (last, cut), "{length}");
        if length % 30 == 0 {
            works_on(&disk, last, MOST);
        }
    }
}

#[test]
fn a_head_of_a_segment_without_its_first_frame_is_no_fault() {
    // The head alone was written by a process that was killed in the middle of it.
    let journal = crashed(&[1], MOST);
    let Crashed { bytes, .. } = &journal;
    let mut bytes = bytes.clone();
    bytes[64..].fill(0);
    let disk = journal.with(bytes);
    assert_eq!(read(&disk, Mark::GENESIS, MOST).unwrap().cut, None);
    works_on(&disk, Mark::GENESIS, MOST);
}
