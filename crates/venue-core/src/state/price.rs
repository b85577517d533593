//! What things are held to be worth.

use units::{Price, Timestamp};

use crate::command::PriceStatus;
use crate::value::Ticks;

/// What a market's price is held to be, from the last price of its index on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The index.
    pub(crate) index: Ticks,
    /// The mark.
    pub(crate) mark: Ticks,
    /// The lowest that the mark may be, by the price's status.
    pub(crate) low: Ticks,
    /// The highest.
    pub(crate) high: Ticks,
    /// What the price is good for.
    pub(crate) status: PriceStatus,
    /// When it came.
    pub(crate) at: Timestamp,
}

/// What one whole unit of an asset is held to be worth, in the settlement asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worth {
    /// The least, by the `liquidation` lane and the price's status.
    pub(crate) low: Price,
    /// The most.
    pub(crate) high: Price,
    /// The `liquidation` lane itself.
    pub(crate) price: Price,
    /// What the price is good for.
    pub(crate) status: PriceStatus,
    /// When it came.
    pub(crate) at: Timestamp,
}
