//! What an order has to pass, in its order, and what becomes of one that has.

use units::fixed::{ONE, mul_div};
use units::{Money, Rounding};
use venue_core::{
    Event, Lifetime, Lots, MarketState, OrderId, PlaceOrder, PositionSide, PriceStatus, Refusal,
    Side, Ticks, TriggerCondition, WHOLE_LIMIT,
};

use super::Model;
use super::state::{Market, Order};

/// The largest notional that an order may have, in trillionths.
const NOTIONAL_LIMIT: i128 = 1 << 100;

/// Orders of one list.
pub(crate) const LIST_MAX: usize = 128;

/// An order that has passed: its limit, its lots, and whether it may only take off a position.
pub(crate) struct Passed {
    pub(crate) limit: i64,
    pub(crate) lots: i64,
    pub(crate) reduce_only: bool,
}

impl Model {
    pub(crate) fn place_all(&mut self, orders: &[PlaceOrder]) {
        if orders.len() > LIST_MAX {
            let most = u32::try_from(LIST_MAX).expect("a small number");
            self.tell(Event::Refused { refusal: Refusal::TooMany(most), tag: 0, index: 0 });
            return;
        }
        for (index, order) in (0..).zip(orders) {
            let seen = self.seen();
            self.place_listed(order, index);
            self.fire(seen);
        }
    }

    pub(crate) fn place_listed(&mut self, order: &PlaceOrder, index: u32) {
        if let Err(refusal) = self.place(order) {
            self.tell(Event::Refused { refusal, tag: order.tag, index });
        }
    }

    fn place(&mut self, placed: &PlaceOrder) -> Result<(), Refusal> {
        if placed.trigger.is_some() {
            return self.wait(placed);
        }
        let passed = self.check(placed)?;
        let order = self.accept(placed, &passed);
        let trades = self.market(placed.market)?.state != MarketState::Auction;
        self.enter(order, trades);
        Ok(())
    }

    /// Gives an order its number and tells it.
    fn accept(&mut self, placed: &PlaceOrder, passed: &Passed) -> Order {
        self.orders_taken += 1;
        let lots = Lots::new(passed.lots);
        let limit = placed.limit.map(|_| Ticks::new(passed.limit));
        let placed = PlaceOrder { lots, limit, reduce_only: passed.reduce_only, ..*placed };
        self.open_leg(placed.account, placed.market, placed.position);
        let id = OrderId::new(self.orders_taken);
        self.tell(Event::Accepted { order: id, placed });
        Order { price: passed.limit, ..self.as_order(&placed, id) }
    }

    /// Whether an order may only reduce: it says so, or closes a position of hedge mode.
    pub(crate) fn may_only_reduce(placed: &PlaceOrder) -> bool {
        placed.reduce_only
            || matches!(
                (placed.position, placed.side),
                (PositionSide::Long, Side::Sell) | (PositionSide::Short, Side::Buy)
            )
    }

    /// Who, where, the market's state, the position's side, the lots, the price and the time.
    pub(crate) fn check_form(
        &self,
        placed: &PlaceOrder,
        reduces: bool,
        waits: bool,
    ) -> Result<(), Refusal> {
        let account = self.account(placed.account)?;
        let market = self.market(placed.market)?;
        let held = self.position(placed.account, placed.market, placed.position);
        if account.liquidating || held.liquidating {
            return Err(Refusal::InLiquidation);
        }
        Self::check_state(market, placed, reduces, waits)?;
        let hedged = account.hedge && market.base().is_none();
        if hedged == (placed.position == PositionSide::Both) {
            return Err(Refusal::PositionSide);
        }
        let filters = &market.settings.filters;
        let is_market = placed.limit.is_none();
        let most = if is_market { filters.market_lots_max } else { filters.lots_max };
        let closes = placed.trigger.is_some_and(|trigger| trigger.close_position);
        let lots = placed.lots;
        if !waits || !closes {
            if lots <= Lots::ZERO || (lots > most && !closes) {
                return Err(Refusal::Lots(most));
            }
            let there = held.lots.abs() + self.resting_lots(placed);
            if there + lots.number() >= WHOLE_LIMIT {
                return Err(Refusal::Lots(Lots::new(WHOLE_LIMIT - there)));
            }
        }
        self.check_prices(placed)?;
        if let Lifetime::GoodTill(until) = placed.lifetime
            && until.as_nanos() <= self.now
        {
            return Err(Refusal::Expiry);
        }
        Ok(())
    }

    fn check_state(
        market: &Market,
        placed: &PlaceOrder,
        reduces: bool,
        waits: bool,
    ) -> Result<(), Refusal> {
        let immediate =
            matches!(placed.lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill);
        let taken = match market.state {
            MarketState::Trading => true,
            MarketState::ReduceOnly => reduces,
            MarketState::Auction => !immediate || waits,
            MarketState::CancelOnly | MarketState::Halted => false,
        };
        if taken { Ok(()) } else { Err(Refusal::MarketState) }
    }

    fn check_prices(&self, placed: &PlaceOrder) -> Result<(), Refusal> {
        let sound = |price: Ticks| price.number() > 0 && price.number() < WHOLE_LIMIT;
        let condition = match placed.trigger.map(|trigger| trigger.condition) {
            None => true,
            Some(TriggerCondition::Stop(at) | TriggerCondition::TakeProfit(at)) => sound(at),
            Some(TriggerCondition::Trailing { callback, from }) => {
                callback.raw() > 0 && callback.raw() < ONE && from.is_none_or(sound)
            }
        };
        let limit = match placed.limit {
            Some(limit) => sound(limit),
            // A market order cannot rest.
            None => matches!(placed.lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill),
        };
        if condition && limit { Ok(()) } else { Err(Refusal::Price) }
    }

    /// Orders of an account in a market that rest, or that wait.
    pub(crate) fn count(&self, placed: &PlaceOrder, waits: bool) -> u32 {
        let alike =
            |order: &&Order| order.waits == waits && order.is_of(placed.account, placed.market);
        u32::try_from(self.orders.values().filter(alike).count()).expect("few orders")
    }

    /// All the rules of an order that is about to come to the book.
    pub(crate) fn check(&self, placed: &PlaceOrder) -> Result<Passed, Refusal> {
        self.account(placed.account)?;
        let market = self.market(placed.market)?;
        let room = self.room_to_reduce(placed);
        let reduce_only = Self::may_only_reduce(placed);
        let lots = placed.lots.number();
        let lots = if reduce_only { lots.min(room) } else { lots };
        let reduces = lots > 0 && lots <= room;
        self.check_form(placed, reduces, false)?;
        let filters = &market.settings.filters;
        let limit = match placed.limit {
            Some(limit) => limit.number(),
            None => take_limit(market, placed.side).ok_or(Refusal::NoPrice)?,
        };
        let limit = if reduces { self.reducing_limit(placed, lots, limit) } else { limit };
        let notional = i128::from(lots) * i128::from(limit) * market.tick_value;
        if notional >= NOTIONAL_LIMIT {
            return Err(Refusal::Notional(Money::from_raw(NOTIONAL_LIMIT)));
        }
        if !reduces && !reduce_only && notional < filters.notional_min.raw() {
            return Err(Refusal::Notional(filters.notional_min));
        }
        let rests = !matches!(placed.lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill);
        if rests && self.count(placed, false) >= filters.orders_max {
            return Err(Refusal::Orders(filters.orders_max));
        }
        if market.marks.is_none() {
            return Err(Refusal::NoPrice);
        }
        if placed.limit.is_some() {
            check_band(market, placed.side, limit)?;
        }
        if !reduces {
            self.check_frozen(placed)?;
            let gone = market.standing.at(self.now) == PriceStatus::Halted;
            if gone || matches!(market.permits, PriceStatus::Split | PriceStatus::Halted) {
                return Err(Refusal::PriceStatus);
            }
        }
        if reduce_only && lots <= 0 {
            return Err(Refusal::ReduceOnly);
        }
        if market.state != MarketState::Auction {
            self.check_book(placed, limit, lots)?;
        }
        if !reduces {
            self.check_base(placed, lots)?;
            self.check_margin(placed, limit, lots)?;
            if let Some(missing) = self.missing_to_turn(placed, lots, limit) {
                return Err(Refusal::Margin(Money::from_raw(missing)));
            }
        }
        Ok(Passed { limit, lots, reduce_only })
    }

    /// Whoever sells an asset has to have it, and not have promised it.
    fn check_base(&self, placed: &PlaceOrder, lots: i64) -> Result<(), Refusal> {
        let market = self.market(placed.market)?;
        let Some(base) = market.base() else { return Ok(()) };
        let free = self.balance(placed.account, base) - self.promised(placed.account, base);
        if placed.side == Side::Sell && market.amount(lots) > free {
            return Err(Refusal::Balance);
        }
        Ok(())
    }

    /// The lots of what rests beside an order: of the same account, position and side.
    fn resting_lots(&self, placed: &PlaceOrder) -> i64 {
        (self.queue(placed.market, placed.side).iter())
            .filter(|order| order.placed.account == placed.account)
            .filter(|order| order.placed.position == placed.position)
            .map(|order| order.left)
            .sum()
    }

    /// The lots that a new order of a side may take off the position, after those that rest.
    fn room_to_reduce(&self, placed: &PlaceOrder) -> i64 {
        let held = self.position(placed.account, placed.market, placed.position);
        (held.reducible(placed.side) - self.resting_lots(placed)).max(0)
    }

    fn check_frozen(&self, placed: &PlaceOrder) -> Result<(), Refusal> {
        let guard = self.account(placed.account)?.terms.get(&placed.market);
        let guard = guard.and_then(|terms| terms.guard.as_ref());
        if guard.is_some_and(|guard| guard.frozen_until > self.now) {
            return Err(Refusal::Frozen);
        }
        Ok(())
    }

    /// Post-only and fill-or-kill, against what rests on the other side.
    fn check_book(&self, placed: &PlaceOrder, limit: i64, lots: i64) -> Result<(), Refusal> {
        let mut against = self.queue(placed.market, placed.side.opposite());
        against.retain(|order| placed.side.reaches(Ticks::new(limit), Ticks::new(order.price)));
        if placed.lifetime == Lifetime::PostOnly && !against.is_empty() {
            return Err(Refusal::PostOnly);
        }
        if placed.lifetime != Lifetime::FillOrKill {
            return Ok(());
        }
        if self.others_fill(placed, against, lots) { Ok(()) } else { Err(Refusal::FillOrKill) }
    }
}

impl Model {
    /// Whether a resting order might be cut or cancelled while others of its leg trade.
    pub(crate) fn might_go(&self, order: &Order) -> bool {
        let placed = &order.placed;
        let all = self.resting_lots(placed);
        let held = self.position(placed.account, placed.market, placed.position);
        if placed.reduce_only && all > held.reducible(placed.side) {
            return true;
        }
        let terms = self.accounts[placed.account.place()].terms.get(&placed.market);
        let Some(guard) = terms.and_then(|terms| terms.guard.as_ref()) else { return false };
        guard.counted(self.now) + all >= guard.protection.lots_max.number()
    }
}

/// The worst price of a market order: the take bound around the mark.
pub(crate) fn take_limit(market: &Market, side: Side) -> Option<i64> {
    let marks = market.marks?;
    let mark = if side == Side::Buy { marks.high } else { marks.low };
    Some(bound(mark, market.settings.filters.take_bound.raw(), side))
}

/// A price so much of itself further on: up for buys, down for sales, towards itself where it is no whole tick.
fn bound(price: i64, part: i128, side: Side) -> i64 {
    let step = mul_div(i128::from(price), part, ONE, Rounding::Down).expect("a part of a price");
    let step = i64::try_from(step).expect("a part of a price");
    match side {
        Side::Buy => price + step,
        Side::Sell => (price - step).max(1),
    }
}

/// The worst limit of a side: the band's end.
pub(crate) fn band_end(market: &Market, side: Side) -> Option<i64> {
    let marks = market.marks?;
    let index = match side {
        Side::Buy => marks.index_high,
        Side::Sell => marks.index_low,
    };
    Some(bound(index, market.settings.filters.band.raw(), side))
}

fn check_band(market: &Market, side: Side, limit: i64) -> Result<(), Refusal> {
    let end = band_end(market, side).ok_or(Refusal::NoPrice)?;
    let beyond = match side {
        Side::Buy => limit > end,
        Side::Sell => limit < end,
    };
    if beyond { Err(Refusal::Band(Ticks::new(end))) } else { Ok(()) }
}
