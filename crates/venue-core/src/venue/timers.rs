//! What is due at a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use units::Timestamp;

use crate::event::Event;
use crate::id::OrderId;
use crate::venue::Venue;

/// What is done at a time. At the same time the kinds come in this order, and of a kind the lower number first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// An order expires; by its number.
    Expiry,
    /// A count-down cancels; by account, then by market.
    CancelAfter,
}

/// A timer: when, what, and of which.
pub(crate) type Timer = (Timestamp, TimerKind, u64);

/// Everything that is due at some time. Timers are not taken out when what they are for is gone: whoever does one
/// looks whether it still means something, and they are swept out when half of them may mean nothing.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    /// How many may mean nothing any more.
    stale: usize,
}

/// So few stale timers are left alone.
const STALE_MIN: usize = 1_024;

impl Timers {
    /// Sets a timer.
    pub(crate) fn set(&mut self, at: Timestamp, kind: TimerKind, number: u64) {
        self.heap.push(Reverse((at, kind, number)));
    }

    /// How many there are, those that mean nothing included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Counts that a timer means nothing any more.
    pub(crate) const fn forget(&mut self) {
        self.stale = self.stale.saturating_add(1);
    }

    /// Takes out the first timer that is due.
    fn take_due(&mut self, now: Timestamp) -> Option<Timer> {
        let Reverse((at, _, _)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer)
    }

    /// Whether nothing is due, and nothing is to be swept out.
    fn is_quiet(&self, now: Timestamp) -> bool {
        self.stale <= STALE_MIN && self.heap.peek().is_none_or(|Reverse((at, _, _))| *at > now)
    }

    /// Whether enough timers may mean nothing for a sweep to be worth its while.
    fn is_crowded(&self) -> bool {
        self.stale > STALE_MIN && self.stale > self.heap.len().checked_div(2).unwrap_or(0)
    }

    /// Keeps only the timers that mean something, each once: an order that is amended sets its own again and again.
    fn sweep(&mut self, mut means_something: impl FnMut(&Timer) -> bool) {
        let mut timers = std::mem::take(&mut self.heap).into_vec();
        timers.retain(|Reverse(timer)| means_something(timer));
        timers.sort_unstable();
        timers.dedup();
        self.heap = timers.into();
        self.stale = 0;
    }
}

impl Venue {
    /// Goes to a time, and does on the way what is due by then, each at its own time.
    pub(super) fn do_timers(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let now = now.max(self.now);
        if self.timers.is_quiet(now) {
            self.now = now;
        } else {
            self.do_due(now, events);
        }
    }

    #[cold]
    fn do_due(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        while let Some((at, kind, number)) = self.timers.take_due(now) {
            self.now = at.max(self.now);
            self.do_timer(at, kind, number, events);
        }
        self.now = now;
        if self.timers.is_crowded() {
            let mut timers = std::mem::take(&mut self.timers);
            timers.sweep(|timer| self.means_something(timer));
            self.timers = timers;
        }
    }

    fn do_timer(&mut self, at: Timestamp, kind: TimerKind, number: u64, events: &mut Vec<Event>) {
        match kind {
            TimerKind::Expiry => self.expire(OrderId::new(number), events),
            TimerKind::CancelAfter => self.countdown_ends(at, number, events),
        }
    }

    /// Whether what a timer is for is still there.
    fn means_something(&self, (at, kind, number): &Timer) -> bool {
        let order = OrderId::new(*number);
        match kind {
            TimerKind::Expiry => {
                self.orders.get(order).is_some() || self.waiting.get(order).is_some()
            }
            TimerKind::CancelAfter => self.counts_down_to(*at, *number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_by_time_then_kind_then_number() {
        // Two programs that do what is due in another order give other events.
        let mut timers = Timers::default();
        let at = Timestamp::from_nanos;
        timers.set(at(5), TimerKind::CancelAfter, 0);
        timers.set(at(5), TimerKind::Expiry, 9);
        timers.set(at(5), TimerKind::Expiry, 3);
        timers.set(at(4), TimerKind::CancelAfter, 7);
        timers.set(at(6), TimerKind::Expiry, 1);
        let mut seen = Vec::new();
        while let Some((_, kind, number)) = timers.take_due(at(5)) {
            seen.push((kind, number));
        }
        let expect = [
            (TimerKind::CancelAfter, 7),
            (TimerKind::Expiry, 3),
            (TimerKind::Expiry, 9),
            (TimerKind::CancelAfter, 0),
        ];
        assert_eq!(seen, expect);
        assert_eq!(timers.take_due(at(6)), Some((at(6), TimerKind::Expiry, 1)));
    }
}
