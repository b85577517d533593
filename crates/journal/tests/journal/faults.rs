//! A disk that fails: the journal stops, says so, and has lost nothing that it told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use journal::{
    Appended, DiskFault, Fault, FileJournal, Journal as _, Mark, RECORD_BYTES_MAX, Recovery,
    Refused, Settings, SimulatedDisk, Stop, verify_on,
};

use crate::common::{EPOCH, SETTINGS, batch, read, sequence, start, works_on};

/// Most bytes of a record.
const MOST: usize = 500;

#[test]
fn what_is_told_to_be_durable_outlives_a_power_cut_at_that_moment() {
    // The one promise of the journal: acknowledged before it is synced, a trade is lost with the power.
    let disk = SimulatedDisk::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (tell, watched) = (Arc::clone(&told), disk.clone());
    let told_to = Box::new(move |appended| {
        if let Appended::Durable(mark) = appended {
            let left = verify_on(Arc::new(watched.after_power_cut(|| false)));
            tell.lock().unwrap().push((mark, left.map(|left| left.last)));
        }
    });
    let recovery = Recovery::open_on(Arc::new(disk), Mark::GENESIS).unwrap();
    let (mut journal, _) = recovery.start(SETTINGS, EPOCH, told_to).unwrap();
    for first in (1..400).step_by(5) {
        journal.submit(EPOCH, sequence(first), &batch(first, 5, 20_000)).unwrap();
    }
    let last = journal.close().unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.last().map(|(mark, _)| *mark), Some(last));
    for (mark, left) in told.iter() {
        let left = left.as_ref().expect("what is left is good");
        assert!(left.sequence >= mark.sequence, "{mark:?} was told and {left:?} is left");
    }
}

/// Appends until something fails, and says what was durable before and why it stopped.
fn until_it_stops(journal: &mut FileJournal, most: usize) -> (Mark, Stop) {
    let mut durable = journal.head();
    for _ in 0..1_000 {
        let first = durable.sequence.next();
        match journal.append(EPOCH, first, &batch(first.get(), 3, most)) {
            Appended::Durable(mark) => durable = mark,
            Appended::Unknown(stop) => return (durable, stop),
            Appended::Fenced(fence) => panic!("{fence}"),
        }
    }
    panic!("nothing failed")
}

#[test]
fn after_an_error_it_has_stopped_for_good() {
    // A second sync that succeeds says nothing about what the first one lost.
    for fault in [DiskFault::Error, DiskFault::ShortWrite(70), DiskFault::Full] {
        for call in 0..8 {
            let disk = SimulatedDisk::new();
            // The start's own writes, and those in advance, come before the fault.
            let (mut journal, _, told) = start(&disk).unwrap();
            journal.append(EPOCH, sequence(1), &batch(1, 3, MOST));
            drop(told);
            journal.close().unwrap();
            let (mut journal, recovered, told) = start(&disk).unwrap();
            disk.fail_after(call, fault);
            let (durable, stop) = until_it_stops(&mut journal, MOST);
            let case = format!("{fault:?} at {call}: {stop}");
            assert!(
                stop.durable == durable && durable.sequence >= recovered.last.sequence,
                "{case}"
            );
            assert_eq!(stop.full && fault == DiskFault::Full, stop.full, "{case}");
            let calls = disk.calls();
            let next = journal.head().sequence.next();
            let again = journal.submit(EPOCH, next, &batch(next.get(), 1, MOST));
            assert_eq!(again, Err(Refused::Stopped(stop.clone())), "{case}");
            assert_eq!(journal.close(), Err(stop.clone()), "{case}");
            assert_eq!(disk.calls(), calls, "{case}: it has left the disk alone");
            assert_eq!(told.iter().last(), Some(Appended::Unknown(stop)), "{case}");
            for survives in [false, true] {
                let left = disk.after_power_cut(|| survives);
                let last = verify_on(Arc::new(left.clone())).expect(&case).last;
                assert!(last.sequence >= durable.sequence, "{case}: {last:?}");
                works_on_from(&left, last);
            }
        }
    }
}

fn works_on_from(disk: &SimulatedDisk, last: Mark) {
    let (mut journal, recovered, _told) = start(disk).expect("it starts");
    assert_eq!(recovered.last, last);
    let first = last.sequence.next();
    let appended = journal.append(EPOCH, first, &batch(first.get(), 3, MOST));
    assert_eq!(appended, Appended::Durable(journal.head()));
    let left = verify_on(Arc::new(disk.after_power_cut(|| false))).expect("nothing is wrong");
    assert_eq!((left.last, left.cut), (journal.head(), None));
}

#[test]
fn what_a_failed_sync_left_in_memory_is_on_the_disk_after_the_next_start() {
    // Read back from the page cache it looks fine, everything builds on it, and the next power cut takes it away.
    let disk = SimulatedDisk::new();
    let (mut journal, _, _told) = start(&disk).unwrap();
    journal.append(EPOCH, sequence(1), &batch(1, 3, MOST));
    drop(journal);
    let (mut journal, recovered, _told) = start(&disk).unwrap();
    disk.fail_after(1, DiskFault::Error);
    let (durable, _) = until_it_stops(&mut journal, MOST);
    assert_eq!(durable, recovered.last);
    drop(journal);
    let (journal, recovered, _told) = start(&disk).unwrap();
    assert!(recovered.last.sequence > durable.sequence, "it is read back");
    let left = disk.after_power_cut(|| false);
    assert_eq!(read(&left, Mark::GENESIS, MOST).unwrap().last, recovered.last);
    drop(journal);
    works_on(&disk, recovered.last, MOST);
}

#[test]
fn a_full_disk_is_said_before_anything_is_acknowledged_and_room_is_all_it_takes() {
    // The most common fault of all.
    let disk = SimulatedDisk::new();
    let segment = usize::try_from(SETTINGS.segment_bytes).unwrap();
    disk.set_room(Some(segment - 1));
    let full = start(&disk).map(drop);
    assert!(matches!(full, Err(Fault::Full { .. })), "{full:?}");
    disk.set_room(Some(2 * segment + segment / 2));
    let (mut journal, _, _told) = start(&disk).unwrap();
    let (durable, stop) = until_it_stops(&mut journal, 40_000);
    assert!(stop.full, "{stop}");
    assert_eq!(stop.durable, durable);
    drop(journal);
    let recovered = read(&disk, Mark::GENESIS, 40_000).unwrap();
    assert_eq!((recovered.last, recovered.cut), (durable, None), "nothing was half written");
    let (mut journal, _, _told) = start(&disk).unwrap();
    let (after, stop) = until_it_stops(&mut journal, 40_000);
    assert!(stop.full && after.sequence >= durable.sequence, "it is still full: {stop}");
    drop(journal);
    disk.set_room(None);
    works_on(&disk, after, 40_000);
}

#[test]
fn room_that_comes_back_in_time_is_used() {
    // A disk that is full for an hour is no reason to stop while the segment lasts.
    let disk = SimulatedDisk::new();
    let segment = usize::try_from(SETTINGS.segment_bytes).unwrap();
    disk.set_room(Some(segment));
    let (mut journal, _, _told) = start(&disk).unwrap();
    journal.append(EPOCH, sequence(1), &batch(1, 5, 40_000));
    disk.set_room(None);
    for first in (6..156).step_by(5) {
        let appended = journal.append(EPOCH, sequence(first), &batch(first, 5, 40_000));
        assert_eq!(appended, Appended::Durable(journal.head()));
    }
    drop(journal);
    assert!(verify_on(Arc::new(disk)).unwrap().segments > 2);
}

#[test]
fn what_waits_for_the_disk_is_bounded() {
    // A disk that hangs must not fill the memory.
    let settings = Settings { pending_bytes: RECORD_BYTES_MAX, ..SETTINGS };
    let told = Arc::new(AtomicUsize::new(0));
    let tell = Arc::clone(&told);
    let told_to = Box::new(move |appended| {
        if let Appended::Durable(mark) = appended {
            tell.store(usize::try_from(mark.sequence.get()).unwrap(), Ordering::SeqCst);
        }
    });
    let recovery = Recovery::open_on(Arc::new(SimulatedDisk::new()), Mark::GENESIS).unwrap();
    let (mut journal, _) = recovery.start(settings, EPOCH, told_to).unwrap();
    let bytes = vec![7; 10_000];
    let mut records = journal::Batch::new();
    for number in 1..300 {
        records.clear();
        records.push(1, &bytes).unwrap();
        journal.submit(EPOCH, sequence(number as u64), &records).unwrap();
        let waiting = number - told.load(Ordering::SeqCst);
        assert!(waiting * bytes.len() <= RECORD_BYTES_MAX, "{waiting} records wait");
    }
    assert_eq!(journal.close().unwrap().sequence, sequence(299));
}

#[test]
fn a_panic_of_who_is_told_stops_the_journal() {
    // Else the venue would wait for ever, and look well.
    let recovery = Recovery::open_on(Arc::new(SimulatedDisk::new()), Mark::GENESIS).unwrap();
    let told_to = Box::new(|_appended| panic!("as planned"));
    let (mut journal, _) = recovery.start(SETTINGS, EPOCH, told_to).unwrap();
    let appended = journal.append(EPOCH, sequence(1), &batch(1, 1, MOST));
    assert!(matches!(appended, Appended::Unknown(_)), "{appended:?}");
    let after = journal.submit(EPOCH, sequence(2), &batch(2, 1, MOST));
    assert!(matches!(after, Err(Refused::Stopped(_))), "{after:?}");
}
