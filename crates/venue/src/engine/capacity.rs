//! How fast work is taken, where that is fixed.

use units::{Span, Timestamp};

/// Lets so many through a second, evenly. What was not used is kept for a moment only, so that a burst after a quiet
/// time is not let through at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// The time of one.
    each: Span,
    /// When the next may go.
    next: Timestamp,
}

/// For how long what was not used is kept: as long as a thread may sleep too long.
const KEPT: Span = Span::from_millis(10);

impl Capacity {
    pub(super) fn new(per_second: u32) -> Self {
        let each = Span::from_secs(1).divided_by(u64::from(per_second.max(1)));
        Self { each, next: Timestamp::ZERO }
    }

    /// Lets one through, or says when one may go.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if self.next > now {
            return Err(self.next);
        }
        self.next = self.next.max(now.before(KEPT)).after(self.each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_go_through_a_second_whatever_waits() {
        // A drill at five hundred a second would measure something else.
        let mut capacity = Capacity::new(500);
        let start = Timestamp::ZERO.after(Span::from_secs(100));
        let mut gone = 0;
        for micros in 0..1_000_000 {
            gone += u32::from(capacity.take(start.after(Span::from_micros(micros))).is_ok());
        }
        assert_eq!(gone, 505, "500, and what was kept of the time before");
        let later = start.after(Span::from_secs(60));
        let burst = (0..100).filter(|_| capacity.take(later).is_ok()).count();
        assert_eq!(burst, 6, "a minute's quiet is not a minute's burst");
    }
}
