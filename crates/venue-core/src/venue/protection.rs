//! Market-maker protection.

use units::Span;

use crate::command::Protection;
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId};
use crate::refusal::Refusal;
use crate::state::{Guard, GuardId, LegId};
use crate::value::Lots;
use crate::venue::Venue;

impl Venue {
    pub(super) fn protect(
        &mut self,
        account: AccountId,
        market: MarketId,
        protection: Option<Protection>,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        self.check_place(account, market)?;
        let fits = protection.is_none_or(|protection| {
            protection.lots_max.is_within_limit() && protection.window > Span::ZERO
        });
        if !fits {
            return Err(Refusal::Amount);
        }
        let known = self.legs_in(account, market).next();
        let known = known.and_then(|leg| self.legs.get(leg.place())?.guard);
        let guard = known.unwrap_or_else(|| {
            self.guards.push(Guard::default());
            let last = self.guards.len().saturating_sub(1);
            GuardId::new(u32::try_from(last).unwrap_or(u32::MAX))
        });
        if let Some(guard) = self.guards.get_mut(guard.place()) {
            guard.set(protection);
        }
        let _ = self.for_legs_in(account, market, |leg| leg.guard.replace(guard).is_none());
        events.push(Event::ProtectionSet(account, market, protection));
        Ok(())
    }

    /// Counts what has traded of a maker's orders, and cancels them all where it has been enough.
    pub(super) fn count_for_protection(&mut self, leg: LegId, lots: Lots, events: &mut Vec<Event>) {
        let Some(state) = self.legs.get(leg.place()) else { return };
        let (account, market) = (state.account, state.market);
        let Some(guard) = state.guard else { return };
        let now = self.now;
        let guard = self.guards.get_mut(guard.place());
        if let Some(until) = guard.and_then(|guard| guard.count(lots, now)) {
            events.push(Event::ProtectionTripped(account, market, until));
            self.cancel_in_market(account, market, CloseReason::Protection, events);
        }
    }
}
