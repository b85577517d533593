//! What the engine says of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::intake::Shed;
use super::work::{Outcome, ShedReason};

/// How the engine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineState {
    /// It takes work.
    #[default]
    Running,
    /// It ends what it has taken, and takes no more.
    Draining,
    /// It has ended, or the journal has stopped: why. What was durable can still be read, unless the engine
    /// [is broken](super::Engine::is_broken).
    Stopped(String),
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineFigures {
    /// Entries that were handed to the journal.
    pub submitted: u64,
    /// Entries that were durable, and done.
    pub done: u64,
    /// Work that was shed since too much waited.
    pub shed_full: u64,
    /// Work that was shed since all that waits has waited for too long.
    pub shed_overload: u64,
    /// Work that cuts risk, and was shed since its account asked for too much of it.
    pub shed_budget: u64,
    /// Work that was shed since its deadline had passed.
    pub shed_late: u64,
    /// Work of which it is not known whether it was done.
    pub unknown: u64,
    /// Time that was spent on doing entries, in nanoseconds.
    pub busy_nanos: u64,
    /// Snapshots that were saved.
    pub snapshots: u64,
    /// The longest that a snapshot has kept the engine from its work, in nanoseconds.
    pub snapshot_pause_nanos: u64,
    /// Messages to subscribers.
    pub published: u64,
}

/// The counts, as they are counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) submitted: AtomicU64,
    pub(super) done: AtomicU64,
    pub(super) shed_full: AtomicU64,
    pub(super) shed_overload: AtomicU64,
    pub(super) shed_budget: AtomicU64,
    pub(super) shed_late: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) busy_nanos: AtomicU64,
    pub(super) snapshots: AtomicU64,
    pub(super) snapshot_pause_nanos: AtomicU64,
    pub(super) published: AtomicU64,
    /// Whether an entry was left half done.
    pub(super) broken: AtomicBool,
}

impl Counts {
    /// Tells those who are shed, and counts them.
    pub(super) fn shed(&self, shed: Shed) {
        for (ticket, reason) in shed {
            match reason {
                ShedReason::Full => add(&self.shed_full, 1),
                ShedReason::Overload => add(&self.shed_overload, 1),
                ShedReason::Budget => add(&self.shed_budget, 1),
                ShedReason::Late => add(&self.shed_late, 1),
                ShedReason::Draining => {}
            }
            ticket.tell(Outcome::Shed(reason));
        }
    }

    pub(super) fn figures(&self) -> EngineFigures {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        EngineFigures {
            submitted: read(&self.submitted),
            done: read(&self.done),
            shed_full: read(&self.shed_full),
            shed_overload: read(&self.shed_overload),
            shed_budget: read(&self.shed_budget),
            shed_late: read(&self.shed_late),
            unknown: read(&self.unknown),
            busy_nanos: read(&self.busy_nanos),
            snapshots: read(&self.snapshots),
            snapshot_pause_nanos: read(&self.snapshot_pause_nanos),
            published: read(&self.published),
        }
    }
}

/// Adds to a count.
pub(super) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}
