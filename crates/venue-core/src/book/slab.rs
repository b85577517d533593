//! Where a book keeps its orders: places in one table, of which those that are free are linked.
//!
//! An order is one line of the processor's cache. The links are in a table of their own, since taking an order out
//! changes those of up to four others, of which nothing else is looked at; four of them share a line.

use super::order::{RestingOrder, Slot};

/// Most orders of one market. Each is below 2^40 lots, so that the lots of one price fit 63 bits.
pub const ORDERS_MAX: usize = 1 << 22;

/// A place for an order; `None` where it is free.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Kept(Option<RestingOrder>);

const _: () = assert!(size_of::<Kept>() == 64, "an order is one line of the cache");

/// An order's neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    /// The one before at its price.
    pub(super) older: Option<Slot>,
    /// The one after at its price; of a free place the next free one.
    pub(super) newer: Option<Slot>,
    /// The one before in its leg's chain.
    pub(super) chained_older: Option<Slot>,
    /// The one after in its leg's chain.
    pub(super) chained_newer: Option<Slot>,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(super) struct Slab {
    orders: Vec<Kept>,
    links: Vec<Links>,
    free: Option<Slot>,
    taken: usize,
}

impl Slab {
    /// Makes room for so many orders.
    pub(super) fn reserve(&mut self, orders: usize) {
        let more = orders.min(ORDERS_MAX).saturating_sub(self.orders.len());
        self.orders.reserve(more);
        self.links.reserve(more);
    }

    /// How many orders there are.
    pub(super) const fn len(&self) -> usize {
        self.taken
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&RestingOrder> {
        self.orders.get(slot.place())?.0.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut RestingOrder> {
        self.orders.get_mut(slot.place())?.0.as_mut()
    }

    pub(super) fn links(&self, slot: Slot) -> Option<&Links> {
        self.links.get(slot.place())
    }

    pub(super) fn links_mut(&mut self, slot: Slot) -> Option<&mut Links> {
        self.links.get_mut(slot.place())
    }

    /// The place that the next order gets; `None` when there are as many as there may be.
    pub(super) fn next(&self) -> Option<Slot> {
        match self.free {
            Some(slot) => Some(slot),
            None if self.orders.len() < ORDERS_MAX => Slot::at(self.orders.len()),
            None => None,
        }
    }

    /// Puts an order where [`next`](Self::next) says.
    #[inline(always)]
    pub(super) fn put(&mut self, order: RestingOrder, links: Links) {
        self.taken = self.taken.wrapping_add(1);
        let Some(slot) = self.free else {
            self.orders.push(Kept(Some(order)));
            self.links.push(links);
            return;
        };
        let place = slot.place();
        if let (Some(kept), Some(old)) = (self.orders.get_mut(place), self.links.get_mut(place)) {
            self.free = old.newer;
            *old = links;
            *kept = Kept(Some(order));
        }
    }

    /// Takes an order out.
    #[inline(always)]
    pub(super) fn take(&mut self, slot: Slot) -> Option<RestingOrder> {
        let kept = self.orders.get_mut(slot.place())?;
        kept.0.as_ref()?;
        if let Some(links) = self.links.get_mut(slot.place()) {
            links.newer = self.free;
        }
        self.free = Some(slot);
        self.taken = self.taken.wrapping_sub(1);
        kept.0.take()
    }
}
