//! One disk through many lives of the journal, each of which ends by a power cut at some write or sync.

use std::sync::Arc;

use journal::{Appended, DiskFault, Fault, Journal as _, Mark, SimulatedDisk, SnapshotStore};
use machine::Prng;

use crate::common::{EPOCH, batch, read, start_after};

/// Most bytes of a record: a segment lasts for some lives.
const MOST: usize = 600;

/// Histories in the gate.
const SEEDS: u64 = 40;

/// Lives of each.
const LIVES: u64 = 8;

/// What somebody outside knows of a journal.
struct Known {
    /// The last record that was told to be durable.
    told: Mark,
    /// What was removed.
    removed: Mark,
}

/// Starts and appends until the disk dies at a drawn moment; it may die while it starts.
fn live(disk: &SimulatedDisk, prng: &mut Prng, known: &mut Known) {
    disk.fail_after(prng.below(120), DiskFault::Dies);
    let (mut journal, recovered, told) = match start_after(disk, known.removed) {
        Ok(started) => started,
        Err(Fault::Disk { .. }) => return,
        Err(fault) => panic!("{fault}"),
    };
    assert!(recovered.last.sequence >= known.told.sequence, "{:?} is lost", known.told);
    known.told = recovered.last;
    loop {
        let first = journal.head().sequence.next();
        let count = 1 + prng.below(5);
        if journal.submit(EPOCH, first, &batch(first.get(), count, MOST)).is_err() {
            break;
        }
        if prng.below(10) == 0 {
            journal.remover().remove_through(known.told.sequence).unwrap_or_default();
            known.removed = known.told;
        }
        for appended in told.try_iter() {
            if let Appended::Durable(mark) = appended {
                known.told = mark;
            }
        }
    }
    drop(journal);
    for appended in told.iter() {
        if let Appended::Durable(mark) = appended {
            known.told = mark;
        }
    }
}

#[test]
fn nothing_told_is_lost_in_any_of_many_lives() {
    // The whole of the promise: starts, cuts, seals, new segments and removed ones, each of which can be the last thing
    // that a machine does.
    for seed in 0..SEEDS {
        let mut prng = Prng::new(seed);
        let mut disk = SimulatedDisk::new();
        let mut known = Known { told: Mark::GENESIS, removed: Mark::GENESIS };
        for life in 0..LIVES {
            live(&disk, &mut prng, &mut known);
            let kind = prng.below(3);
            disk = disk.after_power_cut(|| kind == 2 || (kind == 1 && prng.below(2) == 0));
            let verified = journal::verify_on(Arc::new(disk.clone()));
            let verified =
                verified.unwrap_or_else(|fault| panic!("seed {seed}, life {life}: {fault}"));
            let last = verified.last.sequence.get();
            let lost = last < known.told.sequence.get() && known.told != Mark::GENESIS;
            assert!(!lost, "seed {seed}, life {life}: {last} is left of {:?}", known.told);
        }
    }
}

#[test]
fn a_snapshot_and_the_journal_after_it_are_enough() {
    // The journal's beginning is removed for good; what is left has to be all that a start needs.
    let disk = SimulatedDisk::new();
    let store = SnapshotStore::on(Arc::new(disk.clone()));
    for _life in 0..6 {
        let (found, passed_over) = store.newest().unwrap();
        assert_eq!(passed_over, []);
        let after = found.map_or(Mark::GENESIS, |snapshot| snapshot.mark);
        let recovered = read(&disk, after, MOST).unwrap();
        let recovery = journal::Recovery::open_on(Arc::new(disk.clone()), after).unwrap();
        let settings = crate::common::SETTINGS;
        let (mut journal, again) = recovery.start(settings, EPOCH, Box::new(drop)).unwrap();
        assert_eq!(again.last, recovered.last);
        for _ in 0..150 {
            let first = journal.head().sequence.next();
            let appended = journal.append(EPOCH, first, &batch(first.get(), 3, MOST));
            assert_eq!(appended, Appended::Durable(journal.head()));
        }
        let kept = store.save(journal.head(), b"all of it").unwrap();
        journal.remover().remove_through(kept.oldest).unwrap();
        let first = journal.head().sequence.next();
        journal.append(EPOCH, first, &batch(first.get(), 3, MOST));
    }
    let segments = disk.names().iter().filter(|name| name.starts_with("segment")).count();
    assert!(segments < 8, "old segments are gone: {:?}", disk.names());
}
