//! Blocks that were on the agreed branch and are so no longer.

/// How far back the agreed head went, for whoever keeps answers of its blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Departures {
    count: u64,
    /// The highest block that has been on the agreed branch throughout since this was last taken.
    shared: Option<u64>,
}

impl Departures {
    /// Everything above block `shared` has left the agreed branch.
    pub(crate) fn note(&mut self, shared: u64) {
        self.count = self.count.saturating_add(1);
        self.shared = Some(self.shared.map_or(shared, |before| before.min(shared)));
    }

    /// How often blocks have left.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The highest block that has not left since this was last asked; `None` where none has left at all.
    pub(crate) const fn take(&mut self) -> Option<u64> {
        self.shared.take()
    }
}
