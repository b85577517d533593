//! Where a book keeps its orders: places in one table, of which those that are free are linked.

use super::order::{RestingOrder, Slot};

/// Most orders of one market. Each is below 2^40 lots, so that the lots of one price fit 63 bits.
pub const ORDERS_MAX: usize = 1 << 22;

/// An order with its neighbours.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// `None` where the place is free.
    pub(super) order: Option<RestingOrder>,
    /// The neighbours at its price; of a free place `newer` is the next free one.
    pub(super) links: Links,
    /// The neighbours in its leg's chain.
    pub(super) chained: Links,
}

/// Neighbours in a list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    /// The one before.
    pub(super) older: Option<Slot>,
    /// The one after.
    pub(super) newer: Option<Slot>,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(super) struct Slab {
    nodes: Vec<Node>,
    free: Option<Slot>,
    taken: usize,
}

impl Slab {
    /// Makes room for so many orders.
    pub(super) fn reserve(&mut self, orders: usize) {
        let more = orders.min(ORDERS_MAX).saturating_sub(self.nodes.len());
        self.nodes.reserve(more);
    }

    /// How many orders there are.
    pub(super) const fn len(&self) -> usize {
        self.taken
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Node> {
        self.nodes.get(slot.place())
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        self.nodes.get_mut(slot.place())
    }

    /// The place that the next order gets; `None` when there are as many as there may be.
    pub(super) fn next(&self) -> Option<Slot> {
        match self.free {
            Some(slot) => Some(slot),
            None if self.nodes.len() < ORDERS_MAX => Slot::at(self.nodes.len()),
            None => None,
        }
    }

    /// Puts an order where [`next`](Self::next) says.
    pub(super) fn put(&mut self, node: Node) {
        self.taken = self.taken.wrapping_add(1);
        match self.free.and_then(|slot| self.nodes.get_mut(slot.place())) {
            Some(place) => {
                self.free = place.links.newer;
                *place = node;
            }
            None => self.nodes.push(node),
        }
    }

    /// Takes an order out.
    pub(super) fn take(&mut self, slot: Slot) -> Option<RestingOrder> {
        let node = self.nodes.get_mut(slot.place())?;
        node.order.as_ref()?;
        node.links.newer = self.free;
        self.free = Some(slot);
        self.taken = self.taken.wrapping_sub(1);
        node.order.take()
    }
}
