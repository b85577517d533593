//! What an engine sees of its journal, whatever stands behind it.

use core::fmt;

use crate::batch::Batch;
use crate::mark::{Epoch, Mark, Sequence};

/// What became of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// All records up to here are durable.
    Durable(Mark),
    /// Nothing was appended: somebody else writes, or other records are there.
    Fenced(Fence),
    /// It is not known whether they are durable, and never will be by this journal: it has stopped. They may be there
    /// after a restart, or not.
    Unknown(Stop),
}

/// Why records were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The epoch of the journal.
    pub epoch: Epoch,
    /// The record that would follow.
    pub next: Sequence,
}

impl fmt::Display for Fence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the journal is at epoch {} and record {} is next", self.epoch, self.next)
    }
}

/// Why a journal has stopped for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Whether the disk was full: then there is nothing wrong but room.
    pub full: bool,
    /// The last record that is known to be durable.
    pub durable: Mark,
    /// What failed, where.
    pub why: String,
}

impl fmt::Display for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durable = self.durable.sequence;
        write!(formatter, "the journal has stopped after record {durable}: {}", self.why)
    }
}

/// Why a batch was not taken; nothing of it will be durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody else writes, or other records are there.
    Fenced(Fence),
    /// The journal has stopped.
    Stopped(Stop),
}

/// Whom a journal tells what became of records. It is called by the journal's own thread, in order, and keeps it from
/// its work for as long as it takes. After `Fenced` or `Unknown` nothing more is told.
pub type Told = Box<dyn FnMut(Appended) + Send>;

/// A durable log. One engine writes to it; what is submitted is appended in that order.
pub trait Journal: fmt::Debug + Send {
    /// Hands in a batch, whose first record is to be `expected`, and does not wait until it is durable: whoever the
    /// journal was opened with is [told](Told). Waits only while too much is on its way already. The records of a batch
    /// may become durable one before the other; a record is there as a whole or not at all. Returns the place of its
    /// last record.
    ///
    /// # Errors
    /// Where nothing of it is taken.
    fn submit(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Result<Mark, Refused>;

    /// Appends a batch and waits until it is durable.
    fn append(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Appended;

    /// The place of the last record that was submitted.
    fn head(&self) -> Mark;
}
