//! Where work waits for the engine.

use std::collections::VecDeque;
use std::fmt;

use runtime::task::sync::oneshot;
use units::Timestamp;

use super::work::{Outcome, ShedReason, Work};

/// Work that waits, with whom to tell.
#[derive(Debug)]
pub struct Ticket {
    /// What is to be done.
    pub work: Work,
    /// When it came, by the venue's clock.
    pub arrived: Timestamp,
    answer: oneshot::Sender<Outcome>,
}

impl Ticket {
    /// A ticket, and where its outcome comes.
    #[must_use]
    pub fn new(work: Work, arrived: Timestamp) -> (Self, oneshot::Receiver<Outcome>) {
        let (answer, answered) = oneshot::channel();
        (Self { work, arrived, answer }, answered)
    }

    /// What is to be done, and whom to tell.
    pub(super) fn open(self) -> (Work, oneshot::Sender<Outcome>) {
        (self.work, self.answer)
    }

    /// Tells what became of it. Who has gone away is not told.
    pub fn tell(self, outcome: Outcome) {
        let _told = self.answer.send(outcome).is_ok();
    }
}

/// What decides which work is done next, and what is not done at all. It is asked under a lock: it has to be quick.
///
/// What the venue does by itself (prices, time) does not go through it.
pub trait Intake: fmt::Debug + Send {
    /// Lets a ticket wait. Gives one back, and why, where it is refused, or where another has to go for it.
    fn offer(&mut self, ticket: Ticket, now: Timestamp) -> Option<(Ticket, ShedReason)>;

    /// The ticket that is next. One whose deadline has passed may be given; the engine sheds it.
    fn next(&mut self, now: Timestamp) -> Option<Ticket>;

    /// How many wait.
    fn len(&self) -> usize;

    /// Whether none waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// First come, first served, up to a number.
#[derive(Debug)]
pub struct Fifo {
    waiting: VecDeque<Ticket>,
    most: usize,
}

impl Fifo {
    /// Lets so many wait.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { waiting: VecDeque::new(), most }
    }
}

impl Intake for Fifo {
    fn offer(&mut self, ticket: Ticket, _now: Timestamp) -> Option<(Ticket, ShedReason)> {
        if self.waiting.len() >= self.most {
            return Some((ticket, ShedReason::Full));
        }
        self.waiting.push_back(ticket);
        None
    }

    fn next(&mut self, _now: Timestamp) -> Option<Ticket> {
        self.waiting.pop_front()
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }
}
