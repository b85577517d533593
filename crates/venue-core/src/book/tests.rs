//! The book beside a slow one that keeps all orders in one list.

use std::collections::BTreeMap;

use machine::Prng;
use proptest::prelude::*;
use units::Timestamp;

use super::*;
use crate::command::SelfTrade;
use crate::id::{AccountId, OrderId};
use crate::value::WHOLE_LIMIT;

/// Legs whose chains are followed.
const LEGS: u32 = 4;

/// What is done to both books.
#[derive(Clone, Copy, Debug)]
enum Step {
    Insert { side: Side, price: i64, lots: i64, leg: u32 },
    Remove(usize),
    Reduce(usize, i64),
}

/// All orders in the order in which they came.
#[derive(Default)]
struct Slow {
    orders: Vec<(Slot, RestingOrder)>,
}

impl Slow {
    fn levels(&self, side: Side) -> Vec<BookLevel> {
        let mut levels: BTreeMap<Ticks, BookLevel> = BTreeMap::new();
        for (_, order) in self.orders.iter().filter(|(_, order)| order.side == side) {
            let price = order.price;
            let level =
                levels.entry(price).or_insert(BookLevel { price, lots: Lots::ZERO, orders: 0 });
            level.lots = level.lots.plus(order.left);
            level.orders += 1;
        }
        match side {
            Side::Buy => levels.into_values().rev().collect(),
            Side::Sell => levels.into_values().collect(),
        }
    }

    fn resting(&self, side: Side) -> Vec<RestingOrder> {
        let mut orders: Vec<RestingOrder> =
            self.orders.iter().map(|(_, order)| *order).filter(|o| o.side == side).collect();
        orders.sort_by_key(|order| match side {
            Side::Buy => -order.price.number(),
            Side::Sell => order.price.number(),
        });
        orders
    }
}

/// Both books.
struct Pair {
    book: Book,
    slow: Slow,
    chains: [Chain; LEGS as usize],
    numbered: u64,
}

impl Pair {
    fn new() -> Self {
        let (book, slow) = (Book::new(), Slow::default());
        Self { book, slow, chains: [Chain::default(); LEGS as usize], numbered: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Insert { side, price, lots, leg } => {
                self.numbered += 1;
                let order = order(self.numbered, side, price, lots, leg);
                let slot = self.book.insert(order, &mut self.chains[leg as usize]).unwrap();
                self.slow.orders.push((slot, order));
            }
            Step::Remove(which) if !self.slow.orders.is_empty() => {
                let which = which % self.slow.orders.len();
                let (slot, order) = self.slow.orders.remove(which);
                let chain = &mut self.chains[order.leg as usize];
                assert_eq!(self.book.remove(slot, chain), Some(order));
                assert_eq!(self.book.get(slot), None);
            }
            Step::Reduce(which, by) if !self.slow.orders.is_empty() => {
                let which = which % self.slow.orders.len();
                let (slot, order) = &mut self.slow.orders[which];
                order.left = order.left.minus(Lots::new(by)).max(Lots::new(1));
                assert_eq!(self.book.reduce(*slot, Lots::new(by)), Some(order.left));
            }
            Step::Remove(_) | Step::Reduce(..) => {}
        }
    }

    fn compare(&self) {
        assert_eq!(self.book.len(), self.slow.orders.len());
        for side in [Side::Buy, Side::Sell] {
            let levels = self.slow.levels(side);
            assert_eq!(self.book.levels(side).collect::<Vec<_>>(), levels);
            assert_eq!(self.book.best(side), levels.first().map(|level| level.price));
            let resting: Vec<RestingOrder> = self.book.resting(side).map(|(_, o)| *o).collect();
            assert_eq!(resting, self.slow.resting(side));
            let slots = self.book.resting(side).map(|(slot, _)| slot);
            let behind: Vec<_> = slots.map(|slot| self.book.read_on(slot).copied()).collect();
            let expected = resting.iter().skip(1).copied().map(Some).chain([None]);
            assert_eq!(behind, expected.take(resting.len()).collect::<Vec<_>>());
            let front = self.book.front(side).and_then(|slot| self.book.get(slot));
            assert_eq!(front, resting.first());
            if let Some(middle) = levels.get(levels.len() / 2) {
                let reached = levels.iter().take(levels.len() / 2 + 1);
                let all = reached.fold(Lots::ZERO, |sum, level| sum.plus(level.lots));
                assert_eq!(self.book.available(side, middle.price, all.plus(all)), all);
                assert_eq!(self.book.available(side, middle.price, Lots::new(1)), Lots::new(1));
            }
        }
        for (leg, chain) in self.chains.iter().enumerate() {
            let of_leg = self.slow.orders.iter().filter(|(_, o)| o.leg as usize == leg);
            let slots: Vec<Slot> = of_leg.map(|(slot, _)| *slot).collect();
            let forth = std::iter::successors(chain.oldest(), |slot| self.book.newer(*slot));
            assert_eq!(forth.collect::<Vec<_>>(), slots);
            let back = std::iter::successors(chain.newest(), |slot| self.book.older(*slot));
            let mut back: Vec<Slot> = back.collect();
            back.reverse();
            assert_eq!(back, slots);
        }
    }
}

fn order(number: u64, side: Side, price: i64, lots: i64, leg: u32) -> RestingOrder {
    RestingOrder {
        id: OrderId::new(number),
        account: AccountId::new(leg),
        leg,
        side,
        price: Ticks::new(price),
        left: Lots::new(lots),
        original: Lots::new(lots),
        reduce_only: false,
        post_only: false,
        self_trade: SelfTrade::Allow,
        tag: number,
        expires: Timestamp::MAX,
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let price = prop_oneof![
        5 => 49_900_i64..50_100,
        3 => 40_000_i64..60_000,
        1 => 1_i64..WHOLE_LIMIT,
        1 => prop_oneof![Just(1), Just(64), Just(WHOLE_LIMIT - 1)],
    ];
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let insert = (side, price, 1_i64..100, 0..LEGS);
    prop_oneof![
        4 => insert.prop_map(|(side, price, lots, leg)| Step::Insert { side, price, lots, leg }),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => (any::<usize>(), 1_i64..60).prop_map(|(which, by)| Step::Reduce(which, by)),
    ]
}

proptest! {
    #[test]
    fn the_book_is_the_slow_one(steps in prop::collection::vec(any_step(), 0..120)) {
        // A wrong order of priority, or a level that is lost, gives somebody else's trade away.
        let mut pair = Pair::new();
        for step in steps {
            pair.take(step);
            pair.compare();
        }
    }
}

#[test]
fn the_ring_follows_a_price_that_moves() {
    // A ring that stays behind makes each order a search; one that moves wrongly loses orders.
    for side in [Side::Buy, Side::Sell] {
        for drift in [-7, 7] {
            let mut prng = Prng::new(1);
            let mut pair = Pair::new();
            let mut middle = 500_000;
            for number in 0..6_000_u32 {
                middle += drift;
                let offset = i64::try_from(prng.below(400)).unwrap();
                let price = if side == Side::Buy { middle - offset } else { middle + offset };
                pair.take(Step::Insert { side, price, lots: 5, leg: number % LEGS });
                if pair.slow.orders.len() > 60 {
                    pair.take(Step::Remove(0));
                }
                if number % 50 == 0 {
                    pair.compare();
                }
            }
            let ladder = pair.book.side(side);
            assert!(ladder.ring_has_best(), "{side:?} {drift}");
        }
    }
}

#[test]
fn what_cannot_be_kept_is_not_taken() {
    // A price beyond the limit would be a rank that is no place.
    let mut book = Book::new();
    let mut chain = Chain::default();
    for (price, lots) in
        [(0, 1), (-5, 1), (WHOLE_LIMIT, 1), (5, 0), (5, WHOLE_LIMIT), (i64::MIN, 1)]
    {
        assert_eq!(book.insert(order(1, Side::Buy, price, lots, 0), &mut chain), None);
    }
    assert!(book.is_empty() && chain == Chain::default());
}
