//! The order of things: durable, done, answered.

use journal::{Appended, Stop};
use units::Span;

use super::bench::{Bench, mark};
use super::{Fifo, beginning, done, order};
use crate::engine::publish::Heard;
use crate::engine::{EngineSettings, Outcome, ShedReason, Work};

#[test]
fn nothing_is_told_or_seen_before_it_is_durable() {
    // VE-1: an order that was acknowledged would be gone after a power cut.
    let mut bench = Bench::begun(&Bench::quiet());
    let mut heard = bench.publisher.subscribe();
    let before = bench.entries();
    let mut answer = bench.offer(order(1));
    assert!(bench.turn() > 0);
    assert!(answer.try_recv().is_err(), "answered before it was durable");
    assert_eq!((bench.entries(), heard.try_next()), (before, None));
    bench.durable();
    let done = done(answer.try_recv().expect("it is answered"));
    assert_eq!((done.sequence, done.at), (before + 1, bench.now));
    assert_eq!(bench.entries(), before + 1);
    let Some(Heard::Entries(entries)) = heard.try_next() else { panic!("nothing is heard") };
    assert_eq!((entries.len(), entries[0].sequence), (1, before + 1));
}

#[test]
fn what_the_journal_does_not_know_is_unknown_and_nothing_goes_on() {
    // Whoever is told that it failed would send it again, and have it twice.
    let mut bench = Bench::begun(&Bench::quiet());
    let (before, mut answer) = (bench.entries(), bench.offer(order(1)));
    bench.turn();
    let stop = Stop { full: true, durable: mark(1), why: "no room".to_owned() };
    bench.sequencer.told(Appended::Unknown(stop));
    assert_eq!(answer.try_recv(), Ok(Outcome::Unknown));
    assert!(bench.sequencer.stopped().is_some_and(|why| why.contains("no room")));
    assert_eq!(bench.entries(), before);
    bench.mailbox.close("why");
    assert_eq!(bench.offer(order(2)).try_recv(), Ok(Outcome::Stopped));
}

#[test]
fn what_the_journal_refuses_has_not_happened() {
    // Somebody else writes: two engines would answer for one venue.
    let mut bench = Bench::new(&Bench::quiet(), true, Box::new(Fifo::new(1_000)));
    let mut answer = bench.offer(order(1));
    assert_eq!(bench.turn(), 0);
    assert_eq!(answer.try_recv(), Ok(Outcome::Stopped));
    assert!(bench.sequencer.stopped().is_some_and(|why| why.contains("somebody else writes")));
}

#[test]
fn work_that_waited_too_long_is_not_done() {
    // A client that has given it up has sent it again, or changed its mind.
    let mut bench = Bench::begun(&Bench::quiet());
    let late = Work { deadline: bench.now.before(Span::from_nanos(1)), ..order(1) };
    let (mut late, mut in_time) = (bench.offer(late), bench.offer(order(2)));
    bench.turn();
    assert_eq!(late.try_recv(), Ok(Outcome::Shed(ShedReason::Late)));
    bench.durable();
    done(in_time.try_recv().expect("it is answered"));
}

#[test]
fn no_more_waits_than_may_and_nothing_while_draining() {
    let bench = Bench::begun(&Bench::quiet());
    let _waiting: Vec<_> = (0..1_000).map(|number| bench.offer(order(number))).collect();
    assert_eq!(bench.offer(order(1_000)).try_recv(), Ok(Outcome::Shed(ShedReason::Full)));
    bench.mailbox.drain(true);
    assert_eq!(bench.offer(order(1_001)).try_recv(), Ok(Outcome::Shed(ShedReason::Draining)));
    bench.mailbox.drain(false);
    assert_eq!(bench.offer(order(1_002)).try_recv(), Ok(Outcome::Shed(ShedReason::Full)));
}

#[test]
fn a_fixed_capacity_is_kept_and_the_venue_s_own_work_goes_first() {
    // A drill would measure the machine, and prices would wait behind a queue of orders.
    let settings = EngineSettings { capacity_per_second: Some(500), ..Bench::quiet() };
    let mut bench = Bench::begun(&settings);
    let _waiting: Vec<_> = (0..1_000).map(|number| bench.offer(order(number))).collect();
    let before = bench.entries();
    for _ in 0..1_000 {
        bench.now = bench.now.after(Span::from_millis(1));
        bench.turn();
        bench.durable();
    }
    let taken = bench.entries() - before;
    assert!((500..=510).contains(&taken), "{taken} in a second");
    let mut price = bench.offer(beginning().swap_remove(3));
    let inbox = bench.mailbox.open();
    assert!(bench.sequencer.wants(&inbox, bench.now));
    drop(inbox);
    bench.turn();
    bench.durable();
    done(price.try_recv().expect("it does not wait behind the others"));
}

#[test]
fn time_never_goes_back() {
    // The machine's clock may be set back; an order must not be older than the one before it.
    let mut bench = Bench::begun(&Bench::quiet());
    let was = bench.now;
    bench.now = was.before(Span::from_secs(60));
    let mut answer = bench.offer(order(1));
    bench.turn();
    bench.durable();
    assert_eq!(done(answer.try_recv().expect("it is answered")).at, was);
}
