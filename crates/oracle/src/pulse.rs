//! What those who ask a venue questions know of its stream: whether it is there, and when it last brought anything.

use std::sync::atomic::{AtomicU64, Ordering};

use units::{Span, Timestamp};

/// A stream that is only just down is soon up again.
const DOWN_AFTER: Span = Span::from_secs(1);

/// Stands for a stream that is up; no clock reads it.
const UP: u64 = u64::MAX;

/// The pulse of a stream. One side writes it, the other reads it, and neither waits for the other.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// Since when it is down, or [`UP`].
    down_ns: AtomicU64,
    /// When it last brought anything.
    heard_ns: AtomicU64,
    /// A stream that is up and brings nothing for so long says nothing of prices.
    quiet_after: Span,
}

impl Pulse {
    /// That of a stream that is down since a moment.
    pub(crate) const fn new(down: Timestamp, quiet_after: Span) -> Self {
        let (down_ns, heard_ns) = (AtomicU64::new(down.as_nanos()), AtomicU64::new(0));
        Self { down_ns, heard_ns, quiet_after }
    }

    /// It is up.
    pub(crate) fn open(&self, now: Timestamp) {
        self.hear(now);
        self.down_ns.store(UP, Ordering::Relaxed);
    }

    /// It is down; whether it was up before.
    pub(crate) fn close(&self, now: Timestamp) -> bool {
        self.down_ns.swap(now.as_nanos(), Ordering::Relaxed) == UP
    }

    /// It brought something.
    pub(crate) fn hear(&self, now: Timestamp) {
        self.heard_ns.store(now.as_nanos(), Ordering::Relaxed);
    }

    /// Whether prices have to be asked for: it is down, or has been quiet for half as long as makes sources silent. A
    /// market in which nothing happens is told from a stream that is stuck by an answer alone.
    pub(crate) fn is_missing(&self, now: Timestamp) -> bool {
        let since = |nanos| now.since(Timestamp::ZERO.after(Span::from_nanos(nanos)));
        match self.down_ns.load(Ordering::Relaxed) {
            UP => since(self.heard_ns.load(Ordering::Relaxed)) >= self.quiet_after,
            down => since(down) >= DOWN_AFTER,
        }
    }

    /// How often to look whether it is missing, so that there is an answer before sources are silent.
    pub(crate) fn look_every(&self) -> Span {
        DOWN_AFTER.min(self.quiet_after.divided_by(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_missing_once_it_is_down_or_has_gone_quiet() {
        // Asked too early, venues are asked for what they tell anyway; too late, and their sources are silent.
        let at = |millis: u64| Timestamp::ZERO.after(Span::from_millis(millis));
        let pulse = Pulse::new(at(5_000), Span::from_millis(2_500));
        assert_eq!((pulse.is_missing(at(5_900)), pulse.is_missing(at(6_000))), (false, true));
        pulse.open(at(7_000));
        assert_eq!((pulse.is_missing(at(9_400)), pulse.is_missing(at(9_500))), (false, true));
        pulse.hear(at(9_500));
        assert!(!pulse.is_missing(at(11_900)));
        assert!(pulse.close(at(12_000)) && !pulse.close(at(12_500)));
        assert_eq!((pulse.is_missing(at(13_400)), pulse.is_missing(at(13_500))), (false, true));
        assert!(Pulse::new(Timestamp::ZERO, Span::from_secs(2)).is_missing(at(1_000)));
    }
}
