//! What has been: orders, trades, and what accounts have got and paid.

pub(crate) mod algo;
pub(crate) mod money;
pub(crate) mod orders;

use units::Timestamp;

use super::at_ms;

/// A span of time that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within {
    from: Timestamp,
    /// The first time that is not in it.
    to: Timestamp,
}

impl Within {
    /// From and to, both included, in milliseconds since 1970.
    pub(crate) fn new(from: Option<u64>, to: Option<u64>) -> Self {
        Self {
            from: from.map(at_ms).unwrap_or_default(),
            to: to.map_or(Timestamp::MAX, |to| at_ms(to.saturating_add(1))),
        }
    }

    /// Whether a time lies in it.
    pub(crate) fn holds(self, at: Timestamp) -> bool {
        at >= self.from && at < self.to
    }
}

/// At most so many: the first where it is said where to begin, else the last.
pub(crate) fn limited<T>(mut all: Vec<T>, limit: usize, first: bool) -> Vec<T> {
    if first {
        all.truncate(limit);
        return all;
    }
    let skipped = all.len().saturating_sub(limit);
    all.split_off(skipped)
}
