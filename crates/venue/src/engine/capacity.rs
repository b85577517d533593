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

    /// Whether one may go; else when.
    pub(super) fn open(&self, now: Timestamp) -> Result<(), Timestamp> {
        if self.next > now { Err(self.next) } else { Ok(()) }
    }

    /// So many have gone.
    pub(super) fn spend(&mut self, now: Timestamp, count: u64) {
        self.next = self.next.max(now.before(KEPT)).after(self.each.times(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_go_through_a_second_whatever_waits() {
        // A drill at five hundred a second would measure something else.
        let mut capacity = Capacity::new(500);
        let take = |capacity: &mut Capacity, now| {
            let open = capacity.open(now).is_ok();
            capacity.spend(now, u64::from(open));
            open
        };
        let start = Timestamp::ZERO.after(Span::from_secs(100));
        let mut gone = 0;
        for micros in 0..1_000_000 {
            gone += u32::from(take(&mut capacity, start.after(Span::from_micros(micros))));
        }
        assert_eq!(gone, 505, "500, and what was kept of the time before");
        let later = start.after(Span::from_secs(60));
        let burst = (0..100).filter(|_| take(&mut capacity, later)).count();
        assert_eq!(burst, 6, "a minute's quiet is not a minute's burst");
    }
}
