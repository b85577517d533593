//! The orders of one price.
//!
//! Their sums wrap around and never do: a book has at most 2^22 orders of less than 2^40 lots.

use super::order::Slot;
use crate::value::Lots;

/// The orders of one price, from the oldest to the newest. The links are in the orders.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    oldest: Option<Slot>,
    newest: Option<Slot>,
    lots: i64,
    orders: u32,
}

impl Level {
    /// The one that trades first.
    pub(super) const fn oldest(&self) -> Option<Slot> {
        self.oldest
    }

    /// The one that trades last.
    pub(super) const fn newest(&self) -> Option<Slot> {
        self.newest
    }

    /// All lots.
    pub(super) const fn lots(&self) -> Lots {
        Lots::new(self.lots)
    }

    /// How many orders.
    pub(super) const fn orders(&self) -> u32 {
        self.orders
    }

    /// Adds an order at the end, and gives back the one before it.
    pub(super) fn append(&mut self, slot: Slot, lots: Lots) -> Option<Slot> {
        let before = self.newest.replace(slot);
        if before.is_none() {
            self.oldest = Some(slot);
        }
        self.lots = self.lots.wrapping_add(lots.number());
        self.orders = self.orders.wrapping_add(1);
        before
    }

    /// Takes out the order that stood between two others.
    pub(super) fn detach(&mut self, lots: Lots, older: Option<Slot>, newer: Option<Slot>) {
        if older.is_none() {
            self.oldest = newer;
        }
        if newer.is_none() {
            self.newest = older;
        }
        self.lots = self.lots.wrapping_sub(lots.number());
        self.orders = self.orders.wrapping_sub(1);
    }

    /// Takes lots off an order that stays.
    pub(super) fn reduce(&mut self, by: Lots) {
        self.lots = self.lots.wrapping_sub(by.number());
    }
}
