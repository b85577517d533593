//! A plain matcher that the flow is made with. It shares no code with the venue, so that its digest is a measure.

use std::collections::{BTreeMap, VecDeque};

use super::Digest;

/// An order that rests, or rested.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) buy: bool,
    pub(super) price: u32,
    /// Zero when it is gone.
    pub(super) left: u32,
    pub(super) account: u32,
    /// What of it has traded.
    pub(super) traded: u32,
    /// Where it is in the list of those that rest.
    place: usize,
    /// The list of its price holds it under this number, which repricing changes.
    entry: u32,
}

/// Orders of a price, by number and entry; those that are gone are left out when they come first.
type Queue = VecDeque<(u32, u32)>;

/// The book of one symbol. Orders are numbered by the caller.
#[derive(Debug, Default)]
pub(super) struct Plain {
    buys: BTreeMap<u32, Queue>,
    sells: BTreeMap<u32, Queue>,
    /// Numbers of the orders that rest, in no order.
    resting: Vec<u32>,
}

impl Plain {
    pub(super) const fn resting(&self) -> &Vec<u32> {
        &self.resting
    }

    /// A new order, of which the rest stays if it may.
    pub(super) fn limit(
        &mut self,
        orders: &mut Vec<Order>,
        (buy, price, lots, account): (bool, u32, u32, u32),
        rests: bool,
        digest: &mut Digest,
    ) {
        let number = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        let left = self.trade(orders, buy, price, lots, digest);
        let traded = lots - left;
        let order = Order { buy, price, left: 0, account, traded, place: 0, entry: 0 };
        orders.push(order);
        if rests && left > 0 {
            self.rest(orders, number, left);
        }
    }

    /// Takes an order out.
    pub(super) fn cancel(&mut self, orders: &mut [Order], number: u32) {
        let order = &mut orders[index(number)];
        order.left = 0;
        let place = order.place;
        self.resting.swap_remove(place);
        if let Some(moved) = self.resting.get(place) {
            orders[index(*moved)].place = place;
        }
    }

    /// Gives an order another price and quantity, and the last place there, after it has traded what it can.
    pub(super) fn reprice(
        &mut self,
        orders: &mut [Order],
        number: u32,
        price: u32,
        lots: u32,
        digest: &mut Digest,
    ) {
        self.cancel(orders, number);
        let buy = orders[index(number)].buy;
        let left = self.trade(orders, buy, price, lots, digest);
        let order = &mut orders[index(number)];
        order.price = price;
        order.traded += lots - left;
        order.entry += 1;
        if left > 0 {
            self.rest(orders, number, left);
        }
    }

    fn rest(&mut self, orders: &mut [Order], number: u32, left: u32) {
        let order = &mut orders[index(number)];
        order.left = left;
        order.place = self.resting.len();
        self.resting.push(number);
        let side = if order.buy { &mut self.buys } else { &mut self.sells };
        side.entry(order.price).or_default().push_back((number, order.entry));
    }

    /// Trades with the other side; what is left.
    fn trade(
        &mut self,
        orders: &mut [Order],
        buy: bool,
        limit: u32,
        lots: u32,
        digest: &mut Digest,
    ) -> u32 {
        let mut left = lots;
        while left > 0 {
            let side = if buy { &mut self.sells } else { &mut self.buys };
            let best = if buy { side.first_entry() } else { side.last_entry() };
            let Some(mut level) = best else { break };
            let price = *level.key();
            if if buy { price > limit } else { price < limit } {
                break;
            }
            let Some(&(maker, entry)) = level.get().front() else {
                level.remove();
                continue;
            };
            let order = &mut orders[index(maker)];
            if order.left == 0 || order.entry != entry {
                level.get_mut().pop_front();
                continue;
            }
            let traded = left.min(order.left);
            digest.trade(price.into(), traded.into());
            left -= traded;
            order.traded += traded;
            if traded == order.left {
                level.get_mut().pop_front();
                self.cancel(orders, maker);
            } else {
                order.left -= traded;
            }
        }
        left
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
