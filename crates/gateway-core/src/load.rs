//! What an upstream did, gathered for whoever sets its room.

use units::Span;

use crate::class::MethodClass;

/// What an upstream did since it was last looked at. Probes are not in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpstreamLoad {
    /// Answers and the time they took together, in the order of [`MethodClass::ALL`].
    pub answered: [(u32, Span); MethodClass::ALL.len()],
    /// Calls that it failed.
    pub failed: u32,
    /// Calls that were given up although they had waited for as long as answers take, but that it had not failed.
    pub given_up: u32,
    /// Calls that it turned away for coming too fast.
    pub throttled: u32,
    /// The most calls that were under way at once.
    pub peak: u32,
}

impl UpstreamLoad {
    pub(crate) fn on_answered(&mut self, class: MethodClass, latency: Span) {
        let Some((count, total)) = self.answered.get_mut(class.slot()) else { return };
        *count = count.saturating_add(1);
        *total = total.plus(latency);
    }

    pub(crate) const fn on_failed(&mut self) {
        self.failed = self.failed.saturating_add(1);
    }

    pub(crate) const fn on_given_up(&mut self) {
        self.given_up = self.given_up.saturating_add(1);
    }

    pub(crate) const fn on_throttled(&mut self) {
        self.throttled = self.throttled.saturating_add(1);
    }
}
