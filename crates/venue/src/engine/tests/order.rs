//! The order of things: durable, done, answered.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use journal::{Appended, Batch, Epoch, Fence, Journal, Mark, Refused, Sequence, Stop};
use runtime::task::sync::oneshot::Receiver;
use units::{Span, Timestamp};
use venue_views::Desk;

use super::{beginning, done, order};
use crate::engine::figures::Counts;
use crate::engine::mailbox::Mailbox;
use crate::engine::publish::{Heard, Publisher};
use crate::engine::sequencer::{Parts, Sequencer};
use crate::engine::{EngineSettings, Fifo, Outcome, ShedReason, Ticket, Work};

/// A journal that keeps what it is given for itself until the test says something.
#[derive(Debug, Default)]
struct Held {
    head: Arc<Mutex<u64>>,
    fenced: bool,
}

fn mark(sequence: u64) -> Mark {
    Mark { sequence: Sequence::new(sequence), hash: [0; 32] }
}

impl Journal for Held {
    fn submit(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Result<Mark, Refused> {
        if self.fenced {
            return Err(Refused::Fenced(Fence { epoch: epoch.next(), next: expected }));
        }
        let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        *head += batch.len() as u64;
        Ok(mark(*head))
    }

    fn append(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Appended {
        match self.submit(epoch, expected, batch) {
            Ok(mark) => Appended::Durable(mark),
            Err(Refused::Fenced(fence)) => Appended::Fenced(fence),
            Err(Refused::Stopped(stop)) => Appended::Unknown(stop),
        }
    }

    fn head(&self) -> Mark {
        mark(*self.head.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The engine's thread without a thread.
struct Bench {
    sequencer: Sequencer,
    mailbox: Mailbox,
    desk: Arc<RwLock<Desk>>,
    publisher: Publisher,
    head: Arc<Mutex<u64>>,
    now: Timestamp,
}

impl Bench {
    fn new(settings: &EngineSettings, fenced: bool) -> Self {
        let held = Held { fenced, ..Held::default() };
        let (head, publisher) = (Arc::clone(&held.head), Publisher::new());
        let desk = Arc::new(RwLock::new(Desk::new()));
        let parts = Parts {
            journal: Box::new(held),
            epoch: Epoch::new(1),
            desk: Arc::clone(&desk),
            publisher: publisher.clone(),
            counts: Arc::new(Counts::default()),
            applied: Mark::GENESIS,
        };
        let sequencer = Sequencer::new(parts, settings);
        let mailbox = Mailbox::new(Box::new(Fifo::new(1_000)));
        let now = Timestamp::ZERO.after(Span::from_secs(1_700_000_000));
        Self { sequencer, mailbox, desk, publisher, head, now }
    }

    /// Nothing happens by itself.
    fn quiet() -> EngineSettings {
        EngineSettings { tick: Span::MAX, ..EngineSettings::default() }
    }

    fn offer(&self, work: Work) -> Receiver<Outcome> {
        let own = work.account.is_none();
        let (ticket, answered) = Ticket::new(work, self.now);
        if own {
            self.mailbox.offer_own(ticket);
        } else {
            self.mailbox.offer(ticket, self.now);
        }
        answered
    }

    /// One turn of the thread. How many records went to the journal.
    fn turn(&mut self) -> u64 {
        let before = *self.head.lock().expect("not poisoned");
        let tickets = self.sequencer.collect(&mut self.mailbox.open(), self.now);
        self.sequencer.submit(tickets, self.now);
        *self.head.lock().expect("not poisoned") - before
    }

    fn durable(&mut self) {
        let head = *self.head.lock().expect("not poisoned");
        self.sequencer.told(Appended::Durable(mark(head)));
    }

    /// A venue that has begun.
    fn begun(settings: &EngineSettings) -> Self {
        let mut bench = Self::new(settings, false);
        let answers: Vec<_> = beginning().into_iter().map(|work| bench.offer(work)).collect();
        bench.turn();
        bench.durable();
        for mut answer in answers {
            done(answer.try_recv().expect("it is answered"));
        }
        bench
    }

    fn entries(&self) -> u64 {
        self.desk.read().expect("not poisoned").entries()
    }
}

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
    bench.mailbox.close("why", bench.now);
    assert_eq!(bench.offer(order(2)).try_recv(), Ok(Outcome::Stopped));
}

#[test]
fn what_the_journal_refuses_has_not_happened() {
    // Somebody else writes: two engines would answer for one venue.
    let mut bench = Bench::new(&Bench::quiet(), true);
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
