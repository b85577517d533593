//! What happened to the work of a class, in numbers.

use crate::request::ShedReason;

/// Counters of one class since the start; each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// What came.
    pub offered: u64,
    /// What got a place.
    pub admitted: u64,
    /// What was sent away because as many waited as may.
    pub shed_full: u64,
    /// What was sent away because it had waited for too long.
    pub shed_late: u64,
    /// What was still waiting when its client's time was up.
    pub shed_deadline: u64,
    /// What left by itself while it waited.
    pub left: u64,
}

impl ClassCounts {
    /// What was sent away, for any reason.
    #[must_use]
    pub const fn shed(&self) -> u64 {
        self.shed_full.saturating_add(self.shed_late).saturating_add(self.shed_deadline)
    }

    /// What was sent away for one reason.
    #[must_use]
    pub const fn shed_for(&self, reason: ShedReason) -> u64 {
        match reason {
            ShedReason::Full => self.shed_full,
            ShedReason::Late => self.shed_late,
            ShedReason::Deadline => self.shed_deadline,
        }
    }

    pub(crate) const fn count_shed(&mut self, reason: ShedReason) {
        let count = match reason {
            ShedReason::Full => &mut self.shed_full,
            ShedReason::Late => &mut self.shed_late,
            ShedReason::Deadline => &mut self.shed_deadline,
        };
        *count = count.saturating_add(1);
    }
}
