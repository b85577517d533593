//! Orders with a trigger: how they come to wait, and what happens when they fire.

use units::Ratio;

use crate::command::{Lifetime, PlaceOrder, TriggerCondition, TriggerPrice};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId, OrderId};
use crate::refusal::Refusal;
use crate::state::{Market, Triggers, Waiting};
use crate::value::{Lots, Ticks};
use crate::venue::Venue;
use crate::venue::timers::TimerKind;

impl Venue {
    /// Lets a new order wait for its trigger.
    pub(super) fn place_waiting(
        &mut self,
        placed: &PlaceOrder,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let Some(trigger) = placed.trigger else { return Err(Refusal::Price) };
        self.check_waiting(placed)?;
        let market = self.markets.get(placed.market.place()).ok_or(Refusal::UnknownMarket)?;
        let price = price_of(market, trigger.by).ok_or(Refusal::NoPrice)?;
        let leg = crate::state::LegId::new(u32::MAX);
        let mut waiting = Waiting { placed: *placed, trigger, leg, best: None };
        let _ = waiting.follow(price);
        if waiting.is_met_at(price) {
            return Err(Refusal::Immediate);
        }
        waiting.leg = self.leg_for(placed.account, placed.market, placed.position);
        let order = self.number_order();
        if let Some(leg) = self.legs.get_mut(waiting.leg.place()) {
            leg.waiting = leg.waiting.saturating_add(1);
        }
        if let Some(triggers) = self.triggers_mut(placed.market, trigger.by) {
            triggers.insert(order, &waiting);
        }
        self.waiting.insert(order, waiting);
        if let Lifetime::GoodTill(until) = placed.lifetime {
            self.timers.set(until, TimerKind::Expiry, order.number());
        }
        events.push(Event::Accepted { order, placed: *placed });
        Ok(())
    }

    /// Whether an order of an account waits.
    pub(super) fn waits_for(&self, account: AccountId, order: OrderId) -> bool {
        self.waiting.get(order).is_some_and(|waiting| waiting.placed.account == account)
    }

    /// Closes an order that waits, if it still does.
    pub(super) fn close_waiting(
        &mut self,
        order: OrderId,
        reason: CloseReason,
        events: &mut Vec<Event>,
    ) {
        if let Some(waiting) = self.stop_waiting(order) {
            let PlaceOrder { account, lots, .. } = waiting.placed;
            events.push(Event::Closed { order, account, left: lots, reason });
        }
    }

    fn stop_waiting(&mut self, order: OrderId) -> Option<Waiting> {
        let waiting = self.waiting.remove(order)?;
        if let Some(triggers) = self.triggers_mut(waiting.placed.market, waiting.trigger.by) {
            triggers.remove(order, &waiting);
        }
        if let Some(leg) = self.legs.get_mut(waiting.leg.place()) {
            leg.waiting = leg.waiting.saturating_sub(1);
        }
        if matches!(waiting.placed.lifetime, Lifetime::GoodTill(_)) {
            self.timers.forget();
        }
        Some(waiting)
    }

    /// Fires what the prices that have moved have met, until nothing is met any more.
    pub(super) fn fire_triggers(&mut self, events: &mut Vec<Event>) {
        while !self.moved.is_empty() {
            let mut met = std::mem::take(&mut self.met);
            self.collect_met(&mut met);
            for order in met.drain(..) {
                self.fire(order, events);
            }
            self.met = met;
        }
    }

    /// What is met by the prices that have moved: by market, then by the mark before the last trade.
    fn collect_met(&mut self, met: &mut Vec<OrderId>) {
        self.moved.sort_unstable();
        let mut moved = std::mem::take(&mut self.moved);
        for market in moved.drain(..) {
            let Some(state) = self.markets.get_mut(market.place()) else { continue };
            state.has_moved = false;
            if let Some(mark) = state.marks.map(|marks| marks.mark) {
                state.by_mark.look(mark, &mut self.waiting, met);
            }
            if let Some(last) = price_of(state, TriggerPrice::Last) {
                state.by_last.look(last, &mut self.waiting, met);
            }
        }
        self.moved = moved;
    }

    /// Makes an order of one whose trigger was met, unless it was cancelled in the meantime.
    fn fire(&mut self, order: OrderId, events: &mut Vec<Event>) {
        let Some(waiting) = self.stop_waiting(order) else { return };
        events.push(Event::Triggered(order));
        let mut placed = waiting.placed;
        if waiting.trigger.close_position {
            let leg = self.legs.get(waiting.leg.place());
            placed.lots = leg.map_or(Lots::ZERO, |leg| leg.reducible(placed.side));
            placed.reduce_only = true;
        }
        let checked = if placed.lots == Lots::ZERO {
            Err(Refusal::ReduceOnly)
        } else {
            self.check_order(&placed)
        };
        match checked {
            Ok(checked) => {
                let (told, price, left) = (waiting.placed, checked.limit, checked.lots);
                if told.limit.is_some_and(|limit| (limit, told.lots) != (price, left)) {
                    events.push(Event::Amended { order, price, left, kept_place: false });
                }
                self.send(order, &placed, &checked, events);
            }
            Err(refusal) => {
                let reason = CloseReason::Refused(refusal);
                let PlaceOrder { account, lots, .. } = placed;
                events.push(Event::Closed { order, account, left: lots, reason });
            }
        }
    }

    /// Notes that a market's mark or last price may have moved.
    pub(crate) fn note_move(&mut self, market: MarketId) {
        if let Some(state) = self.markets.get_mut(market.place())
            && !state.has_moved
        {
            state.has_moved = true;
            self.moved.push(market);
        }
    }

    fn triggers_mut(&mut self, market: MarketId, by: TriggerPrice) -> Option<&mut Triggers> {
        self.markets.get_mut(market.place()).map(|market| market.triggers_mut(by))
    }
}

/// The price that a trigger looks at. As long as nothing has been traded the mark counts as the last price: whoever
/// protects a position on a new market must not have to wait for somebody's trade.
fn price_of(market: &Market, by: TriggerPrice) -> Option<Ticks> {
    let mark = market.marks.map(|marks| marks.mark);
    match by {
        TriggerPrice::Mark => mark,
        TriggerPrice::Last => market.last.or(mark),
    }
}

/// Whether a trigger's own prices and parts make sense.
pub(super) fn makes_sense(condition: TriggerCondition) -> bool {
    match condition {
        TriggerCondition::Stop(price) | TriggerCondition::TakeProfit(price) => {
            price.is_within_limit()
        }
        TriggerCondition::Trailing { callback, from } => {
            let part = callback > Ratio::ZERO && callback < Ratio::whole(1);
            part && from.is_none_or(Ticks::is_within_limit)
        }
    }
}
