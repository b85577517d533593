//! A market's book: resting orders by price, then by time, and each leg's orders in the order in which they came.

mod ladder;
mod level;
mod order;
mod slab;
#[cfg(test)]
mod tests;

use ladder::Ladder;
pub use order::{Chain, RestingOrder, Slot};
pub use slab::ORDERS_MAX;
use slab::{Links, Node, Slab};

use crate::value::{Lots, Side, Ticks};

/// The resting orders of one market. It does not match and does not mind being crossed, which an auction's book is.
#[derive(Clone, Debug)]
pub struct Book {
    buys: Ladder,
    sells: Ladder,
    orders: Slab,
}

/// A price with orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookLevel {
    /// The price.
    pub price: Ticks,
    /// All lots of its orders.
    pub lots: Lots,
    /// How many orders.
    pub orders: u32,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// Nothing rests.
    #[must_use]
    pub fn new() -> Self {
        let (buys, sells) = (Ladder::new(Side::Buy), Ladder::new(Side::Sell));
        Self { buys, sells, orders: Slab::default() }
    }

    /// Makes room for so many orders, so that nothing has to be moved when they come.
    pub fn reserve(&mut self, orders: usize) {
        self.orders.reserve(orders);
    }

    /// How many orders rest.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether nothing rests.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets an order rest behind all others of its price. `chain` is its leg's. `None`, and nothing is changed, where
    /// there are already [`ORDERS_MAX`], or the price or what is left is not within the limit.
    pub fn insert(&mut self, order: RestingOrder, chain: &mut Chain) -> Option<Slot> {
        if !order.price.is_within_limit() || !order.left.is_within_limit() {
            return None;
        }
        let slot = self.orders.next()?;
        let ladder = self.side_mut(order.side);
        let before = ladder.append(ladder.rank(order.price), slot, order.left);
        let links = Links { older: before, newer: None };
        let chained = Links { older: chain.newest.replace(slot), newer: None };
        if let Some(node) = before.and_then(|before| self.orders.get_mut(before)) {
            node.links.newer = Some(slot);
        }
        match chained.older {
            Some(older) => {
                if let Some(node) = self.orders.get_mut(older) {
                    node.chained.newer = Some(slot);
                }
            }
            None => chain.oldest = Some(slot),
        }
        self.orders.put(Node { order: Some(order), links, chained });
        Some(slot)
    }

    /// The order at a place.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&RestingOrder> {
        self.orders.get(slot)?.order.as_ref()
    }

    /// Takes an order out. `chain` is its leg's.
    pub fn remove(&mut self, slot: Slot, chain: &mut Chain) -> Option<RestingOrder> {
        let Node { order, links, chained } = self.orders.get(slot)?;
        let RestingOrder { side, price, left, .. } = *order.as_ref()?;
        let (links, chained) = (*links, *chained);
        if let Some(node) = links.older.and_then(|older| self.orders.get_mut(older)) {
            node.links.newer = links.newer;
        }
        if let Some(node) = links.newer.and_then(|newer| self.orders.get_mut(newer)) {
            node.links.older = links.older;
        }
        match chained.older {
            Some(older) => {
                if let Some(node) = self.orders.get_mut(older) {
                    node.chained.newer = chained.newer;
                }
            }
            None => chain.oldest = chained.newer,
        }
        match chained.newer {
            Some(newer) => {
                if let Some(node) = self.orders.get_mut(newer) {
                    node.chained.older = chained.older;
                }
            }
            None => chain.newest = chained.older,
        }
        let ladder = self.side_mut(side);
        ladder.detach(ladder.rank(price), left, links.older, links.newer);
        self.orders.take(slot)
    }

    /// Takes lots off an order, which keeps its place; it keeps at least one lot, [`remove`](Self::remove) takes all.
    /// Gives back what is left.
    pub fn reduce(&mut self, slot: Slot, by: Lots) -> Option<Lots> {
        let order = self.orders.get_mut(slot)?.order.as_mut()?;
        let by = by.min(order.left.minus(Lots::new(1))).max(Lots::ZERO);
        order.left = order.left.minus(by);
        let (side, price, left) = (order.side, order.price, order.left);
        let ladder = self.side_mut(side);
        ladder.reduce(ladder.rank(price), by);
        Some(left)
    }

    /// Says what an order began with from now on: an amendment that only takes lots away changes that too.
    pub fn set_original(&mut self, slot: Slot, original: Lots) {
        if let Some(order) = self.orders.get_mut(slot).and_then(|node| node.order.as_mut()) {
            order.original = original;
        }
    }

    /// The best price of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Ticks> {
        let ladder = self.side(side);
        ladder.best().map(|rank| ladder.price(rank))
    }

    /// The order of a side that trades first: the oldest at the best price.
    #[must_use]
    pub fn front(&self, side: Side) -> Option<Slot> {
        self.side(side).best_level()?.oldest()
    }

    /// The order that trades after this one at the same price.
    #[must_use]
    pub fn next_at_price(&self, slot: Slot) -> Option<Slot> {
        self.orders.get(slot)?.links.newer
    }

    /// The order of the same leg that came before this one.
    #[must_use]
    pub fn older(&self, slot: Slot) -> Option<Slot> {
        self.orders.get(slot)?.chained.older
    }

    /// The order of the same leg that came after this one.
    #[must_use]
    pub fn newer(&self, slot: Slot) -> Option<Slot> {
        self.orders.get(slot)?.chained.newer
    }

    /// A side's prices that have orders, from the best on.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = BookLevel> {
        let ladder = self.side(side);
        let ranks = std::iter::successors(ladder.best(), |rank| ladder.below(*rank));
        ranks.map(|rank| {
            let level = ladder.level(rank).copied().unwrap_or_default();
            BookLevel { price: ladder.price(rank), lots: level.lots(), orders: level.orders() }
        })
    }

    /// A side's orders, in the order in which they trade.
    pub fn resting(&self, side: Side) -> impl Iterator<Item = (Slot, &RestingOrder)> {
        let ladder = self.side(side);
        let ranks = std::iter::successors(ladder.best(), |rank| ladder.below(*rank));
        let firsts = ranks.filter_map(|rank| ladder.level(rank)?.oldest());
        let slots = firsts
            .flat_map(|first| std::iter::successors(Some(first), |slot| self.next_at_price(*slot)));
        slots.filter_map(|slot| Some((slot, self.get(slot)?)))
    }

    /// How many lots of a side rest at prices that a limit of the other side reaches; counted up to `at_most`.
    #[must_use]
    pub fn available(&self, side: Side, limit: Ticks, at_most: Lots) -> Lots {
        let mut found = Lots::ZERO;
        for level in self.levels(side) {
            if found >= at_most || !side.opposite().reaches(limit, level.price) {
                break;
            }
            found = found.plus(level.lots);
        }
        found.min(at_most)
    }

    /// Links orders into one chain, from the oldest to the newest, whatever chains they were in; for orders that were put
    /// in by price.
    pub(crate) fn chain_up(&mut self, slots: &[Slot]) -> Chain {
        let mut older = None;
        for (slot, newer) in slots.iter().zip(slots.iter().skip(1).map(Some).chain([None])) {
            if let Some(node) = self.orders.get_mut(*slot) {
                node.chained = Links { older, newer: newer.copied() };
            }
            older = Some(*slot);
        }
        Chain { oldest: slots.first().copied(), newest: slots.last().copied() }
    }

    const fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    const fn side_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}
