//! The newest whole snapshot is found, whatever happened to the others.

use std::sync::Arc;

use crate::common::sequence;
use journal::{DiskFault, Fault, Kept, Mark, SNAPSHOTS_KEPT, SimulatedDisk, SnapshotStore};

fn store(disk: &SimulatedDisk) -> SnapshotStore {
    SnapshotStore::on(Arc::new(disk.clone()))
}

fn mark(number: u64) -> Mark {
    Mark { sequence: sequence(number), hash: [byte(number); 32] }
}

fn byte(number: u64) -> u8 {
    u8::try_from(number).expect("small numbers")
}

/// The record of the newest snapshot, checked to hold what it was given, and how many were passed over.
fn newest(disk: &SimulatedDisk) -> (u64, usize) {
    let (snapshot, passed_over) = store(disk).newest().expect("the disk is well");
    let number = snapshot.map_or(0, |snapshot| {
        let number = snapshot.mark.sequence.get();
        assert_eq!(snapshot.mark, mark(number));
        assert_eq!(snapshot.payload, vec![byte(number); 2_000]);
        number
    });
    (number, passed_over.len())
}

fn save(disk: &SimulatedDisk, number: u64) -> Result<Kept, Fault> {
    store(disk).save(mark(number), &[byte(number); 2_000])
}

#[test]
fn two_are_kept_and_the_older_says_what_can_go() {
    // Where the journal went up to the newest snapshot, a broken one would be the end of the venue.
    let disk = SimulatedDisk::new();
    assert_eq!(newest(&disk), (0, 0));
    assert_eq!(save(&disk, 5).unwrap(), Kept { oldest: sequence(0) });
    assert_eq!(save(&disk, 7).unwrap(), Kept { oldest: sequence(5) });
    assert_eq!(save(&disk, 9).unwrap(), Kept { oldest: sequence(7) });
    assert_eq!(newest(&disk), (9, 0));
    assert_eq!(disk.names().len(), SNAPSHOTS_KEPT);
}

#[test]
fn a_snapshot_with_any_bit_changed_or_byte_missing_is_passed_over() {
    // The venue would go on from balances that nobody ever had.
    let disk = SimulatedDisk::new();
    save(&disk, 5).unwrap();
    save(&disk, 7).unwrap();
    let name = "snapshot-00000000000000000007";
    let good = disk.bytes(name).unwrap();
    for bit in (0..good.len() * 8).filter(|bit| bit / 8 < 100 || bit % 97 == 0) {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let disk = disk.copy();
        disk.put(name, changed);
        assert_eq!(newest(&disk), (5, 1), "bit {bit}");
        assert_eq!(newest(&disk), (5, 0), "it is out of the way");
    }
    for length in (0..good.len()).filter(|length| *length < 100 || length % 97 == 0) {
        let disk = disk.copy();
        disk.put(name, good[..length].to_vec());
        assert_eq!(newest(&disk), (5, 1), "length {length}");
    }
}

#[test]
fn whenever_the_power_goes_the_newest_that_was_saved_is_there() {
    // A snapshot that is half there must not take the place of a whole one.
    for fault in [DiskFault::Error, DiskFault::ShortWrite(10), DiskFault::Full] {
        for call in 0..12 {
            let disk = SimulatedDisk::new();
            save(&disk, 5).unwrap();
            disk.fail_after(call, fault);
            let saved = save(&disk, 7);
            let mut turn = 0_u32;
            for survivors in 0..3 {
                let left = disk.after_power_cut(|| {
                    turn += 1;
                    survivors == 2 || (survivors == 1 && turn.is_multiple_of(2))
                });
                let (found, _) = newest(&left);
                assert!(found == 7 || (found == 5 && saved.is_err()), "{fault:?} at {call}");
                save(&left, 9).unwrap();
                assert_eq!(newest(&left), (9, 0), "it works on afterwards");
            }
        }
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    // An operator has to know that it is room that is missing.
    let disk = SimulatedDisk::new();
    save(&disk, 5).unwrap();
    disk.set_room(Some(3_000));
    let full = save(&disk, 7);
    assert!(matches!(full, Err(Fault::Full { .. })), "{full:?}");
    assert_eq!(newest(&disk), (5, 0));
    disk.set_room(None);
    save(&disk, 7).unwrap();
    assert_eq!(newest(&disk), (7, 0));
}
