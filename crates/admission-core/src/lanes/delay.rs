//! Whether waits have been too long for too long.

use units::{Span, Timestamp};

use crate::settings::DelayRule;

/// Tells a burst, which passes, from a queue that stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delay {
    /// Since when no wait was within its target.
    slow_since: Option<Timestamp>,
    seen: Timestamp,
    standing: bool,
}

impl Delay {
    /// Somebody was looked at who has waited so long.
    pub(crate) fn observe(&mut self, now: Timestamp, waited: Span, rule: DelayRule) {
        // What was seen before a pause says nothing of the queue after it.
        if waited <= rule.target || now.since(self.seen) > rule.interval.times(2) {
            self.slow_since = None;
        }
        self.seen = now;
        if waited > rule.target {
            let since = *self.slow_since.get_or_insert(now);
            self.standing = now.since(since) >= rule.interval;
        } else {
            self.standing = false;
        }
    }

    /// Whether no wait was within its target for a whole interval.
    pub(crate) const fn standing(&self) -> bool {
        self.standing
    }
}
