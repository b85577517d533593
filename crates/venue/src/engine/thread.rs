//! The engine's thread.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use runtime::clock;
use units::{Span, Timestamp};
use venue_views::Desk;

use super::figures::Counts;
use super::mailbox::Mailbox;
use super::sequencer::Sequencer;
use super::snapshots::Snapshots;

/// What the thread works with.
pub(super) struct Loop {
    pub(super) sequencer: Sequencer,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) desk: Arc<RwLock<Desk>>,
    pub(super) snapshots: Snapshots,
    pub(super) counts: Arc<Counts>,
}

/// Unix time, as the venue's clock gives it.
pub(crate) fn unix_now() -> Timestamp {
    Timestamp::ZERO.after(clock::unix_time())
}

impl Loop {
    /// Works until it is told to stop, or cannot go on.
    pub(super) fn run(mut self) {
        // Also where the thread ends in a panic: nobody is to wait for it.
        let _closing = Closing(Arc::clone(&self.mailbox));
        while self.turn(unix_now()) {
            self.rest();
        }
        let why = self.sequencer.stopped().unwrap_or("it was told to stop").to_owned();
        self.mailbox.close(&why);
        if self.sequencer.stopped().is_none() {
            self.snapshot(|snapshots, entries| snapshots.is_behind(entries));
        }
        self.snapshots.wait();
    }

    /// Takes in what has come. Whether to go on.
    fn turn(&mut self, now: Timestamp) -> bool {
        let told = std::mem::take(&mut self.mailbox.open().told);
        for appended in told {
            self.sequencer.told(appended);
        }
        if self.sequencer.stopped().is_some() {
            return false;
        }
        self.snapshot(Snapshots::is_due);
        let (tickets, stop) = {
            let mut inbox = self.mailbox.open();
            (self.sequencer.collect(&mut inbox, now), inbox.stop)
        };
        let over = stop && tickets.is_empty() && self.sequencer.is_idle();
        if !over {
            self.sequencer.submit(tickets, now);
        }
        !over
    }

    /// Waits until there is something to do.
    fn rest(&self) {
        let now = unix_now();
        let until = self.sequencer.next(&self.mailbox.open());
        // A clock that goes back must not keep the thread asleep.
        let at_most = until.since(now).min(Span::from_secs(1));
        let idle = self.sequencer.is_idle();
        self.mailbox.wait(at_most, |inbox| {
            !inbox.told.is_empty() || self.sequencer.wants(inbox, now) || (inbox.stop && idle)
        });
    }

    fn snapshot(&mut self, wanted: impl Fn(&Snapshots, u64) -> bool) {
        let desk = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        let entries = desk.entries();
        if !wanted(&self.snapshots, entries) {
            return;
        }
        let from = clock::now();
        let picture = desk.picture();
        drop(desk);
        self.snapshots.save(self.sequencer.applied(), entries, picture);
        let pause = clock::now().since(from).as_nanos();
        self.counts.snapshot_pause_nanos.fetch_max(pause, Ordering::Relaxed);
    }
}

/// Says that the engine has ended, whichever way.
struct Closing(Arc<Mailbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close("its thread has ended in a panic");
    }
}
