//! Where each order rests, by its number.
//!
//! Numbers are dense, so that they are places in a table: pages of numbers, and sheets of pages. A page whose orders
//! are all gone is used again, so that the table is as large as what is alive, plus four bytes for each 65,536 numbers
//! since the oldest order that is.

use std::collections::VecDeque;

use crate::book::Slot;
use crate::id::{MarketId, OrderId};

/// Numbers of a page, as a power of two: few, since one order that stays keeps its whole page.
const PAGE_BITS: u32 = 6;
const PAGE: usize = 1 << PAGE_BITS;
/// Pages of a sheet, as a power of two.
const SHEET_BITS: u32 = 10;
const SHEET: usize = 1 << SHEET_BITS;
/// No page, or no sheet.
const NONE: u32 = u32::MAX;
/// Sheets that the table may be apart from its oldest order: about as many numbers as a venue gives in ten years at a
/// hundred thousand a second. Beyond them orders are not found; the bound keeps a wrong number from taking all memory.
const SHEETS_MAX: u64 = 1 << 29;

/// Where an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlace {
    /// In which market.
    pub market: MarketId,
    /// Where in its book.
    pub slot: Slot,
}

#[derive(Clone, Debug)]
struct Page {
    places: [Option<OrderPlace>; PAGE],
    alive: u32,
}

#[derive(Clone, Debug)]
struct Sheet {
    pages: [u32; SHEET],
    alive: u32,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct OrderTable {
    /// The number of the first sheet in `sheets`.
    first: u64,
    sheets: VecDeque<u32>,
    sheet_store: Vec<Sheet>,
    sheets_free: Vec<u32>,
    page_store: Vec<Page>,
    pages_free: Vec<u32>,
    alive: usize,
}

impl OrderTable {
    /// No orders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many orders are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.alive
    }

    /// Whether none is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.alive == 0
    }

    /// Where an order rests.
    #[must_use]
    pub fn get(&self, order: OrderId) -> Option<OrderPlace> {
        let key = Key::of(order);
        let sheet = self.sheets.get(place(key.sheet.checked_sub(self.first)?))?;
        let page = *self.sheet_store.get(wide(*sheet))?.pages.get(key.page)?;
        *self.page_store.get(wide(page))?.places.get(key.place)?
    }

    /// Says where an order rests. Numbers rise, but one that is taken out may be put in again, as amending does.
    pub fn insert(&mut self, order: OrderId, to: OrderPlace) {
        let key = Key::of(order);
        let Some(page) = self.page_for(&key) else { return };
        let Some(page) = self.page_store.get_mut(wide(page)) else { return };
        let Some(found) = page.places.get_mut(key.place) else { return };
        if found.replace(to).is_none() {
            page.alive = page.alive.saturating_add(1);
            self.alive = self.alive.saturating_add(1);
        }
    }

    /// Takes an order out.
    pub fn remove(&mut self, order: OrderId) -> Option<OrderPlace> {
        let key = Key::of(order);
        let sheet_number = *self.sheets.get(place(key.sheet.checked_sub(self.first)?))?;
        let sheet = self.sheet_store.get_mut(wide(sheet_number))?;
        let page_number = sheet.pages.get_mut(key.page)?;
        let page = self.page_store.get_mut(wide(*page_number))?;
        let found = page.places.get_mut(key.place)?.take()?;
        page.alive = page.alive.saturating_sub(1);
        self.alive = self.alive.saturating_sub(1);
        if page.alive == 0 {
            self.pages_free.push(*page_number);
            *page_number = NONE;
            sheet.alive = sheet.alive.saturating_sub(1);
            if sheet.alive == 0 {
                self.drop_sheet(key.sheet, sheet_number);
            }
        }
        Some(found)
    }

    /// The page that a number is on, made where it is not there.
    fn page_for(&mut self, key: &Key) -> Option<u32> {
        if self.sheets.is_empty() {
            self.first = key.sheet;
        }
        while key.sheet < self.first && self.room() {
            self.sheets.push_front(NONE);
            self.first = self.first.saturating_sub(1);
        }
        let place = place(key.sheet.checked_sub(self.first)?);
        while place >= self.sheets.len() && self.room() {
            self.sheets.push_back(NONE);
        }
        let sheet = self.sheets.get_mut(place)?;
        if *sheet == NONE {
            let empty = Sheet { pages: [NONE; SHEET], alive: 0 };
            *sheet = take_from(&mut self.sheet_store, &mut self.sheets_free, empty);
        }
        let sheet = self.sheet_store.get_mut(wide(*sheet))?;
        let page = sheet.pages.get_mut(key.page)?;
        if *page == NONE {
            let empty = Page { places: [None; PAGE], alive: 0 };
            *page = take_from(&mut self.page_store, &mut self.pages_free, empty);
            sheet.alive = sheet.alive.saturating_add(1);
        }
        Some(*page)
    }

    fn room(&self) -> bool {
        u64::try_from(self.sheets.len()).is_ok_and(|sheets| sheets < SHEETS_MAX)
    }

    /// Gives an empty sheet back, and those at the beginning that are not there.
    fn drop_sheet(&mut self, sheet: u64, number: u32) {
        self.sheets_free.push(number);
        if let Some(entry) = self.sheets.get_mut(place(sheet.saturating_sub(self.first))) {
            *entry = NONE;
        }
        while self.sheets.front() == Some(&NONE) {
            self.sheets.pop_front();
            self.first = self.first.saturating_add(1);
        }
    }
}

/// A number taken apart.
struct Key {
    sheet: u64,
    page: usize,
    place: usize,
}

impl Key {
    fn of(order: OrderId) -> Self {
        let number = order.number();
        let page = number >> PAGE_BITS;
        Self {
            sheet: page >> SHEET_BITS,
            page: place(page) & (SHEET - 1),
            place: place(number) & (PAGE - 1),
        }
    }
}

/// Takes a place of a store: a free one, which is as it was when it was new, or a new one.
fn take_from<T>(store: &mut Vec<T>, free: &mut Vec<u32>, empty: T) -> u32 {
    free.pop().unwrap_or_else(|| {
        let number = u32::try_from(store.len()).unwrap_or(NONE);
        store.push(empty);
        number
    })
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
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
        assert!(table.page_store.len() <= 4, "{}", table.page_store.len());
        assert!(table.sheet_store.len() <= 2 && table.sheets.len() <= 2);
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
