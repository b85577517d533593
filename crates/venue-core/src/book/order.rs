//! A resting order, and where it rests.

use std::num::NonZeroU32;

use units::Timestamp;

use crate::command::SelfTrade;
use crate::id::{AccountId, OrderId};
use crate::value::{Lots, Side, Ticks};

/// The place of a resting order in its market's book. Once the order is gone the place is given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(NonZeroU32);

impl Slot {
    /// The slot of a place, counted from 0; `None` beyond what slots can number.
    pub(super) fn at(place: usize) -> Option<Self> {
        let number = u32::try_from(place).ok()?.checked_add(1)?;
        NonZeroU32::new(number).map(Self)
    }

    /// Its place, counted from 0.
    pub(super) fn place(self) -> usize {
        usize::try_from(self.0.get().wrapping_sub(1)).unwrap_or(usize::MAX)
    }
}

/// An order that rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    /// Its number.
    pub id: OrderId,
    /// Whose.
    pub account: AccountId,
    /// The number of the leg that it is for.
    pub leg: u32,
    /// Which way.
    pub side: Side,
    /// Its limit.
    pub price: Ticks,
    /// What is left of it.
    pub left: Lots,
    /// What it began with, traded lots included.
    pub original: Lots,
    /// Whether it may only reduce the position.
    pub reduce_only: bool,
    /// Whether it may only rest: an amendment that would make it trade is refused.
    pub post_only: bool,
    /// What happens where an amendment makes it trade with the account's own order.
    pub self_trade: SelfTrade,
    /// The sender's own number.
    pub tag: u64,
    /// When it is cancelled; [`Timestamp::MAX`] is never.
    pub expires: Timestamp,
}

/// All resting orders of one leg in one market, from the oldest to the newest. The links are in the orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub(super) oldest: Option<Slot>,
    pub(super) newest: Option<Slot>,
}

impl Chain {
    /// The first of them.
    #[must_use]
    pub const fn oldest(&self) -> Option<Slot> {
        self.oldest
    }

    /// The last of them.
    #[must_use]
    pub const fn newest(&self) -> Option<Slot> {
        self.newest
    }
}
