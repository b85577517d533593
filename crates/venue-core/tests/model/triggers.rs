//! Orders that wait for a price.

use units::Rounding;
use units::fixed::{ONE, mul_div};
use venue_core::{
    CloseReason, Event, Lots, MarketId, MarketState, OrderId, PlaceOrder, Refusal, Side, Ticks,
    Trigger, TriggerCondition, TriggerPrice,
};

use super::state::{Market, Order};
use super::{Model, Outcome};

/// A market's mark and last price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    mark: Option<i64>,
    last: Option<i64>,
}

impl Seen {
    fn of(market: &Market) -> Self {
        Self { mark: market.mark, last: market.last.or(market.mark) }
    }

    fn by(self, by: TriggerPrice) -> Option<i64> {
        match by {
            TriggerPrice::Mark => self.mark,
            TriggerPrice::Last => self.last,
        }
    }
}

impl Order {
    fn trigger(&self) -> Trigger {
        self.placed.trigger.expect("an order that waits has a trigger")
    }

    /// Takes notice of a price; of use to one that trails.
    fn see(&mut self, price: i64) {
        let TriggerCondition::Trailing { from, .. } = self.trigger().condition else { return };
        let better = |one: i64, other: i64| match self.placed.side {
            Side::Sell => one.max(other),
            Side::Buy => one.min(other),
        };
        self.best = match (self.best, from) {
            (Some(best), _) => Some(better(best, price)),
            (None, Some(from)) if better(price, from.number()) == price => Some(price),
            (None, Some(_)) => None,
            (None, None) => Some(price),
        };
    }

    /// The price at which it fires; none while it does not follow yet.
    fn fires_at(&self) -> Option<i64> {
        match self.trigger().condition {
            TriggerCondition::Stop(at) | TriggerCondition::TakeProfit(at) => Some(at.number()),
            TriggerCondition::Trailing { callback, .. } => {
                let best = self.best?;
                let back = mul_div(i128::from(best), callback.raw(), ONE, Rounding::Down);
                let back = i64::try_from(back?).ok()?.max(1);
                Some(match self.placed.side {
                    Side::Sell => best - back,
                    Side::Buy => best + back,
                })
            }
        }
    }

    /// Whether it fires at a price.
    fn fires(&self, price: i64) -> bool {
        let Some(at) = self.fires_at() else { return false };
        let rises = match self.trigger().condition {
            TriggerCondition::Stop(_) | TriggerCondition::Trailing { .. } => {
                self.placed.side == Side::Buy
            }
            TriggerCondition::TakeProfit(_) => self.placed.side == Side::Sell,
        };
        if rises { price >= at } else { price <= at }
    }
}

impl Model {
    /// What every market looks at now.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.markets.iter().map(Seen::of).collect()
    }

    /// An order that has a trigger is taken and waits.
    pub(crate) fn wait(&mut self, placed: &PlaceOrder) -> Outcome {
        let trigger = placed.trigger.expect("it has one");
        self.account(placed.account)?;
        self.market(placed.market)?;
        self.check_form(placed, trigger.close_position || Self::may_only_reduce(placed), true)?;
        let market = self.market(placed.market)?;
        let most = market.settings.filters.triggers_max;
        if self.count(placed, true) >= most {
            return Err(Refusal::Orders(most));
        }
        if market.base().is_some() && (trigger.close_position || placed.reduce_only) {
            return Err(Refusal::ReduceOnly);
        }
        let price = Seen::of(market).by(trigger.by).ok_or(Refusal::NoPrice)?;
        let mut order = self.as_order(placed, OrderId::new(self.orders_taken + 1));
        order.waits = true;
        order.see(price);
        if order.fires(price) {
            return Err(Refusal::Immediate);
        }
        self.orders_taken += 1;
        self.open_leg(placed.account, placed.market, placed.position);
        self.tell(Event::Accepted { order: order.id, placed: *placed });
        self.orders.insert(order.id, order);
        Ok(())
    }

    pub(crate) fn as_order(&self, placed: &PlaceOrder, id: OrderId) -> Order {
        Order {
            id,
            placed: *placed,
            price: placed.limit.map_or(0, Ticks::number),
            left: placed.lots.number(),
            traded: 0,
            arrival: 0,
            waits: false,
            best: None,
        }
    }

    /// Fires what the moves since `seen` have met, then what those orders' trades have met, until nothing is met.
    pub(crate) fn fire(&mut self, mut seen: Vec<Seen>) {
        seen.resize(self.markets.len(), Seen::default());
        loop {
            let mut met = Vec::new();
            for market in self.market_ids() {
                let now = Seen::of(&self.markets[market.place()]);
                let before = std::mem::replace(&mut seen[market.place()], now);
                for by in [TriggerPrice::Mark, TriggerPrice::Last] {
                    met.extend(self.met(market, by, before.by(by), now.by(by)));
                }
            }
            if met.is_empty() {
                return;
            }
            for order in met {
                self.fire_one(order);
            }
        }
    }

    /// What a price of a market has met on its way, in the order in which it has.
    fn met(
        &mut self,
        market: MarketId,
        by: TriggerPrice,
        before: Option<i64>,
        now: Option<i64>,
    ) -> Vec<OrderId> {
        let Some(now) = now.filter(|_| before != now) else { return Vec::new() };
        let mut met = Vec::new();
        for order in self.orders.values_mut() {
            if order.waits && order.placed.market == market && order.trigger().by == by {
                order.see(now);
                if order.fires(now) {
                    met.push((order.fires_at(), order.id));
                }
            }
        }
        let falls = before.is_some_and(|before| now < before);
        met.sort_by_key(|&(at, id)| (if falls { at.map(|at| -at) } else { at }, id));
        met.into_iter().map(|(_, id)| id).collect()
    }

    fn fire_one(&mut self, id: OrderId) {
        let Some(order) = self.orders.get(&id).filter(|order| order.waits).cloned() else { return };
        self.tell(Event::Triggered(id));
        let waited = order.placed;
        let mut placed = waited;
        if order.trigger().close_position {
            let held = self.position(placed.account, placed.market, placed.position);
            placed.lots = Lots::new(held.reducible(placed.side));
            placed.reduce_only = true;
        }
        self.orders.remove(&id);
        let checked =
            if placed.lots == Lots::ZERO { Err(Refusal::ReduceOnly) } else { self.check(&placed) };
        match checked {
            Ok(passed) => {
                let lots = Lots::new(passed.lots);
                let reduce_only = passed.reduce_only;
                let placed = PlaceOrder { lots, reduce_only, trigger: None, ..placed };
                let mut order = self.as_order(&placed, id);
                order.price = passed.limit;
                let told = waited.limit.is_some_and(|limit| {
                    (limit.number(), waited.lots.number()) == (passed.limit, passed.lots)
                });
                if waited.limit.is_some() && !told {
                    let (price, left) = (Ticks::new(passed.limit), lots);
                    self.tell(Event::Amended { order: id, price, left, kept_place: false });
                }
                let trades = self.markets[placed.market.place()].state != MarketState::Auction;
                self.enter(order, trades);
            }
            Err(refusal) => {
                let order = order.id;
                let event = Event::Closed {
                    order,
                    account: placed.account,
                    left: placed.lots,
                    reason: CloseReason::Refused(refusal),
                };
                self.tell(event);
            }
        }
    }
}
