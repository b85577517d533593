//! A market's book: resting orders by price, then by time, and each leg's orders in the order in which they came.

mod ladder;
mod level;
mod order;
mod slab;
#[cfg(test)]
mod tests;

use std::hint::black_box;

use ladder::Ladder;
use level::Level;
pub use order::{Chain, RestingOrder, Slot};
pub use slab::ORDERS_MAX;
use slab::{Links, Slab};

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
    #[inline(always)]
    pub fn insert(&mut self, order: RestingOrder, chain: &mut Chain) -> Option<Slot> {
        if !order.price.is_within_limit() || !order.left.is_within_limit() {
            return None;
        }
        let slot = self.orders.next()?;
        let ladder = self.side_mut(order.side);
        let before = ladder.append(ladder.rank(order.price), slot, order.left);
        let chained = chain.newest.replace(slot);
        if let Some(links) = before.and_then(|before| self.orders.links_mut(before)) {
            links.newer = Some(slot);
        }
        match chained {
            Some(older) => {
                if let Some(links) = self.orders.links_mut(older) {
                    links.chained_newer = Some(slot);
                }
            }
            None => chain.oldest = Some(slot),
        }
        let links = Links { older: before, chained_older: chained, ..Links::default() };
        self.orders.put(order, links);
        Some(slot)
    }

    /// The order at a place.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&RestingOrder> {
        self.orders.get(slot)
    }

    /// Takes an order out. `chain` is its leg's.
    #[inline(always)]
    pub fn remove(&mut self, slot: Slot, chain: &mut Chain) -> Option<RestingOrder> {
        let RestingOrder { side, price, left, .. } = *self.orders.get(slot)?;
        let links = *self.orders.links(slot)?;
        if let Some(older) = links.older.and_then(|older| self.orders.links_mut(older)) {
            older.newer = links.newer;
        }
        if let Some(newer) = links.newer.and_then(|newer| self.orders.links_mut(newer)) {
            newer.older = links.older;
        }
        match links.chained_older {
            Some(older) => {
                if let Some(older) = self.orders.links_mut(older) {
                    older.chained_newer = links.chained_newer;
                }
            }
            None => chain.oldest = links.chained_newer,
        }
        match links.chained_newer {
            Some(newer) => {
                if let Some(newer) = self.orders.links_mut(newer) {
                    newer.chained_older = links.chained_older;
                }
            }
            None => chain.newest = links.chained_older,
        }
        let ladder = self.side_mut(side);
        ladder.detach(ladder.rank(price), left, links.older, links.newer);
        self.orders.take(slot)
    }

    /// Takes lots off an order, which keeps its place; it keeps at least one lot, [`remove`](Self::remove) takes all.
    /// Gives back what is left.
    pub fn reduce(&mut self, slot: Slot, by: Lots) -> Option<Lots> {
        let order = self.orders.get_mut(slot)?;
        let by = by.min(order.left.minus(Lots::new(1))).max(Lots::ZERO);
        order.left = order.left.minus(by);
        let (side, price, left) = (order.side, order.price, order.left);
        let ladder = self.side_mut(side);
        ladder.reduce(ladder.rank(price), by);
        Some(left)
    }

    /// Says what an order began with from now on: an amendment that only takes lots away changes that too.
    pub fn set_original(&mut self, slot: Slot, original: Lots) {
        if let Some(order) = self.orders.get_mut(slot) {
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
        self.orders.links(slot)?.newer
    }

    /// The order of the same leg that came before this one.
    #[must_use]
    pub fn older(&self, slot: Slot) -> Option<Slot> {
        self.orders.links(slot)?.chained_older
    }

    /// The order of the same leg that came after this one.
    #[must_use]
    pub fn newer(&self, slot: Slot) -> Option<Slot> {
        self.orders.links(slot)?.chained_newer
    }

    /// Reads an order that is about to be changed or taken out, so that it is in the cache when it is. Many orders that
    /// are read one after the other come from memory at once, while those that are changed one after the other come one
    /// after the other: a batch of commands is read ahead by this, and its neighbours by
    /// [`read_around`](Self::read_around), before the first command is carried out. Nothing but time depends on it.
    pub fn read_ahead(&self, slot: Slot) {
        let links = self.orders.links(slot).map(|links| links.older);
        black_box((self.orders.get(slot).map(|order| order.left), links));
    }

    /// Reads the level and the neighbours of an order that has been read ahead.
    pub fn read_around(&self, slot: Slot) {
        let Some(links) = self.orders.links(slot) else { return };
        let Some(RestingOrder { side, price, .. }) = self.orders.get(slot) else { return };
        let ladder = self.side(*side);
        black_box(ladder.level(ladder.rank(*price)).map(Level::orders));
        let around = [links.older, links.newer, links.chained_older, links.chained_newer];
        for slot in around.into_iter().flatten() {
            black_box(self.orders.links(slot).map(|links| links.older));
        }
    }

    /// Reads the level that an order is about to rest at, and the last order there.
    pub fn read_level(&self, side: Side, price: Ticks) {
        let ladder = self.side(side);
        let last = ladder.level(ladder.rank(price)).and_then(Level::newest);
        black_box(last.and_then(|last| self.orders.links(last)).map(|links| links.newer));
    }

    /// How many lots rest on a side at a price.
    #[must_use]
    pub fn lots_at(&self, side: Side, price: Ticks) -> Lots {
        let ladder = self.side(side);
        ladder.level(ladder.rank(price)).map_or(Lots::ZERO, |level| level.lots())
    }

    /// Reads the second order after one that is about to trade, and the neighbours of the first, for an order that trades
    /// with many: each is then there when its turn comes. Gives back the first, for whoever keeps more of it elsewhere.
    pub fn read_on(&self, slot: Slot) -> Option<&RestingOrder> {
        let next = self.following(slot)?;
        if let Some(second) = self.following(next) {
            self.read_ahead(second);
        }
        self.read_around(next);
        self.get(next)
    }

    /// The order of the same side that trades after this one.
    fn following(&self, slot: Slot) -> Option<Slot> {
        if let Some(next) = self.orders.links(slot)?.newer {
            return Some(next);
        }
        let RestingOrder { side, price, .. } = *self.orders.get(slot)?;
        let ladder = self.side(side);
        ladder.level(ladder.below(ladder.rank(price))?)?.oldest()
    }

    /// Reads the links of an order that another is about to come behind.
    pub fn read_links(&self, slot: Slot) {
        black_box(self.orders.links(slot).map(|links| links.newer));
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

    /// The orders of a leg's chain, in the order in which they came to rest.
    pub fn chained(&self, chain: Chain) -> impl Iterator<Item = (Slot, &RestingOrder)> {
        let slots = std::iter::successors(chain.oldest(), |slot| self.newer(*slot));
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
            if let Some(links) = self.orders.links_mut(*slot) {
                links.chained_older = older;
                links.chained_newer = newer.copied();
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
