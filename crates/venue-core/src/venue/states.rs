//! States of markets, and the auction that ends when trading begins.

use std::collections::BTreeSet;

use crate::book::BookLevel;
use crate::command::{Lifetime, MarketState, SelfTrade};
use crate::event::{CloseReason, Event};
use crate::id::MarketId;
use crate::orders::OrderPlace;
use crate::refusal::Refusal;
use crate::state::LegId;
use crate::terms::Pays;
use crate::value::{Lots, Side, Ticks};
use crate::venue::Venue;
use crate::venue::bearing::Trial;
use crate::venue::place::Taker;

impl Venue {
    pub(super) fn set_state(
        &mut self,
        market: MarketId,
        state: MarketState,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let known = self.markets.get_mut(market.place()).ok_or(Refusal::UnknownMarket)?;
        let before = std::mem::replace(&mut known.state, state);
        events.push(Event::StateSet(market, state));
        if state == MarketState::Trading {
            self.uncross(market, events);
        }
        self.state_changed(market, before);
        Ok(())
    }

    /// Trades all that crosses, at one price. Where cuts leave something that still crosses, once more.
    fn uncross(&mut self, market: MarketId, events: &mut Vec<Event>) {
        while let Some(price) = self.clearing_price(market) {
            while self.trade_at(market, price, events) {}
        }
    }

    /// The price at which most lots trade; of those that at which least is left over, of those the nearest to the index,
    /// of those the lowest. `None` where nothing crosses.
    fn clearing_price(&self, market: MarketId) -> Option<Ticks> {
        let state = self.markets.get(market.place())?;
        let (bid, ask) = (state.book.best(Side::Buy)?, state.book.best(Side::Sell)?);
        if bid < ask {
            return None;
        }
        let crossing = |side: Side, end: Ticks| {
            let levels = state.book.levels(side);
            let levels = levels.take_while(|level| side.opposite().reaches(end, level.price));
            levels.collect::<Vec<BookLevel>>()
        };
        let (buys, sells) = (crossing(Side::Buy, ask), crossing(Side::Sell, bid));
        // What trades changes only at the prices of orders, so that between two of them the nearest to the index is at
        // one of them, beside one of them, or the index itself.
        let one = Ticks::new(1);
        let at_orders = buys.iter().chain(&sells).map(|level| level.price);
        let beside = at_orders.flat_map(|price| [price.minus(one), price, price.plus(one)]);
        let index = state.marks.map(|marks| marks.index);
        let prices = beside.chain(index).filter(|price| *price >= ask && *price <= bid);
        let prices: BTreeSet<Ticks> = prices.collect();
        let mut sold = Lots::ZERO;
        let mut bought = buys.iter().fold(Lots::ZERO, |sum, level| sum.plus(level.lots));
        let mut sells = sells.iter().peekable();
        let mut buys = buys.iter().rev().peekable();
        let ranked = prices.into_iter().map(|price| {
            while let Some(level) = sells.next_if(|level| level.price <= price) {
                sold = sold.plus(level.lots);
            }
            while let Some(level) = buys.next_if(|level| level.price < price) {
                bought = bought.minus(level.lots);
            }
            let apart = index.map_or(Ticks::ZERO, |index| index.minus(price).size());
            (bought.min(sold).negated(), bought.minus(sold).size(), apart, price)
        });
        ranked.min().map(|(_, _, _, price)| price)
    }

    /// Trades the first order to buy with the first to sell, if both take the price. The older one is the maker; both pay
    /// what makers pay.
    fn trade_at(&mut self, market: MarketId, price: Ticks, events: &mut Vec<Event>) -> bool {
        let Some(state) = self.markets.get(market.place()) else { return false };
        let first = |side: Side| {
            let slot = state.book.front(side)?;
            let order = state.book.get(slot).copied()?;
            side.reaches(order.price, price).then_some((slot, order))
        };
        let (Some(buy), Some(sell)) = (first(Side::Buy), first(Side::Sell)) else { return false };
        let (maker, taker) = if buy.1.id < sell.1.id { (buy, sell) } else { (sell, buy) };
        let lots = maker.1.left.min(taker.1.left);
        for (slot, order) in [maker, taker] {
            if let Some(missing) = self.missing_for(&Trial::of(&order, lots, price)) {
                self.close_unbearable(OrderPlace { market, slot }, missing, events);
                return true;
            }
        }
        let mut taking = Taker {
            order: taker.1.id,
            account: taker.1.account,
            market,
            leg: LegId::new(taker.1.leg),
            side: taker.1.side,
            limit: price,
            original: taker.1.original,
            left: taker.1.left,
            lifetime: Lifetime::GoodTillCancelled,
            reduce_only: taker.1.reduce_only,
            self_trade: SelfTrade::Allow,
            tag: taker.1.tag,
            pays: Pays::Maker,
        };
        let at = OrderPlace { market, slot: taker.0 };
        if lots == taker.1.left {
            let _ = self.take_out(at);
        } else {
            self.shrink(at, lots);
        }
        self.trade_with(&mut taking, maker.0, &maker.1, price, events);
        if taking.left == Lots::ZERO {
            let Taker { order, account, left, .. } = taking;
            events.push(Event::Closed { order, account, left, reason: CloseReason::Filled });
        }
        true
    }
}
