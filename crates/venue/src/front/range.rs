//! Which part of a list is asked for: from when to when, and how much of it.

use units::Timestamp;
use wire_binance::Limit;

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

/// How many are asked for, or the usual number.
pub(crate) fn limit<const MAX: u32>(asked: Option<Limit<MAX>>, usual: usize) -> usize {
    asked.map_or(usual, |asked| count(asked.count()))
}

/// A count as a size.
pub(crate) fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
