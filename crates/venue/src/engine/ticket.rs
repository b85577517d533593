//! Work that waits, with whom to tell.

use runtime::task::sync::oneshot;
use units::Timestamp;

use super::claim::Claim;
use super::work::{Outcome, Work};

/// Work that waits, with whom to tell.
#[derive(Debug)]
pub struct Ticket {
    /// What is to be done.
    pub work: Work,
    /// When it came, by the venue's clock.
    pub arrived: Timestamp,
    /// What it was found to be when it came.
    pub claim: Claim,
    answers: Answers,
}

/// Who waits for an outcome: who asked, and who asked for the same meanwhile.
#[derive(Debug)]
pub(super) struct Answers {
    first: oneshot::Sender<Outcome>,
    /// As many as the intake lets join; mostly none.
    more: Vec<oneshot::Sender<Outcome>>,
}

impl Answers {
    /// Tells what became of it. Who has gone away is not told.
    pub(super) fn tell(self, outcome: Outcome) {
        for answer in self.more {
            let _told = answer.send(outcome.clone()).is_ok();
        }
        let _told = self.first.send(outcome).is_ok();
    }
}

impl Ticket {
    /// A ticket, and where its outcome comes.
    #[must_use]
    pub fn new(work: Work, arrived: Timestamp) -> (Self, oneshot::Receiver<Outcome>) {
        let (first, answered) = oneshot::channel();
        let answers = Answers { first, more: Vec::new() };
        (Self { work, arrived, claim: Claim::default(), answers }, answered)
    }

    /// The same, with what it was found to be.
    #[must_use]
    pub fn with_claim(mut self, claim: Claim) -> Self {
        self.claim = claim;
        self
    }

    /// Has whoever waits for the same be told what becomes of this one.
    pub fn join(&mut self, same: Self) {
        self.answers.more.push(same.answers.first);
        self.answers.more.extend(same.answers.more);
    }

    /// What is to be done, and whom to tell.
    pub(super) fn open(self) -> (Work, Answers) {
        (self.work, self.answers)
    }

    /// Tells what became of it. Who has gone away is not told.
    pub fn tell(self, outcome: Outcome) {
        self.answers.tell(outcome);
    }
}
