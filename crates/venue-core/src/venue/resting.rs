//! Orders that come to rest, shrink, and go, with all that is kept of them elsewhere.

use crate::book::{RestingOrder, Slot};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId, OrderId};
use crate::orders::OrderPlace;
use crate::state::LegId;
use crate::value::{Lots, Side, worth};
use crate::venue::Venue;
use crate::venue::timers::TimerKind;
use units::Timestamp;

impl Venue {
    /// Lets an order rest. False where the book has no room.
    #[inline(always)]
    pub(super) fn put_to_rest(&mut self, market: MarketId, order: RestingOrder) -> bool {
        let leg = self.legs.get_mut(LegId::new(order.leg).place());
        let state = self.markets.get_mut(market.place());
        let (Some(leg), Some(state)) = (leg, state) else { return false };
        let Some(slot) = state.book.insert(order, &mut leg.chain) else { return false };
        let notional = worth(order.left, order.price, state.tick_value);
        leg.resting_mut(order.side).add(order.left, notional, order.reduce_only);
        self.orders.insert(order.id, OrderPlace { market, slot });
        self.note_change(market);
        if order.expires != Timestamp::MAX {
            self.timers.set(order.expires, TimerKind::Expiry, order.id.number());
        }
        true
    }

    /// Takes lots off a resting order that keeps some; it stays where it is.
    pub(super) fn shrink(&mut self, at: OrderPlace, by: Lots) {
        let Some(state) = self.markets.get_mut(at.market.place()) else { return };
        let Some(order) = state.book.get(at.slot).copied() else { return };
        let left = state.book.reduce(at.slot, by).unwrap_or(order.left);
        let gone = order.left.minus(left);
        let notional = worth(gone, order.price, state.tick_value);
        if let Some(leg) = self.legs.get_mut(LegId::new(order.leg).place()) {
            leg.resting_mut(order.side).take(gone, notional, order.reduce_only);
        }
    }

    /// Takes a resting order out of the book and of everything that knows of it.
    #[inline(always)]
    pub(super) fn take_out(&mut self, at: OrderPlace) -> Option<RestingOrder> {
        let state = self.markets.get_mut(at.market.place())?;
        let leg = LegId::new(state.book.get(at.slot)?.leg);
        let leg = self.legs.get_mut(leg.place())?;
        let order = state.book.remove(at.slot, &mut leg.chain)?;
        let notional = worth(order.left, order.price, state.tick_value);
        leg.resting_mut(order.side).remove(order.left, notional, order.reduce_only);
        self.orders.remove(order.id);
        if order.expires != Timestamp::MAX {
            self.timers.forget();
        }
        Some(order)
    }

    /// Takes a resting order out, and says why.
    pub(super) fn close_resting(
        &mut self,
        at: OrderPlace,
        reason: CloseReason,
        events: &mut Vec<Event>,
    ) {
        if let Some(order) = self.take_out(at) {
            let RestingOrder { id, account, left, .. } = order;
            events.push(Event::Closed { order: id, account, left, reason });
        }
    }

    /// Cuts a leg's orders that may only reduce to what is left to reduce, the newest first. Has to be called after every
    /// change of a position that makes it smaller or turns it (VN-4).
    pub(crate) fn cut_reduce_only(&mut self, leg: LegId, events: &mut Vec<Event>) {
        for side in [Side::Buy, Side::Sell] {
            let Some(state) = self.legs.get(leg.place()) else { return };
            let market = state.market;
            let mut excess = state.resting(side).reduce_only.minus(state.reducible(side));
            let mut next = state.chain.newest();
            while let Some(slot) = next.filter(|_| excess > Lots::ZERO) {
                let Some(book) = self.markets.get(market.place()).map(|state| &state.book) else {
                    return;
                };
                next = book.older(slot);
                let Some(order) = book.get(slot).copied() else { return };
                if order.side == side && order.reduce_only {
                    excess = excess.minus(order.left);
                    self.cut(OrderPlace { market, slot }, &order, excess.negated(), events);
                }
            }
        }
    }

    /// Leaves so many lots of an order.
    fn cut(&mut self, at: OrderPlace, order: &RestingOrder, keep: Lots, events: &mut Vec<Event>) {
        if keep <= Lots::ZERO {
            self.close_resting(at, CloseReason::ReduceOnly, events);
            return;
        }
        self.shorten(at, order, order.left.minus(keep));
        let (id, price) = (order.id, order.price);
        events.push(Event::Amended { order: id, price, left: keep, kept_place: true });
    }

    /// Takes lots off an order as if it never had them.
    pub(super) fn shorten(&mut self, at: OrderPlace, order: &RestingOrder, by: Lots) {
        self.shrink(at, by);
        if let Some(market) = self.markets.get_mut(at.market.place()) {
            market.book.set_original(at.slot, order.original.minus(by));
        }
    }

    /// Where an account's order rests.
    pub(super) fn resting_of(&self, account: AccountId, order: OrderId) -> Option<OrderPlace> {
        let at = self.orders.get(order)?;
        let found = self.markets.get(at.market.place())?.book.get(at.slot)?;
        (found.account == account).then_some(at)
    }

    /// The order at a place.
    pub(super) fn order_at(&self, market: MarketId, slot: Slot) -> Option<&RestingOrder> {
        self.markets.get(market.place())?.book.get(slot)
    }
}
