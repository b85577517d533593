//! The engine: one thread that owns the desk, takes what comes in, and publishes every tick.

use std::sync::Arc;

use oracle_core::Moment;
use runtime::task::sync::{Notify, mpsc, watch};
use runtime::{clock, task};
use units::{Span, Timestamp};

use crate::desk::{Desk, Note};
use crate::event::{DeskEvent, moment};
use crate::journal::Journal;
use crate::publish::Publisher;
use crate::published::Published;
use crate::record::Recorder;

/// Time between two ticks.
pub const TICK: Span = Span::from_millis(250);

/// Events that are taken at once before the clock is looked at again.
const BATCH: usize = 256;

/// What the engine works with.
#[derive(Debug)]
pub(crate) struct Engine {
    pub desk: Desk,
    pub events: mpsc::Receiver<(Moment, DeskEvent)>,
    pub published: watch::Sender<Arc<Published>>,
    pub journal: Journal,
    pub recorder: Option<Recorder>,
    /// Told when a venue asks for another connection, by the connections' ids.
    pub reconnects: Vec<Arc<Notify>>,
}

impl Engine {
    /// Works until it is told to stop.
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut publisher = Publisher::default();
        let mut next = after(clock::now());
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            task::select! {
                biased;
                // An error means that the oracle is gone, which is a reason to stop, too.
                _told = stopped.wait_for(|stop| *stop) => break,
                () = clock::sleep_until(next) => {
                    self.take(moment(), DeskEvent::Tick);
                    let at = moment();
                    self.published.send_replace(Arc::new(publisher.publish(at, &self.desk)));
                    next = after(clock::now().max(next));
                }
                taken = self.events.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    for (at, event) in batch.drain(..) {
                        self.take(at, event);
                    }
                }
            }
        }
        if let Some(recorder) = self.recorder.take() {
            recorder.finish();
        }
    }

    fn take(&mut self, at: Moment, event: DeskEvent) {
        self.desk.take(at, &event);
        let recorder = self.recorder.as_ref();
        if let Some(why) = recorder.and_then(|recorder| recorder.take(at, event, &self.desk)) {
            self.journal.write(at, "recording", "recording_ended", why);
            self.recorder = None;
        }
        self.heed(at);
    }

    /// Tells connections what venues ask of them, and the journal everything.
    fn heed(&mut self, at: Moment) {
        self.journal.take(at, &mut self.desk, |note| {
            if let Note::Reconnect(id) = note
                && let Some(connection) = self.reconnects.get(id.0)
            {
                connection.notify_one();
            }
        });
    }
}

/// The next point of the grid of ticks; those that were missed are left out.
fn after(now: Timestamp) -> Timestamp {
    let past = now.as_nanos().checked_rem(TICK.as_nanos()).unwrap_or(0);
    now.before(Span::from_nanos(past)).after(TICK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_that_came_late_does_not_make_the_next_come_late_too() {
        let at = |millis: u64| Timestamp::ZERO.after(Span::from_millis(millis));
        assert_eq!(after(at(1_000)), at(1_250));
        assert_eq!(after(at(1_249)), at(1_250));
        assert_eq!(after(at(1_900)), at(2_000), "two ticks were missed, and are left out");
    }
}
