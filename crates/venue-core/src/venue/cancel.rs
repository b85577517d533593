//! Cancels: of one order, of many, and by count-down.

use units::{Span, Timestamp};

use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId, OrderId};
use crate::refusal::Refusal;
use crate::venue::Venue;
use crate::venue::timers::TimerKind;

impl Venue {
    pub(super) fn cancel(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if self.accounts.get(account.place()).is_none() {
            return Err(Refusal::UnknownAccount);
        }
        if let Some(at) = self.resting_of(account, order) {
            self.close_resting(at, CloseReason::Cancelled, events);
        } else if self.waits_for(account, order) {
            self.close_waiting(order, CloseReason::Cancelled, events);
        } else {
            return Err(Refusal::UnknownOrder);
        }
        Ok(())
    }

    pub(super) fn cancel_all(
        &mut self,
        account: AccountId,
        market: Option<MarketId>,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if self.accounts.get(account.place()).is_none() {
            return Err(Refusal::UnknownAccount);
        }
        let Some(market) = market else {
            for market in self.markets_of(account) {
                self.cancel_in_market(account, market, CloseReason::Cancelled, events);
            }
            return Ok(());
        };
        if self.markets.get(market.place()).is_none() {
            return Err(Refusal::UnknownMarket);
        }
        self.cancel_in_market(account, market, CloseReason::Cancelled, events);
        Ok(())
    }

    /// The markets in which an account has legs, by number.
    pub(crate) fn markets_of(&self, account: AccountId) -> Vec<MarketId> {
        let account = self.accounts.get(account.place());
        let legs = account.map_or(&[][..], |account| account.legs.as_slice());
        let legs = legs.iter().filter_map(|leg| self.legs.get(leg.place()));
        let mut markets: Vec<MarketId> = legs.map(|leg| leg.market).collect();
        markets.sort_unstable();
        markets.dedup();
        markets
    }

    /// Closes all of an account's orders in a market, those that wait for a trigger too, by their numbers.
    pub(crate) fn cancel_in_market(
        &mut self,
        account: AccountId,
        market: MarketId,
        reason: CloseReason,
        events: &mut Vec<Event>,
    ) {
        let mut orders = std::mem::take(&mut self.scratch);
        orders.clear();
        self.collect_orders(account, market, &mut orders);
        orders.sort_unstable();
        for order in orders.drain(..) {
            match self.orders.get(order) {
                Some(at) => self.close_resting(at, reason, events),
                None => self.close_waiting(order, reason, events),
            }
        }
        self.scratch = orders;
    }

    fn collect_orders(&self, account: AccountId, market: MarketId, orders: &mut Vec<OrderId>) {
        let Some(book) = self.markets.get(market.place()).map(|state| &state.book) else { return };
        let mut waiting = 0_u32;
        for leg in self.legs_here(account, market) {
            orders.extend(book.chained(leg.chain).map(|(_, order)| order.id));
            waiting = waiting.saturating_add(leg.waiting);
        }
        if waiting != 0 {
            orders.extend(self.waiting.of(account, market));
        }
    }

    /// Starts, moves or stops a count-down.
    pub(super) fn cancel_after(
        &mut self,
        account: AccountId,
        market: MarketId,
        after: Span,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        self.check_place(account, market)?;
        let until = (after != Span::ZERO).then(|| self.now.after(after));
        let at = until.unwrap_or(Timestamp::MAX);
        let running = self.for_legs_in(account, market, |leg| {
            std::mem::replace(&mut leg.cancel_at, at) != Timestamp::MAX
        });
        if running {
            self.timers.forget();
        }
        if let Some(at) = until {
            self.timers.set(at, TimerKind::CancelAfter, countdown_number(account, market));
        }
        events.push(Event::CancelAfterSet(account, market, until));
        Ok(())
    }

    /// A count-down has run out, if it was not said again since.
    pub(super) fn countdown_ends(&mut self, at: Timestamp, number: u64, events: &mut Vec<Event>) {
        let (account, market) = countdown_of(number);
        if !self.counts_down_to(at, number) {
            return;
        }
        let _ = self.for_legs_in(account, market, |leg| {
            leg.cancel_at = Timestamp::MAX;
            true
        });
        self.cancel_in_market(account, market, CloseReason::CancelAfter, events);
    }

    /// Whether a count-down still ends at a time.
    pub(super) fn counts_down_to(&self, at: Timestamp, number: u64) -> bool {
        let (account, market) = countdown_of(number);
        let mut legs = self.legs_here(account, market);
        legs.any(|leg| leg.cancel_at == at)
    }

    /// An order's time is over, if it is still there.
    pub(super) fn expire(&mut self, order: OrderId, events: &mut Vec<Event>) {
        match self.orders.get(order) {
            Some(at) => self.close_resting(at, CloseReason::Expired, events),
            None => self.close_waiting(order, CloseReason::Expired, events),
        }
    }
}

/// Count-downs are done by account, then by market.
pub(super) fn countdown_number(account: AccountId, market: MarketId) -> u64 {
    (u64::from(account.number()) << 16) | u64::from(market.number())
}

fn countdown_of(number: u64) -> (AccountId, MarketId) {
    let account = u32::try_from(number >> 16).unwrap_or(u32::MAX);
    let market = u16::try_from(number & 0xffff).unwrap_or(u16::MAX);
    (AccountId::new(account), MarketId::new(market))
}
