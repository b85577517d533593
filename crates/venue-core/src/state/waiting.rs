//! Orders that wait for a trigger.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Codec, CodecError, Reader};

use crate::command::{PlaceOrder, Trigger, TriggerCondition};
use crate::id::{AccountId, MarketId, OrderId};
use crate::state::LegId;
use crate::value::{Side, Ticks};

/// An order that waits for a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// What was asked for.
    pub(crate) placed: PlaceOrder,
    /// What it waits for; the same as in `placed`.
    pub(crate) trigger: Trigger,
    /// For which leg.
    pub(crate) leg: LegId,
    /// The best price since it follows; `None` while it does not.
    pub(crate) best: Option<Ticks>,
}

impl Waiting {
    /// Whether it fires at or above its price; else at or below.
    pub(crate) const fn is_rising(&self) -> bool {
        match self.trigger.condition {
            TriggerCondition::Stop(_) | TriggerCondition::Trailing { .. } => {
                matches!(self.placed.side, Side::Buy)
            }
            TriggerCondition::TakeProfit(_) => matches!(self.placed.side, Side::Sell),
        }
    }

    /// The price that it fires at; `None` while it does not follow.
    pub(crate) fn price(&self) -> Option<Ticks> {
        match self.trigger.condition {
            TriggerCondition::Stop(price) | TriggerCondition::TakeProfit(price) => Some(price),
            TriggerCondition::Trailing { callback, .. } => {
                let best = self.best?;
                // At least one tick: the price that it has just followed must not fire it.
                let back = best.part(callback).max(Ticks::new(1));
                Some(match self.placed.side {
                    Side::Buy => best.plus(back),
                    Side::Sell => best.minus(back),
                })
            }
        }
    }

    /// Whether it would fire at a price.
    pub(crate) fn is_met_at(&self, price: Ticks) -> bool {
        self.price().is_some_and(|at| if self.is_rising() { price >= at } else { price <= at })
    }

    /// Lets one that trails look at a price. Gives back whether the price that it fires at has changed.
    pub(crate) fn follow(&mut self, price: Ticks) -> bool {
        let TriggerCondition::Trailing { from, .. } = self.trigger.condition else { return false };
        let sells = self.placed.side == Side::Sell;
        let better = |price: Ticks, than: Ticks| if sells { price > than } else { price < than };
        let follows = match self.best {
            Some(best) => better(price, best),
            None => from.is_none_or(|from| price == from || better(price, from)),
        };
        if follows {
            self.best = Some(price);
        }
        follows
    }
}

/// All orders that wait, by number, and by whose they are.
#[derive(Debug, Default)]
pub(crate) struct WaitingOrders {
    orders: BTreeMap<OrderId, Waiting>,
    owners: BTreeSet<(AccountId, MarketId, OrderId)>,
}

impl WaitingOrders {
    pub(crate) fn get(&self, order: OrderId) -> Option<&Waiting> {
        self.orders.get(&order)
    }

    pub(crate) fn get_mut(&mut self, order: OrderId) -> Option<&mut Waiting> {
        self.orders.get_mut(&order)
    }

    pub(crate) fn insert(&mut self, order: OrderId, waiting: Waiting) {
        let placed = &waiting.placed;
        self.owners.insert((placed.account, placed.market, order));
        self.orders.insert(order, waiting);
    }

    pub(crate) fn remove(&mut self, order: OrderId) -> Option<Waiting> {
        let waiting = self.orders.remove(&order)?;
        self.owners.remove(&(waiting.placed.account, waiting.placed.market, order));
        Some(waiting)
    }

    /// All of them, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (OrderId, &Waiting)> {
        self.orders.iter().map(|(order, waiting)| (*order, waiting))
    }

    /// An account's in a market, by number.
    pub(crate) fn of(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> impl Iterator<Item = OrderId> + '_ {
        let (first, last) = (OrderId::new(0), OrderId::new(u64::MAX));
        let range = self.owners.range((account, market, first)..=(account, market, last));
        range.map(|(_, _, order)| *order)
    }
}

impl Codec for WaitingOrders {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.orders.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut waiting = Self::default();
        for (order, one) in BTreeMap::decode(reader)? {
            waiting.insert(order, one);
        }
        Ok(waiting)
    }
}

/// What waits in a market for one of its prices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Triggers {
    /// What fires at or above a price.
    rising: BTreeSet<(Ticks, OrderId)>,
    /// What fires at or below a price, which is written below zero, so that the highest is the first.
    falling: BTreeSet<(Ticks, OrderId)>,
    /// What trails, or waits to.
    trailing: BTreeSet<OrderId>,
    /// The price that was looked at last.
    seen: Option<Ticks>,
}

impl Triggers {
    /// Nothing waits yet, and a price was looked at last.
    pub(crate) fn after(seen: Option<Ticks>) -> Self {
        Self { seen, ..Self::default() }
    }

    /// The price that was looked at last.
    pub(crate) const fn seen(&self) -> Option<Ticks> {
        self.seen
    }

    /// Adds an order, or puts it back after the price that it fires at has changed.
    pub(crate) fn insert(&mut self, order: OrderId, waiting: &Waiting) {
        if matches!(waiting.trigger.condition, TriggerCondition::Trailing { .. }) {
            self.trailing.insert(order);
        }
        if let Some(price) = waiting.price() {
            if waiting.is_rising() {
                self.rising.insert((price, order));
            } else {
                self.falling.insert((price.negated(), order));
            }
        }
    }

    /// Takes an order out.
    pub(crate) fn remove(&mut self, order: OrderId, waiting: &Waiting) {
        self.trailing.remove(&order);
        self.unset(order, waiting);
    }

    fn unset(&mut self, order: OrderId, waiting: &Waiting) {
        if let Some(price) = waiting.price() {
            self.rising.remove(&(price, order));
            self.falling.remove(&(price.negated(), order));
        }
    }

    /// Looks at a price: what trails follows it, and what is met is taken out and added to `met`, in the order in which
    /// the price has met it.
    pub(crate) fn look(
        &mut self,
        price: Ticks,
        orders: &mut WaitingOrders,
        met: &mut Vec<OrderId>,
    ) {
        if self.seen.replace(price) == Some(price) {
            return;
        }
        let trailing = std::mem::take(&mut self.trailing);
        for order in &trailing {
            let Some(waiting) = orders.get_mut(*order) else { continue };
            let before = *waiting;
            if waiting.follow(price) {
                let after = *waiting;
                self.unset(*order, &before);
                self.insert(*order, &after);
            }
        }
        self.trailing = trailing;
        while let Some((at, order)) = self.rising.first().copied()
            && at <= price
        {
            self.rising.pop_first();
            self.trailing.remove(&order);
            met.push(order);
        }
        while let Some((at, order)) = self.falling.first().copied()
            && at.negated() >= price
        {
            self.falling.pop_first();
            self.trailing.remove(&order);
            met.push(order);
        }
    }
}
