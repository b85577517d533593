//! Orders that are changed or taken away, by their account or by time.

use units::Span;
use venue_core::{
    AccountId, CloseReason, Event, Lifetime, Lots, MarketId, MarketState, OrderId, PlaceOrder,
    Protection, Refusal, Ticks,
};

use super::state::{Guard, Order};
use super::{Model, Outcome};

/// What is due at a time; what is due at the same one goes by kind, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Expires(OrderId),
    CountDown(AccountId, MarketId),
}

impl Model {
    /// Does what is due until then, each at its own time.
    pub(crate) fn let_time_pass(&mut self, now: u64) {
        while let Some((at, due)) = self.next_due().filter(|&(at, _)| at <= now) {
            self.now = self.now.max(at);
            match due {
                Due::Expires(order) => self.close(order, CloseReason::Expired),
                Due::CountDown(account, market) => {
                    self.account_mut(account).terms.entry(market).or_default().cancel_at = None;
                    self.close_all(account, market, CloseReason::CancelAfter);
                }
            }
        }
    }

    fn next_due(&self) -> Option<(u64, Due)> {
        let expiring = self.orders.values().filter_map(|order| match order.placed.lifetime {
            Lifetime::GoodTill(until) => Some((until.as_nanos(), Due::Expires(order.id))),
            Lifetime::GoodTillCancelled
            | Lifetime::ImmediateOrCancel
            | Lifetime::FillOrKill
            | Lifetime::PostOnly => None,
        });
        let accounts = (0..).map(AccountId::new).zip(&self.accounts);
        let counting = accounts.flat_map(|(id, account)| {
            account.terms.iter().filter_map(move |(&market, terms)| {
                Some((terms.cancel_at?, Due::CountDown(id, market)))
            })
        });
        expiring.chain(counting).min()
    }

    /// Closes an account's orders in a market, the oldest first.
    pub(crate) fn close_all(&mut self, account: AccountId, market: MarketId, reason: CloseReason) {
        let mine = self.orders.values().filter(|order| order.is_of(account, market));
        let mine: Vec<OrderId> = mine.map(|order| order.id).collect();
        for order in mine {
            self.close(order, reason);
        }
    }

    pub(crate) fn cancel(&mut self, account: AccountId, order: OrderId) -> Outcome {
        self.own_order(account, order)?;
        self.close(order, CloseReason::Cancelled);
        Ok(())
    }

    fn own_order(&self, account: AccountId, order: OrderId) -> Result<Order, Refusal> {
        self.account(account)?;
        let found = self.orders.get(&order).filter(|order| order.placed.account == account);
        found.cloned().ok_or(Refusal::UnknownOrder)
    }

    pub(crate) fn cancel_all(&mut self, account: AccountId, market: Option<MarketId>) -> Outcome {
        self.account(account)?;
        if let Some(market) = market {
            self.market(market)?;
            self.close_all(account, market, CloseReason::Cancelled);
            return Ok(());
        }
        for market in self.market_ids() {
            self.close_all(account, market, CloseReason::Cancelled);
        }
        Ok(())
    }

    pub(crate) fn market_ids(&self) -> Vec<MarketId> {
        (0..).map(MarketId::new).take(self.markets.len()).collect()
    }

    pub(crate) fn cancel_after(
        &mut self,
        account: AccountId,
        market: MarketId,
        after: Span,
    ) -> Outcome {
        self.account(account)?;
        self.market(market)?;
        self.open_any_leg(account, market);
        let at = (after > Span::ZERO).then(|| self.time().after(after));
        let terms = self.account_mut(account).terms.entry(market).or_default();
        terms.cancel_at = at.map(units::Timestamp::as_nanos);
        self.tell(Event::CancelAfterSet(account, market, at));
        Ok(())
    }

    pub(crate) fn time(&self) -> units::Timestamp {
        units::Timestamp::from_nanos(self.now)
    }

    pub(crate) fn protect(
        &mut self,
        account: AccountId,
        market: MarketId,
        protection: Option<Protection>,
    ) -> Outcome {
        self.account(account)?;
        self.market(market)?;
        let wrong = |protection: Protection| {
            !protection.lots_max.is_within_limit() || protection.window == Span::ZERO
        };
        if protection.is_some_and(wrong) {
            return Err(Refusal::Amount);
        }
        self.open_any_leg(account, market);
        let guard = |protection| Guard { protection, window: None, frozen_until: 0 };
        let terms = self.account_mut(account).terms.entry(market).or_default();
        terms.guard = protection.map(guard);
        self.tell(Event::ProtectionSet(account, market, protection));
        Ok(())
    }

    /// Counts lots that traded against an account's resting order.
    pub(crate) fn count_for_protection(&mut self, account: AccountId, market: MarketId, lots: i64) {
        let now = self.time();
        let terms = self.account_mut(account).terms.entry(market).or_default();
        let Some(guard) = &mut terms.guard else { return };
        let before = guard.counted(now.as_nanos());
        let since = match guard.window {
            Some((since, _)) if before > 0 => since,
            _ => now.as_nanos(),
        };
        guard.window = Some((since, before + lots));
        if before + lots < guard.protection.lots_max.number() {
            return;
        }
        guard.window = None;
        let until = now.after(guard.protection.frozen);
        guard.frozen_until = until.as_nanos();
        self.tell(Event::ProtectionTripped(account, market, until));
        self.close_all(account, market, CloseReason::Protection);
    }

    pub(crate) fn amend(
        &mut self,
        account: AccountId,
        order: OrderId,
        price: Ticks,
        lots: Lots,
    ) -> Outcome {
        let old = self.own_order(account, order)?;
        if old.waits {
            return Err(Refusal::UnknownOrder);
        }
        let held = self.position(account, old.placed.market, old.placed.position);
        if self.account(account)?.liquidating || held.liquidating {
            return Err(Refusal::InLiquidation);
        }
        let left = lots.number().saturating_sub(old.traded);
        if left <= 0 {
            let most = self.market(old.placed.market)?.settings.filters.lots_max;
            return Err(Refusal::Lots(most));
        }
        if price.number() == old.price && left <= old.left {
            self.orders.get_mut(&order).expect("it rests").left = left;
            let left = Lots::new(left);
            self.tell(Event::Amended { order, price, left, kept_place: true });
            return Ok(());
        }
        self.amend_anew(old, price, left)
    }

    /// An amend that loses its place: the order is taken out, and is checked and matched as a new one.
    fn amend_anew(&mut self, old: Order, price: Ticks, left: i64) -> Outcome {
        let placed = PlaceOrder { limit: Some(price), lots: Lots::new(left), ..old.placed };
        self.orders.remove(&old.id);
        let passed = match self.check(&placed) {
            Ok(passed) => passed,
            Err(refusal) => {
                self.orders.insert(old.id, old);
                return Err(refusal);
            }
        };
        let order = Order { price: passed.limit, left: passed.lots, ..old };
        self.tell(Event::Amended {
            order: order.id,
            price: Ticks::new(order.price),
            left: Lots::new(order.left),
            kept_place: false,
        });
        let trades = self.market(placed.market)?.state != MarketState::Auction;
        self.enter(order, trades);
        Ok(())
    }
}
