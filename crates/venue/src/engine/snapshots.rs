//! Snapshots, which are written by a thread of their own.

use std::sync::Arc;
use std::thread::JoinHandle;

use journal::{Mark, Remover, SnapshotStore};
use venue_views::Picture;

use super::figures::{Counts, add};

/// Writes snapshots, one at a time.
#[derive(Debug)]
pub(super) struct Snapshots {
    store: SnapshotStore,
    remover: Remover,
    counts: Arc<Counts>,
    /// The one that is being written.
    writing: Option<JoinHandle<()>>,
    /// The entries that the last one held.
    taken_at: u64,
    every: u64,
    /// Whether one is wanted now.
    asked: bool,
}

impl Snapshots {
    pub(super) const fn new(
        store: SnapshotStore,
        remover: Remover,
        counts: Arc<Counts>,
        (taken_at, every): (u64, u64),
    ) -> Self {
        Self { store, remover, counts, writing: None, taken_at, every, asked: false }
    }

    /// Whether it is time for one, with so many entries, and none is being written.
    pub(super) fn is_due(&self, entries: u64) -> bool {
        let idle = self.writing.as_ref().is_none_or(JoinHandle::is_finished);
        idle && (self.asked || entries.saturating_sub(self.taken_at) >= self.every.max(1))
    }

    /// Has one taken as soon as can be.
    pub(super) const fn ask(&mut self) {
        self.asked = true;
    }

    /// Whether anything has happened since the last one.
    pub(super) const fn is_behind(&self, entries: u64) -> bool {
        entries > self.taken_at
    }

    /// Writes one in the background. Where that fails it is said, and the older ones and the journal are there.
    pub(super) fn save(&mut self, mark: Mark, entries: u64, picture: Picture) {
        self.wait();
        (self.taken_at, self.asked) = (entries, false);
        let (store, remover, counts) =
            (self.store.clone(), self.remover.clone(), Arc::clone(&self.counts));
        let write = move || {
            let kept = store.save(mark, &picture.to_bytes());
            match kept.and_then(|kept| remover.remove_through(kept.oldest)) {
                Ok(_) => add(&counts.snapshots, 1),
                Err(error) => tracing::error!(%error, "a snapshot was not saved"),
            }
        };
        match std::thread::Builder::new().name("venue-snapshot".to_owned()).spawn(write) {
            Ok(thread) => self.writing = Some(thread),
            Err(error) => tracing::error!(%error, "a snapshot was not saved: no thread"),
        }
    }

    /// Waits for the one that is being written.
    pub(super) fn wait(&mut self) {
        if let Some(thread) = self.writing.take()
            && thread.join().is_err()
        {
            tracing::error!("the writing of a snapshot ended in a panic");
        }
    }
}
