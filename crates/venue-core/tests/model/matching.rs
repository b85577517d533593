//! Who trades with whom, and what becomes of it.

use units::fixed::mul_div;
use units::{Money, Rounding};
use venue_core::{
    AccountId, CloseReason, Event, Lifetime, Lots, MarketId, OrderId, PositionSide, Refusal,
    SelfTrade, Side, Ticks, Trade, TradeId, TradeSide,
};

use super::Model;
use super::margin::part;
use super::state::{Order, Position, signed};

/// How a taker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Filled,
    SelfTrade,
    NoMore,
}

/// One side of a trade that is about to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party {
    pub(crate) order: OrderId,
    pub(crate) account: AccountId,
    pub(crate) position: PositionSide,
    pub(crate) side: Side,
    pub(crate) left: i64,
    pub(crate) rate: i128,
}

impl Model {
    /// The resting orders of a side of a market, in the order in which they trade.
    pub(crate) fn queue(&self, market: MarketId, side: Side) -> Vec<Order> {
        let rests = |order: &&Order| {
            !order.waits && order.placed.market == market && order.placed.side == side
        };
        let mut queue: Vec<Order> = self.orders.values().filter(rests).cloned().collect();
        let turn = |order: &Order| match side {
            Side::Buy => (-order.price, order.arrival),
            Side::Sell => (order.price, order.arrival),
        };
        queue.sort_by_key(turn);
        queue
    }

    /// An order that was accepted comes to the book: it trades, and what is left rests or is cancelled.
    pub(crate) fn enter(&mut self, mut order: Order, trades: bool) {
        let ended = self.match_order(&mut order, trades);
        self.settle_rest(order, ended);
    }

    /// Trades an order as far as its limit goes.
    pub(crate) fn match_order(&mut self, order: &mut Order, trades: bool) -> Ended {
        let market = order.placed.market;
        let side = order.placed.side;
        let mut ended = Ended::NoMore;
        loop {
            if order.left == 0 {
                ended = Ended::Filled;
                break;
            }
            if !trades {
                break;
            }
            let Some(maker) = self.queue(market, side.opposite()).into_iter().next() else { break };
            if !side.reaches(Ticks::new(order.price), Ticks::new(maker.price)) {
                break;
            }
            if maker.placed.account == order.placed.account {
                let rule = order.placed.self_trade;
                if matches!(rule, SelfTrade::CancelMaker | SelfTrade::CancelBoth) {
                    self.close(maker.id, CloseReason::SelfTrade);
                }
                if matches!(rule, SelfTrade::CancelTaker | SelfTrade::CancelBoth) {
                    ended = Ended::SelfTrade;
                    break;
                }
                if rule == SelfTrade::CancelMaker {
                    continue;
                }
            }
            let rate = self.markets[market.place()].settings.fees.maker.raw();
            let lots = order.left.min(maker.left);
            if let Some(missing) = self.missing_for(&maker.placed, lots, maker.price, rate) {
                self.close_unbearable(maker.id, missing);
                continue;
            }
            self.pair(order, &maker);
        }
        ended
    }

    /// Closes an order whose account cannot bear its trade.
    pub(crate) fn close_unbearable(&mut self, id: OrderId, missing: i128) {
        let refusal = Refusal::Margin(Money::from_raw(missing));
        self.close(id, CloseReason::Refused(refusal));
    }

    fn settle_rest(&mut self, order: Order, ended: Ended) {
        let rests = matches!(
            order.placed.lifetime,
            Lifetime::GoodTillCancelled | Lifetime::GoodTill(_) | Lifetime::PostOnly
        ) && order.placed.limit.is_some();
        let reason = match ended {
            Ended::Filled => CloseReason::Filled,
            Ended::SelfTrade => CloseReason::SelfTrade,
            Ended::NoMore if !rests => CloseReason::Immediate,
            Ended::NoMore => {
                self.rest(order);
                return;
            }
        };
        self.tell(closed(&order, reason));
    }

    fn rest(&mut self, mut order: Order) {
        self.arrivals += 1;
        order.arrival = self.arrivals;
        order.waits = false;
        self.orders.insert(order.id, order);
    }

    /// One trade of an arriving order with the resting one whose turn it is.
    fn pair(&mut self, taker: &mut Order, maker: &Order) {
        let market = taker.placed.market;
        let lots = taker.left.min(maker.left);
        taker.left -= lots;
        taker.traded += lots;
        let left = maker.left - lots;
        if left == 0 {
            self.orders.remove(&maker.id);
        } else if let Some(resting) = self.orders.get_mut(&maker.id) {
            resting.left = left;
            resting.traded += lots;
        }
        let fees = self.markets[market.place()].settings.fees;
        let parties = [
            Party::of(maker, left, fees.maker.raw()),
            // The liquidation engine pays no taker's fee.
            Party::of(taker, taker.left, if taker.is_engines() { 0 } else { fees.taker.raw() }),
        ];
        self.trade(market, maker.price, lots, parties);
        if left == 0 {
            let gone = Order { left: 0, ..maker.clone() };
            self.tell(closed(&gone, CloseReason::Filled));
        }
        for order in [maker, &*taker] {
            if order.placed.account == super::house::HOUSE {
                continue;
            }
            self.cut_reduce_only(order.placed.account, market, order.placed.position);
        }
        self.count_for_protection(maker.placed.account, market, lots);
    }

    /// Two parties trade: their positions and money change, the maker's first, and it is told.
    pub(crate) fn trade(&mut self, market: MarketId, price: i64, lots: i64, parties: [Party; 2]) {
        let [maker, taker] = parties.map(|party| self.fill(market, price, lots, party));
        let here = self.market_mut(market);
        here.trades += 1;
        here.last = Some(price);
        let trade = Trade {
            trade: TradeId::new(here.trades),
            market,
            price: Ticks::new(price),
            lots: Lots::new(lots),
            taker_side: parties[1].side,
            maker,
            taker,
        };
        self.tell(Event::Trade(trade));
    }

    /// What a trade does to one who takes part.
    pub(crate) fn fill(
        &mut self,
        market: MarketId,
        price: i64,
        lots: i64,
        party: Party,
    ) -> TradeSide {
        let here = &self.markets[market.place()];
        let tick_value = here.tick_value;
        let fee = part(here.notional(lots, price), party.rate, Rounding::Up);
        self.purse.fees += fee;
        let side = |realised| TradeSide {
            order: party.order,
            account: party.account,
            left: Lots::new(party.left),
            fee: Money::from_raw(fee),
            realised: Money::from_raw(realised),
        };
        if party.account == super::house::HOUSE {
            return side(0);
        }
        let here = &self.markets[market.place()];
        if let Some(base) = here.base() {
            let change = signed(party.side, lots);
            let (amount, paid) = (here.amount(change), here.notional(lots, price));
            let account = self.account_mut(party.account);
            let held = account.holdings.entry(base).or_default();
            *held += amount;
            if *held == 0 {
                account.holdings.remove(&base);
            }
            account.cash -= i128::from(change.signum()) * paid + fee;
            return side(0);
        }
        let key = (market, party.position);
        let before = self.position(party.account, market, party.position);
        let mut after = before;
        let realised = after.fill(party.side, lots, price, tick_value);
        after.earned += realised;
        let mut change = realised;
        if after.liquidating {
            // What closing brings stays in the margin.
            after.margin += realised - fee;
            change = fee;
        } else if self.is_isolated(party.account, market) {
            let closed = lots.min(before.reducible(party.side));
            let held = i128::from(before.lots.abs()).max(1);
            let share = mul_div(before.margin, i128::from(closed), held, Rounding::Down);
            let share = share.expect("a part of the margin");
            let brought = realised - fee;
            // What it changes the cash by, with the fee.
            let mut cash = match closed {
                0 => -fee,
                _ => (share + brought).max(0),
            };
            if closed > 0 {
                after.margin += brought - cash;
            }
            if closed < lots {
                let whole = super::liquidate::Party { account: party.account, leg: None };
                let (equity, maintenance) = self.standing(whole);
                let free = (equity - maintenance + cash).max(0);
                let moved =
                    self.opening(party, market, (price, lots - closed), after.lots).min(free);
                after.margin += moved;
                cash -= moved;
            }
            change = cash + fee;
        }
        let account = self.account_mut(party.account);
        account.positions.insert(key, after);
        account.cash += change - fee;
        side(realised)
    }

    /// What opening lots of an isolated position takes from the cash: initial margin, and what they lose at once.
    fn opening(
        &self,
        party: Party,
        market: MarketId,
        (price, opened): (i64, i64),
        lots: i64,
    ) -> i128 {
        let here = &self.markets[market.place()];
        let marks = here.marks.unwrap_or_default();
        let brought = here.notional(opened, price);
        let lost = match party.side {
            Side::Buy => brought - here.notional(opened, marks.low),
            Side::Sell => here.notional(opened, marks.high) - brought,
        };
        let notional = here.notional(opened, marks.high);
        let needs = if here.is_in_full() {
            notional
        } else {
            let whole = here.notional(lots, marks.high);
            self.initial_part(party.account, market, notional, whole)
        };
        needs + lost.max(0)
    }

    /// No reduce-only order may increase a position: what is too much is cut, newest first.
    pub(crate) fn cut_reduce_only(
        &mut self,
        account: AccountId,
        market: MarketId,
        position: PositionSide,
    ) {
        let held = self.position(account, market, position);
        for side in [Side::Buy, Side::Sell] {
            let mut mine: Vec<Order> = self.queue(market, side);
            mine.retain(|order| {
                order.placed.account == account
                    && order.placed.position == position
                    && order.placed.reduce_only
            });
            mine.sort_by_key(|order| order.arrival);
            let all: i64 = mine.iter().map(|order| order.left).sum();
            let mut excess = all - held.reducible(side);
            for order in mine.into_iter().rev() {
                if excess <= 0 {
                    break;
                }
                let cut = excess.min(order.left);
                excess -= cut;
                self.cut(&order, cut);
            }
        }
    }

    fn cut(&mut self, order: &Order, by: i64) {
        if by == order.left {
            self.close(order.id, CloseReason::ReduceOnly);
            return;
        }
        let resting = self.orders.get_mut(&order.id).expect("a resting order");
        resting.left -= by;
        let event = Event::Amended {
            order: order.id,
            price: Ticks::new(order.price),
            left: Lots::new(order.left - by),
            kept_place: true,
        };
        self.tell(event);
    }

    pub(crate) fn position(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> Position {
        let positions = &self.accounts[account.place()].positions;
        positions.get(&(market, side)).copied().unwrap_or_default()
    }

    /// Takes an order away and says why.
    pub(crate) fn close(&mut self, id: OrderId, reason: CloseReason) {
        if let Some(order) = self.orders.remove(&id) {
            self.tell(closed(&order, reason));
        }
    }
}

impl Party {
    pub(crate) fn of(order: &Order, left: i64, rate: i128) -> Self {
        Self {
            order: order.id,
            account: order.placed.account,
            position: order.placed.position,
            side: order.placed.side,
            left,
            rate,
        }
    }
}

impl Position {
    /// Changes by a trade; the profit that it made.
    pub(crate) fn fill(&mut self, side: Side, lots: i64, price: i64, tick_value: i128) -> i128 {
        let worth = |lots: i64| i128::from(lots) * i128::from(price) * tick_value;
        let closed = lots.min(self.reducible(side));
        let mut realised = 0;
        if closed > 0 {
            let size = i128::from(self.lots.abs());
            let part = mul_div(self.cost, i128::from(closed), size, Rounding::Down);
            let part = part.expect("a part is smaller than the whole");
            realised = -worth(signed(side, closed)) - part;
            self.cost -= part;
            self.lots += signed(side, closed);
        }
        let opened = signed(side, lots - closed);
        self.cost += worth(opened);
        self.lots += opened;
        realised
    }
}

/// That an order is no more.
pub(crate) fn closed(order: &Order, reason: CloseReason) -> Event {
    Event::Closed {
        order: order.id,
        account: order.placed.account,
        left: Lots::new(order.left),
        reason,
    }
}
