//! What things are held to be worth.

use crate::value::{Ends, Ticks};

/// What a market's prices are held to be, from the first price of its index on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The index.
    pub(crate) index: Ticks,
    /// The lowest that the index may be, by the price's status.
    pub(crate) index_low: Ticks,
    /// The highest.
    pub(crate) index_high: Ticks,
    /// The mark.
    pub(crate) mark: Ticks,
    /// The lowest that the mark may be.
    pub(crate) low: Ticks,
    /// The highest.
    pub(crate) high: Ticks,
}

impl Marks {
    /// By the ends of the index and of the mark.
    pub(crate) const fn new(index: Ends<Ticks>, mark: Ends<Ticks>) -> Self {
        Self {
            index: index.at,
            index_low: index.low,
            index_high: index.high,
            mark: mark.at,
            low: mark.low,
            high: mark.high,
        }
    }
}
