//! Matching: price, then time; and what each trade does to both sides.

use units::Money;

use crate::book::{RestingOrder, Slot};
use crate::command::SelfTrade;
use crate::event::{CloseReason, Event, Trade, TradeSide};
use crate::id::{AccountId, MarketId, OrderId, TradeId};
use crate::orders::OrderPlace;
use crate::refusal::Refusal;
use crate::state::{Leg, LegId};
use crate::terms::Pays;
use crate::value::{Lots, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::bearing::Trial;
use crate::venue::place::Taker;

/// A trade of a leg.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) leg: LegId,
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    pub(crate) price: Ticks,
    /// What it costs; below zero it pays.
    pub(crate) fee: Money,
}

impl Venue {
    /// Trades an order with what rests, as far as its limit goes. Says why it is closed where it may not go on.
    pub(super) fn match_order(
        &mut self,
        taker: &mut Taker,
        events: &mut Vec<Event>,
    ) -> Option<CloseReason> {
        while taker.left > Lots::ZERO {
            let state = self.markets.get(taker.market.place())?;
            let against = taker.side.opposite();
            if !taker.side.reaches(taker.limit, state.book.best(against)?) {
                return None;
            }
            let slot = state.book.front(against)?;
            let maker = *state.book.get(slot)?;
            if maker.left < taker.left {
                self.read_on(OrderPlace { market: taker.market, slot });
            }
            let own = maker.account == taker.account;
            if own && taker.self_trade != SelfTrade::Allow {
                let at = OrderPlace { market: taker.market, slot };
                if taker.self_trade != SelfTrade::CancelTaker {
                    self.close_resting(at, CloseReason::SelfTrade, events);
                }
                if taker.self_trade != SelfTrade::CancelMaker {
                    return Some(CloseReason::SelfTrade);
                }
                continue;
            }
            let trial = Trial::of(&maker, taker.left.min(maker.left), maker.price);
            if let Some(missing) = self.missing_for(&trial) {
                let at = OrderPlace { market: taker.market, slot };
                self.close_unbearable(at, missing, events);
                continue;
            }
            self.trade_with(taker, slot, &maker, maker.price, events);
        }
        None
    }

    /// Closes a resting order whose account cannot bear its trade any more.
    pub(super) fn close_unbearable(
        &mut self,
        at: OrderPlace,
        missing: Money,
        events: &mut Vec<Event>,
    ) {
        self.close_resting(at, CloseReason::Refused(Refusal::Margin(missing)), events);
    }

    /// One trade of an order with a resting one at a price.
    pub(super) fn trade_with(
        &mut self,
        taker: &mut Taker,
        slot: Slot,
        maker: &RestingOrder,
        price: Ticks,
        events: &mut Vec<Event>,
    ) {
        let market = taker.market;
        let Some(state) = self.markets.get_mut(market.place()) else { return };
        let lots = taker.left.min(maker.left);
        state.trades = state.trades.saturating_add(1);
        state.last = Some(price);
        let trade = TradeId::new(state.trades);
        let notional = worth(lots, price, state.tick_value);
        let fees = &state.risk.fees;
        let (maker_fee, taker_fee) =
            (fees.of(Pays::Maker, notional), fees.of(taker.pays, notional));
        taker.left = taker.left.minus(lots);
        let maker_left = maker.left.minus(lots);
        let at = OrderPlace { market, slot };
        if maker_left == Lots::ZERO {
            let _ = self.take_out(at);
        } else {
            self.shrink(at, lots);
        }
        let maker_leg = LegId::new(maker.leg);
        let fill = Fill { leg: maker_leg, side: maker.side, lots, price, fee: maker_fee };
        let realised = self.settle(&fill);
        let maker_side = side(maker.id, maker.account, maker_left, maker_fee, realised);
        let fill = Fill { leg: taker.leg, side: taker.side, lots, price, fee: taker_fee };
        let realised = self.settle(&fill);
        let taker_side = side(taker.order, taker.account, taker.left, taker_fee, realised);
        events.push(Event::Trade(Trade {
            trade,
            market,
            price,
            lots,
            taker_side: taker.side,
            maker: maker_side,
            taker: taker_side,
        }));
        if maker_left == Lots::ZERO {
            let RestingOrder { id: order, account, .. } = *maker;
            let reason = CloseReason::Filled;
            events.push(Event::Closed { order, account, left: Lots::ZERO, reason });
        }
        self.position_changed(maker_leg, events);
        self.position_changed(taker.leg, events);
        self.note_move(market);
        self.note_change(market);
        self.count_for_protection(maker_leg, lots, events);
    }

    /// What follows a change of a position: its orders that may only reduce are cut, and its account is looked at.
    pub(crate) fn position_changed(&mut self, leg: LegId, events: &mut Vec<Event>) {
        let Some(state) = self.legs.get(leg.place()) else { return };
        let account = state.account;
        if state.could_increase() {
            let market = state.market;
            self.cut_reduce_only(leg, events);
            if self.legs.get(leg.place()).is_some_and(Leg::could_increase) {
                self.halt_market("VN-4", market, events);
            }
        }
        self.touch(account);
    }

    /// Settles a trade for one side: its position, its money, and what the venue keeps sums of. Gives back the profit that
    /// it realised.
    pub(crate) fn settle(&mut self, fill: &Fill) -> Money {
        let Some(leg) = self.legs.get_mut(fill.leg.place()) else { return Money::ZERO };
        let (account, market) = (leg.account, leg.market);
        let Some(state) = self.markets.get_mut(market.place()) else { return Money::ZERO };
        self.ledger.fees = self.ledger.fees.plus(fill.fee);
        if !state.is_contract() {
            self.settle_asset(account, market, fill);
            return Money::ZERO;
        }
        let (held, cost) = (leg.lots, leg.cost);
        let filled = leg.fill(fill.side, fill.lots, fill.price, state.tick_value);
        let lots = leg.lots;
        self.rosters.note(account);
        self.ledger.costs = self.ledger.costs.plus(leg.cost.minus(cost));
        if leg.isolated.is_none() {
            state.moved(held, lots);
            self.change_cash(account, filled.realised.minus(fill.fee));
            return filled.realised;
        }
        // Its margin is by the open interest before the trade, as the check of the order was.
        self.settle_isolated(fill, held, &filled);
        if let Some(state) = self.markets.get_mut(market.place()) {
            state.moved(held, lots);
        }
        filled.realised
    }

    /// Settles a trade of an asset: it changes hands against cash.
    fn settle_asset(&mut self, account: AccountId, market: MarketId, fill: &Fill) {
        let Some(state) = self.markets.get(market.place()) else { return };
        let Some(base) = state.base() else { return };
        let (amount, cash) = state.exchange(fill.side, fill.lots, fill.price, fill.fee);
        self.change_holding(account, base, amount);
        self.change_cash(account, cash);
    }
}

const fn side(
    order: OrderId,
    account: AccountId,
    left: Lots,
    fee: Money,
    realised: Money,
) -> TradeSide {
    TradeSide { order, account, left, fee, realised }
}
