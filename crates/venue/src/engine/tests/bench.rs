//! The engine's thread without a thread.

use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use journal::{Appended, Batch, Epoch, Fence, Journal, Mark, Refused, Sequence};
use runtime::task::sync::oneshot::Receiver;
use units::{Span, Timestamp};
use venue_views::Desk;

use super::{Fifo, beginning, done};
use crate::engine::claim::Claim;
use crate::engine::figures::Counts;
use crate::engine::mailbox::Mailbox;
use crate::engine::publish::Publisher;
use crate::engine::sequencer::{Parts, Sequencer};
use crate::engine::{EngineSettings, Intake, Outcome, Ticket, Work};

/// A journal that keeps what it is given for itself until the test says something.
#[derive(Debug, Default)]
struct Held {
    head: Arc<Mutex<u64>>,
    fenced: bool,
}

pub(super) fn mark(sequence: u64) -> Mark {
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
pub(crate) struct Bench {
    pub(super) sequencer: Sequencer,
    pub(super) mailbox: Mailbox,
    pub(crate) desk: Arc<RwLock<Desk>>,
    pub(super) publisher: Publisher,
    head: Arc<Mutex<u64>>,
    pub(crate) now: Timestamp,
    keys: RandomState,
}

impl Bench {
    pub(super) fn new(settings: &EngineSettings, fenced: bool, intake: Box<dyn Intake>) -> Self {
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
            doing: Desk::take,
        };
        let sequencer = Sequencer::new(parts, settings);
        let mailbox = Mailbox::new(intake);
        let now = Timestamp::ZERO.after(Span::from_secs(1_700_000_000));
        let keys = RandomState::new();
        Self { sequencer, mailbox, desk, publisher, head, now, keys }
    }

    /// Nothing happens by itself.
    pub(crate) fn quiet() -> EngineSettings {
        EngineSettings { tick: Span::MAX, ..EngineSettings::default() }
    }

    pub(crate) fn offer(&self, work: Work) -> Receiver<Outcome> {
        let own = work.account.is_none();
        let claim = Claim::of(&self.desk.read().expect("not poisoned"), &work, &self.keys);
        let (ticket, answered) = Ticket::new(work, self.now);
        let ticket = ticket.with_claim(claim);
        if own {
            self.mailbox.offer_own(ticket);
        } else {
            Counts::default().shed(self.mailbox.offer(ticket, self.now));
        }
        answered
    }

    /// One turn of the thread. How many records went to the journal.
    pub(crate) fn turn(&mut self) -> u64 {
        let before = *self.head.lock().expect("not poisoned");
        let tickets = self.sequencer.collect(&mut self.mailbox.open(), self.now);
        self.sequencer.submit(tickets, self.now);
        *self.head.lock().expect("not poisoned") - before
    }

    pub(crate) fn durable(&mut self) {
        let head = *self.head.lock().expect("not poisoned");
        self.sequencer.told(Appended::Durable(mark(head)));
    }

    /// A venue that has begun.
    pub(super) fn begun(settings: &EngineSettings) -> Self {
        Self::begun_with(settings, Box::new(Fifo::new(1_000)))
    }

    /// The same with an intake.
    pub(crate) fn begun_with(settings: &EngineSettings, intake: Box<dyn Intake>) -> Self {
        let mut bench = Self::new(settings, false, intake);
        bench.all_done(beginning());
        bench
    }

    /// Has the venue do something of its own, and then looks.
    pub(crate) fn all_done(&mut self, all: Vec<Work>) {
        let answers: Vec<_> = all.into_iter().map(|work| self.offer(work)).collect();
        self.turn();
        self.durable();
        for mut answer in answers {
            done(answer.try_recv().expect("it is answered"));
        }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.desk.read().expect("not poisoned").entries()
    }
}
