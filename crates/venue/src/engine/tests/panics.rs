//! An entry that makes the core panic, which it would do again at each start.

use std::sync::Arc;

use journal::{Disk, Settings, SimulatedDisk};
use runtime::task::block_on;
use units::Span;
use venue_core::AccountId;
use venue_views::{Desk, Entry, Told};

use super::fifo::Fifo;
use super::{beginning, done, name, order};
use crate::engine::{Engine, EngineSettings, EngineState, Outcome, StartError, Started};

/// The order that a core with a mistake in it cannot do.
const ODD: u64 = 13;

/// A core with a mistake in it, which changes something before it finds that out.
fn odd(desk: &mut Desk, entry: &Entry) -> Told {
    let told = desk.take(entry);
    assert!(!entry.labels.clients.contains(&name(ODD)), "a core must not panic");
    told
}

fn start(
    disk: &SimulatedDisk,
    pass_over: Option<u64>,
    doing: fn(&mut Desk, &Entry) -> Told,
) -> Result<(Engine, Started), StartError> {
    let on: Arc<dyn Disk> = Arc::new(disk.clone());
    let journal = Settings { segment_bytes: Settings::SEGMENT_BYTES_MIN, ..Settings::USUAL };
    let settings =
        EngineSettings { journal, tick: Span::MAX, pass_over, ..EngineSettings::default() };
    Engine::start_doing(on, &settings, Box::new(Fifo::new(1_000)), doing)
}

#[test]
fn an_entry_that_makes_the_core_panic_is_named_and_can_be_passed_over() {
    // A supervisor would start it again and again, each time into the same panic, and nobody would know why.
    let disk = SimulatedDisk::new();
    let (engine, _) = start(&disk, None, odd).expect("an empty disk");
    let begun = beginning();
    let first = begun.len() as u64 + 1;
    for work in begun {
        done(block_on(engine.submit(work)));
    }
    for number in 1..ODD {
        done(block_on(engine.submit(order(number))));
    }
    let digests = first.div_ceil(7);
    assert_eq!(
        block_on(engine.submit(order(ODD))),
        Outcome::Unknown,
        "it is durable, and not done"
    );
    assert_eq!(block_on(engine.submit(order(ODD + 1))), Outcome::Stopped);
    assert!(engine.is_broken(), "what is half done must not be told");
    let EngineState::Stopped(why) = engine.state() else { panic!("it goes on") };
    engine.stop();
    let left = disk.after_power_cut(|| true);

    // The same version: it names the record, and does not change anything.
    let StartError::Panicked { record, said } =
        start(&left, None, odd).expect_err("it would panic again")
    else {
        panic!("another error")
    };
    assert_eq!(said, "a core must not panic");
    assert!(record > first + digests && why.contains(&format!("--pass-over {record}")), "{why}");
    let whole = left.copy();

    // A version without the mistake does it.
    let (mended, _) = start(&whole, None, Desk::take).expect("it can be done");
    assert!(named(&mended, ODD));
    mended.stop();

    // Or it is left undone, once; from then on a snapshot has it behind it.
    let (passed, started) = start(&left, Some(record), odd).expect("it is passed over");
    assert_eq!(started.left_undone, Some(record));
    done(block_on(passed.submit(order(ODD + 1))));
    assert!(named(&passed, ODD - 1) && !named(&passed, ODD) && named(&passed, ODD + 1));
    passed.stop();
    let (again, started) = start(&left, None, odd).expect("nothing is to be passed over any more");
    assert_eq!((started.left_undone, again.is_broken()), (None, false));
    assert!(named(&again, ODD - 1) && !named(&again, ODD) && named(&again, ODD + 1));
    again.stop();
}

/// Whether an order of this name is known.
fn named(engine: &Engine, number: u64) -> bool {
    let account = AccountId::new((number % 2) as u32);
    engine.read(|desk| desk.order_named(account, name(number)).is_some())
}
