//! What is appended is read back, also in another run, and by one writer at a time.

use std::sync::Arc;

use crate::common::{EPOCH, SETTINGS, batch, payload, read, sequence, start};
use journal::{
    Appended, Batch, Epoch, Fault, Fence, Journal as _, Mark, Recovery, Refused, SimulatedDisk,
    verify, verify_on,
};

/// Most bytes of a record here: some segments hold a few dozen of them.
const MOST: usize = 60_000;

#[test]
fn what_is_appended_is_read_back_after_many_starts_and_segments() {
    // Every start of the venue goes this way.
    let disk = SimulatedDisk::new();
    let mut last = Mark::GENESIS;
    for run in 0..4 {
        let (mut journal, recovered, told) = start(&disk).unwrap();
        assert_eq!((recovered.last, recovered.cut), (last, None), "run {run}");
        for _ in 0..5 {
            let records = batch(last.sequence.get() + 1, 7, MOST);
            last = journal.submit(EPOCH, last.sequence.next(), &records).unwrap();
        }
        assert_eq!(journal.head(), last);
        assert_eq!(journal.close(), Ok(last));
        let told: Vec<Appended> = told.iter().collect();
        assert_eq!(told.last(), Some(&Appended::Durable(last)), "it is told what is durable");
        assert_eq!(read(&disk, Mark::GENESIS, MOST).unwrap().last, last);
    }
    let verified = verify_on(Arc::new(disk)).unwrap();
    assert_eq!((verified.records, verified.last, &verified.cut), (140, last, &None));
    assert!(verified.segments > 2, "there is more than one segment: {verified:?}");
}

#[test]
fn the_chain_does_not_depend_on_how_records_came() {
    // Two replicas that were handed the same records in other portions must agree on the hash.
    let mut hashes = Vec::new();
    for portion in [1, 3, 30] {
        let disk = SimulatedDisk::new();
        let (mut journal, _, _told) = start(&disk).unwrap();
        for first in (1..=30).step_by(portion) {
            let records = batch(first, portion as u64, 100);
            let appended = journal.append(EPOCH, sequence(first), &records);
            assert!(matches!(appended, Appended::Durable(_)), "{appended:?}");
        }
        hashes.push(journal.close().unwrap());
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

#[test]
fn it_is_read_from_a_snapshot_on_and_the_snapshot_has_to_be_of_these_records() {
    // A snapshot of another venue, or of records that were lost, would be gone on with.
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).unwrap();
    let mut marks = vec![Mark::GENESIS];
    for first in 1..=60 {
        marks.push(journal.submit(EPOCH, sequence(first), &batch(first, 1, MOST)).unwrap());
    }
    journal.close().unwrap();
    for mark in marks.iter().step_by(6) {
        let recovered = read(&disk, *mark, MOST).unwrap();
        assert_eq!(recovered.records, 60 - mark.sequence.get());
        let other = Mark { hash: [7; 32], ..*mark };
        assert!(matches!(read(&disk, other, MOST), Err(Fault::OtherHash { .. })), "{mark:?}");
    }
    let later = Mark { sequence: sequence(61), hash: [7; 32] };
    assert!(matches!(read(&disk, later, MOST), Err(Fault::Behind { .. })));
    let nothing = SimulatedDisk::new();
    assert!(matches!(read(&nothing, marks[1], MOST), Err(Fault::Behind { .. })));
}

#[test]
fn old_segments_go_when_a_snapshot_holds_their_records() {
    // Else the disk is full one day; and where too much goes, a start has nothing to go on with.
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).unwrap();
    let mut marks = vec![Mark::GENESIS];
    for first in 1..=150 {
        let expected = sequence(first);
        let appended = journal.append(EPOCH, expected, &batch(first, 1, MOST));
        assert_eq!(appended, Appended::Durable(journal.head()));
        marks.push(journal.head());
    }
    let remover = journal.remover();
    assert_eq!(remover.remove_through(sequence(3)).unwrap(), 0, "the first is still needed");
    assert!(remover.remove_through(sequence(100)).unwrap() > 0);
    assert_eq!(read(&disk.copy(), marks[100], MOST).unwrap().last, marks[150]);
    let from_first = read(&disk.copy(), Mark::GENESIS, MOST);
    assert!(matches!(from_first, Err(Fault::Begins { .. })), "{from_first:?}");
    assert!(verify_on(Arc::new(disk.copy())).unwrap().first > sequence(1));
    remover.remove_through(sequence(1_000)).unwrap();
    drop(journal);
    assert_eq!(read(&disk, marks[150], MOST).unwrap().last, marks[150]);
}

#[test]
fn a_record_that_no_snapshot_holds_is_never_removed() {
    // One segment too many, and there is no way from the snapshot to the end.
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).unwrap();
    let mut removed = 0;
    for first in 1..=40 {
        journal.append(EPOCH, sequence(first), &batch(first, 1, MOST));
    }
    for snapshot in 0..=40 {
        removed += journal.remover().remove_through(sequence(snapshot)).unwrap();
        let first = verify_on(Arc::new(disk.clone())).unwrap().first;
        assert!(first <= sequence(snapshot + 1), "{first} is the first after {snapshot}");
    }
    assert!(removed > 2, "{removed} were removed");
}

#[test]
fn another_epoch_or_another_place_is_fenced() {
    // Two writers, or one that has missed something, would both be told that their record is durable.
    let disk = SimulatedDisk::new();
    let recovery = Recovery::open_on(Arc::new(disk.clone()), Mark::GENESIS).unwrap();
    let epoch = Epoch::new(7);
    let (mut journal, _) = recovery.start(SETTINGS, epoch, Box::new(drop)).unwrap();
    journal.append(epoch, sequence(1), &batch(1, 2, 9));
    let fence = Fence { epoch, next: sequence(3) };
    for (epoch, expected) in [(6, 3), (8, 3), (7, 2), (7, 4)] {
        let (epoch, expected) = (Epoch::new(epoch), sequence(expected));
        let refused = journal.submit(epoch, expected, &batch(3, 1, 9));
        assert_eq!(refused, Err(Refused::Fenced(fence)));
        let appended = journal.append(epoch, expected, &batch(3, 1, 9));
        assert_eq!(appended, Appended::Fenced(fence));
    }
    assert_eq!(journal.submit(epoch, sequence(3), &Batch::new()), Ok(journal.head()));
    drop(journal);
    let recovery = Recovery::open_on(Arc::new(disk), Mark::GENESIS).unwrap();
    let again = recovery.start(SETTINGS, Epoch::new(6), Box::new(drop)).map(drop);
    assert!(matches!(again, Err(Fault::Fenced { .. })), "{again:?}");
}

#[test]
fn a_journal_is_open_once_at_a_time() {
    // Two processes that write to the same files destroy both their records.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let open = || Recovery::open(&path, Mark::GENESIS);
    let (mut journal, _) = open().unwrap().start(SETTINGS, EPOCH, Box::new(drop)).unwrap();
    assert!(matches!(open(), Err(Fault::Locked)));
    journal.append(EPOCH, sequence(1), &batch(1, 600, 200));
    drop(journal);
    let mut recovery = open().unwrap();
    assert!(matches!(open(), Err(Fault::Locked)), "who reads has it, too");
    let first = recovery.read().unwrap().unwrap();
    assert_eq!((first.kind, first.payload), (1, payload(1, 200).as_slice()));
    drop(recovery);
    assert_eq!(verify(&path).unwrap().records, 600);
}
