//! Stops, power cuts, full disks and damage, with the engine's real threads on a disk in memory.

use std::sync::Arc;

use journal::{Batch, Disk, DiskFault, Mark, Recovery, Settings, SimulatedDisk};
use machine::Prng;
use runtime::task::block_on;
use units::Span;
use venue_core::AccountId;
use venue_views::{Entry, OrderStatus};

use super::{Fifo, beginning, done, name, order};
use crate::engine::record::{DigestRecord, push_digest, push_entry};
use crate::engine::{Engine, EngineSettings, EngineState, Outcome, StartError, Started};

/// An engine that does nothing by itself, so that two can be compared.
fn settings(snapshot_every: u64) -> EngineSettings {
    let journal = Settings { segment_bytes: Settings::SEGMENT_BYTES_MIN, ..Settings::USUAL };
    EngineSettings { journal, tick: Span::MAX, snapshot_every, ..EngineSettings::default() }
}

fn start(disk: &SimulatedDisk, every: u64) -> Result<(Engine, Started), StartError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Engine::start_on(disk, &settings(every), Box::new(Fifo::new(10_000)))
}

fn begin(disk: &SimulatedDisk, every: u64) -> Engine {
    let (engine, started) = start(disk, every).expect("an empty disk");
    assert_eq!((started.snapshot, started.replayed), (0, 0));
    for work in beginning() {
        done(block_on(engine.submit(work)));
    }
    engine
}

/// How an order stands, by its name.
fn status(engine: &Engine, number: u64) -> Option<OrderStatus> {
    let account = AccountId::new((number % 2) as u32);
    engine.read(|desk| desk.order_named(account, name(number)).map(venue_views::Order::status))
}

#[test]
fn a_restart_at_any_point_is_as_if_there_had_been_none() {
    // After a deployment somebody would have other orders than before.
    for seed in 0..8 {
        let mut prng = Prng::new(seed);
        let disk = SimulatedDisk::new();
        let mut engine = begin(&disk, 1 + prng.below(120));
        let mut number = 0;
        for _ in 0..4 {
            for _ in 0..prng.below(60) {
                number += 1;
                done(block_on(engine.submit(order(number))));
            }
            engine.stop();
            assert!(matches!(engine.state(), EngineState::Stopped(_)));
            let before = engine.read(venue_views::Desk::snapshot);
            drop(engine);
            let (next, started) = start(&disk, 1 + prng.below(120)).expect("it starts again");
            assert!(next.read(venue_views::Desk::snapshot) == before, "seed {seed}");
            assert_eq!(started.cut, None);
            engine = next;
        }
        engine.stop();
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_point() {
    // VE-1: a trader was told that the position is closed, and after the power cut it is not.
    for seed in 0..12 {
        let mut prng = Prng::new(seed);
        let disk = SimulatedDisk::new();
        let engine = begin(&disk, 1 + prng.below(60));
        let acknowledged = 1 + prng.below(80);
        for number in 1..=acknowledged {
            done(block_on(engine.submit(order(number))));
        }
        // On their way when the power goes.
        let waiting: Vec<_> =
            (0..20).map(|more| engine.submit(order(acknowledged + 1 + more))).collect();
        let left = disk.after_power_cut(|| prng.below(2) == 0);
        let after: Vec<_> = waiting.into_iter().map(block_on).collect();
        assert!(after.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
        let (recovered, _) = start(&left, 1_000).expect("a torn tail is no damage");
        for number in 1..=acknowledged {
            assert_eq!(
                status(&recovered, number).is_some(),
                status(&engine, number).is_some(),
                "order {number} of seed {seed}"
            );
        }
        let entries = recovered.read(venue_views::Desk::entries);
        assert!(entries >= beginning().len() as u64 + acknowledged);
        done(block_on(recovered.submit(order(5_000))));
        recovered.stop();
        engine.stop();
    }
}

#[test]
fn a_disk_that_fails_stops_the_engine_and_loses_nothing_that_was_told() {
    // An engine that goes on without a disk answers for what nobody will know of.
    for (seed, fault) in
        [(1, DiskFault::Error), (2, DiskFault::Full), (3, DiskFault::ShortWrite(9))]
    {
        let disk = SimulatedDisk::new();
        let engine = begin(&disk, 1_000);
        disk.fail_after(5 + seed, fault);
        let mut told = Vec::new();
        let mut unknown = 0;
        for number in 1..200 {
            match block_on(engine.submit(order(number))) {
                Outcome::Done(_) => told.push(number),
                Outcome::Unknown => unknown += 1,
                Outcome::Stopped => break,
                Outcome::Shed(reason) => panic!("nothing is shed: {reason:?}"),
            }
        }
        assert!(unknown <= 1, "each was waited for, so one at most was on its way: {unknown}");
        let EngineState::Stopped(why) = engine.state() else { panic!("it goes on") };
        assert!(!why.is_empty() && !told.is_empty() && told.len() < 199);
        engine.stop();
        let (recovered, _) = start(&disk.after_power_cut(|| false), 1_000).expect("it recovers");
        for number in told {
            assert_eq!(status(&recovered, number), status(&engine, number), "order {number}");
        }
        recovered.stop();
    }
}

#[test]
fn nothing_is_served_from_a_damaged_journal() {
    // A history that was changed would be told as if it had been so.
    let disk = SimulatedDisk::new();
    let engine = begin(&disk, 1_000_000);
    for number in 0..50 {
        done(block_on(engine.submit(order(number))));
    }
    let damaged = disk.copy();
    engine.stop();
    let names = damaged.list().expect("a disk in memory");
    let used = |name: &String| {
        let bytes = damaged.bytes(name).unwrap_or_default();
        bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0)
    };
    let segments = names.iter().filter(|name| name.starts_with("segment-"));
    let segment = segments.max_by_key(|name| used(name)).expect("a segment");
    let mut bytes = damaged.bytes(segment).expect("it is there");
    bytes[used(segment) / 2] ^= 1;
    damaged.put(segment, bytes);
    assert!(matches!(start(&damaged, 1_000), Err(StartError::Journal(_))));
}

#[test]
fn a_replay_is_held_to_the_digests_that_were() {
    // A version that does something else with the same commands would go on with another venue, and nobody would see.
    let disk = SimulatedDisk::new();
    let engine = begin(&disk, 1_000_000);
    for number in 0..50 {
        done(block_on(engine.submit(order(number))));
    }
    // The copy is of before the snapshot that a stop makes.
    let copy = disk.copy();
    engine.stop();
    let (again, started) = start(&copy, 1_000_000).expect("it is whole");
    assert!(started.replayed >= 58 && started.digests >= 6, "{started:?}");
    again.stop();

    let disk = SimulatedDisk::new();
    let on: Arc<dyn Disk> = Arc::new(disk.clone());
    let recovery = Recovery::open_on(on, Mark::GENESIS).expect("an empty disk");
    let (mut journal, found) = recovery
        .start(Settings::USUAL, journal::Epoch::new(1), Box::new(|_| {}))
        .expect("it starts");
    let mut batch = Batch::new();
    for (second, work) in (0..).zip(beginning()) {
        let at = units::Timestamp::ZERO.after(Span::from_secs(second));
        push_entry(&mut batch, &Entry::new(at, work.command, work.labels)).expect("small");
    }
    push_digest(&mut batch, &DigestRecord { commands: 7, digest: [7; 32] }).expect("small");
    let first = found.last.sequence.next();
    let appended = journal::Journal::append(&mut journal, journal::Epoch::new(1), first, &batch);
    assert!(matches!(appended, journal::Appended::Durable(_)));
    journal.close().expect("all is written");
    let error = start(&disk, 1_000).expect_err("another state");
    assert!(matches!(error, StartError::Diverged { commands: 7, record: 9 }), "{error}");
}
