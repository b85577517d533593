//! Where each order rests, by its number.
//!
//! Numbers are dense, so that they are places in a table: pages of numbers, and sheets of pages. A page whose orders
//! are all gone is used again, so that the table is as large as what is alive, plus four bytes for each 65,536 numbers
//! since the oldest order that is.

use crate::book::Slot;
use crate::id::{MarketId, OrderId};

/// Numbers of a page, as a power of two: few, since one order that stays keeps its whole page, and as many as a word
/// has bits.
const PAGE_BITS: u32 = 6;
/// Pages of a sheet, as a power of two.
const SHEET_BITS: u32 = 10;
/// No page, or no sheet.
const NONE: u32 = u32::MAX;
/// Sheets that the table may be apart from its oldest order: about as many numbers as a venue gives in ten years at a
/// hundred thousand a second. Beyond them orders are not found; the bound keeps a wrong number from taking all memory.
const SHEETS_MAX: usize = 1 << 29;

/// Where an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlace {
    /// In which market.
    pub market: MarketId,
    /// Where in its book.
    pub slot: Slot,
}

/// The table.
#[derive(Clone, Debug)]
pub struct OrderTable {
    /// The number of the first sheet in `sheets`.
    first: u64,
    /// Which sheet of `pages` each one is.
    sheets: Vec<u32>,
    /// Sheets one after the other: which page of `places` each one is.
    pages: Vec<u32>,
    /// How many pages of a sheet there are.
    pages_alive: Vec<u32>,
    sheets_free: Vec<u32>,
    /// Pages one after the other.
    places: Vec<Option<OrderPlace>>,
    /// A bit for each order of a page.
    alive: Vec<u64>,
    pages_free: Vec<u32>,
    /// The page that the last new number was on, and which page of `places` that is; the next one is mostly there too.
    newest: (u64, u32),
    orders: usize,
}

impl Default for OrderTable {
    fn default() -> Self {
        Self::new()
    }
}

impl OrderTable {
    /// No orders.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first: 0,
            sheets: Vec::new(),
            pages: Vec::new(),
            pages_alive: Vec::new(),
            sheets_free: Vec::new(),
            places: Vec::new(),
            alive: Vec::new(),
            pages_free: Vec::new(),
            newest: (u64::MAX, NONE),
            orders: 0,
        }
    }

    /// How many orders are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.orders
    }

    /// Whether none is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.orders == 0
    }

    /// Where an order rests.
    #[must_use]
    #[inline]
    pub fn get(&self, order: OrderId) -> Option<OrderPlace> {
        let page = *self.pages.get(self.page_entry(order)?)?;
        *self.places.get(in_page(page, order))?
    }

    /// Says where an order rests. Numbers rise, but one that is taken out may be put in again, as amending does.
    #[inline]
    pub fn insert(&mut self, order: OrderId, to: OrderPlace) {
        let number = order.number() >> PAGE_BITS;
        if number != self.newest.0 {
            let Some(page) = self.page_for(order) else { return };
            self.newest = (number, page);
        }
        let page = self.newest.1;
        let Some(found) = self.places.get_mut(in_page(page, order)) else { return };
        if found.replace(to).is_none()
            && let Some(alive) = self.alive.get_mut(wide(page))
        {
            *alive |= bit(order);
            self.orders = self.orders.wrapping_add(1);
        }
    }

    /// Takes an order out.
    #[inline]
    pub fn remove(&mut self, order: OrderId) -> Option<OrderPlace> {
        let entry = self.page_entry(order)?;
        let page = *self.pages.get(entry)?;
        let found = self.places.get_mut(in_page(page, order))?.take()?;
        self.orders = self.orders.wrapping_sub(1);
        let alive = self.alive.get_mut(wide(page))?;
        *alive &= !bit(order);
        if *alive == 0 {
            self.drop_page(order, entry, page);
        }
        Some(found)
    }

    /// Which entry of `pages` is that of an order's page.
    fn page_entry(&self, order: OrderId) -> Option<usize> {
        let page = order.number() >> PAGE_BITS;
        let sheet = (page >> SHEET_BITS).wrapping_sub(self.first);
        let sheet = *self.sheets.get(usize::try_from(sheet).ok()?)?;
        Some(in_sheet(sheet, page))
    }

    /// The page that an order's number is on, made where it is not there.
    #[cold]
    fn page_for(&mut self, order: OrderId) -> Option<u32> {
        let number = order.number() >> PAGE_BITS;
        let sheet = self.sheet_for(number >> SHEET_BITS)?;
        let page = self.pages.get_mut(in_sheet(sheet, number))?;
        if *page != NONE {
            return Some(*page);
        }
        *page = match self.pages_free.pop() {
            Some(free) => free,
            None => {
                let new = u32::try_from(self.alive.len()).ok()?;
                self.alive.push(0);
                self.places.resize(self.places.len().saturating_add(1 << PAGE_BITS), None);
                new
            }
        };
        let page = *page;
        let pages_alive = self.pages_alive.get_mut(wide(sheet))?;
        *pages_alive = pages_alive.saturating_add(1);
        Some(page)
    }

    /// The sheet of a number, made where it is not there.
    fn sheet_for(&mut self, number: u64) -> Option<u32> {
        if self.sheets.is_empty() {
            self.first = number;
        }
        let before = usize::try_from(self.first.saturating_sub(number)).ok()?;
        let place = usize::try_from(number.saturating_sub(self.first)).ok()?;
        if before.max(place) >= SHEETS_MAX.saturating_sub(self.sheets.len()) {
            return None;
        }
        if before > 0 {
            self.sheets.splice(..0, std::iter::repeat_n(NONE, before));
            self.first = number;
        }
        if place >= self.sheets.len() {
            self.sheets.resize(place.saturating_add(1), NONE);
        }
        let sheet = self.sheets.get_mut(place)?;
        if *sheet == NONE {
            *sheet = match self.sheets_free.pop() {
                Some(free) => free,
                None => {
                    let new = u32::try_from(self.pages_alive.len()).ok()?;
                    self.pages_alive.push(0);
                    self.pages.resize(self.pages.len().saturating_add(1 << SHEET_BITS), NONE);
                    new
                }
            };
        }
        Some(*sheet)
    }

    /// Gives an empty page back, and its sheet where that is empty too.
    #[cold]
    fn drop_page(&mut self, order: OrderId, entry: usize, page: u32) {
        self.newest = (u64::MAX, NONE);
        self.pages_free.push(page);
        if let Some(entry) = self.pages.get_mut(entry) {
            *entry = NONE;
        }
        let sheet = (order.number() >> PAGE_BITS >> SHEET_BITS).wrapping_sub(self.first);
        let Some(sheet) = usize::try_from(sheet).ok().and_then(|place| self.sheets.get_mut(place))
        else {
            return;
        };
        let Some(alive) = self.pages_alive.get_mut(wide(*sheet)) else { return };
        *alive = alive.saturating_sub(1);
        if *alive == 0 {
            self.sheets_free.push(*sheet);
            *sheet = NONE;
            let gone = self.sheets.iter().take_while(|sheet| **sheet == NONE).count();
            self.sheets.drain(..gone);
            self.first = self.first.saturating_add(u64::try_from(gone).unwrap_or(0));
        }
    }
}

/// Where an order's place is in a page.
fn in_page(page: u32, order: OrderId) -> usize {
    let within = usize::try_from(order.number()).unwrap_or(0) & ((1 << PAGE_BITS) - 1);
    wide(page) << PAGE_BITS | within
}

/// Where a page is in a sheet.
fn in_sheet(sheet: u32, page: u64) -> usize {
    let within = usize::try_from(page).unwrap_or(0) & ((1 << SHEET_BITS) - 1);
    wide(sheet) << SHEET_BITS | within
}

/// An order's bit in its page.
fn bit(order: OrderId) -> u64 {
    let within = order.number() & ((1 << PAGE_BITS) - 1);
    1_u64.wrapping_shl(u32::try_from(within).unwrap_or(0))
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use machine::Prng;

    use super::*;
    use crate::book::{Book, Chain, RestingOrder};
    use crate::id::AccountId;
    use crate::value::{Lots, Side, Ticks};

    /// So many slots, which only a book can give.
    fn slots(count: u32) -> Vec<Slot> {
        let (mut book, mut chain) = (Book::new(), Chain::default());
        let order = RestingOrder {
            id: OrderId::new(1),
            account: AccountId::new(0),
            leg: 0,
            side: Side::Buy,
            price: Ticks::new(1),
            left: Lots::new(1),
            original: Lots::new(1),
            reduce_only: false,
            post_only: false,
            self_trade: crate::command::SelfTrade::Allow,
            tag: 0,
            expires: units::Timestamp::MAX,
        };
        (0..count).filter_map(|_| book.insert(order, &mut chain)).collect()
    }

    #[test]
    fn orders_are_found_until_they_are_taken_out() {
        // A number that finds another's order cancels somebody else's.
        let slots = slots(500);
        let mut prng = Prng::new(3);
        let mut table = OrderTable::new();
        let mut known: BTreeMap<u64, OrderPlace> = BTreeMap::new();
        let mut next = 1_u64;
        for _ in 0..200_000 {
            if prng.below(100) < 51 {
                next += prng.below(3);
                let slot = slots[prng.index(slots.len())];
                let place = OrderPlace { market: MarketId::new(0), slot };
                table.insert(OrderId::new(next), place);
                known.insert(next, place);
            } else {
                let order = prng.below(next + 2);
                assert_eq!(table.get(OrderId::new(order)), known.get(&order).copied());
                let order = known.range(order..).next().map_or(order, |(order, _)| *order);
                assert_eq!(table.remove(OrderId::new(order)), known.remove(&order));
                assert_eq!(table.get(OrderId::new(order)), None);
            }
            assert_eq!(table.len(), known.len());
        }
    }

    #[test]
    fn pages_and_sheets_are_used_again() {
        // Otherwise a venue that runs for months fills its memory with orders that are gone.
        let slot = slots(1)[0];
        let place = OrderPlace { market: MarketId::new(7), slot };
        let mut table = OrderTable::new();
        for order in 1..1_000_000 {
            table.insert(OrderId::new(order), place);
            if order > 100 {
                assert_eq!(table.remove(OrderId::new(order - 100)), Some(place));
            }
        }
        assert!(table.alive.len() <= 4, "{}", table.alive.len());
        assert!(table.pages_alive.len() <= 2 && table.sheets.len() <= 2);
    }

    #[test]
    fn a_number_that_was_never_given_is_not_found() {
        // A client may send any number.
        let mut table = OrderTable::new();
        assert_eq!(table.get(OrderId::new(u64::MAX)), None);
        assert_eq!(table.remove(OrderId::new(0)), None);
        let place = OrderPlace { market: MarketId::new(7), slot: slots(1)[0] };
        table.insert(OrderId::new(1 << 20), place);
        assert_eq!(table.get(OrderId::new(u64::MAX)), None);
        // Put in again below all others, as an order that waited long for its trigger is.
        table.insert(OrderId::new(3), place);
        assert_eq!(table.get(OrderId::new(3)), Some(place));
        assert_eq!(table.remove(OrderId::new(3)), Some(place));
        assert_eq!(table.get(OrderId::new(1 << 20)), Some(place));
    }
}
