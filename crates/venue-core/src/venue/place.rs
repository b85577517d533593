//! New orders.

use units::Timestamp;

use crate::book::RestingOrder;
use crate::command::{Lifetime, MarketState, PlaceOrder, SelfTrade};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId, OrderId};
use crate::refusal::Refusal;
use crate::state::LegId;
use crate::terms::Pays;
use crate::value::{Lots, Side, Ticks};
use crate::venue::Venue;
use crate::venue::check_order::Checked;

/// Most orders of a list: one command is to be done in a moment.
const LIST_MAX: usize = 128;

/// An order that is being matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    /// Its number; 0 for one of the liquidation engine.
    pub(crate) order: OrderId,
    pub(crate) account: AccountId,
    pub(crate) market: MarketId,
    pub(crate) leg: LegId,
    pub(crate) side: Side,
    /// The worst price.
    pub(crate) limit: Ticks,
    /// What it began with.
    pub(crate) original: Lots,
    /// What is left of it.
    pub(crate) left: Lots,
    pub(crate) lifetime: Lifetime,
    pub(crate) reduce_only: bool,
    pub(crate) self_trade: SelfTrade,
    pub(crate) tag: u64,
    /// What it pays.
    pub(crate) pays: Pays,
}

impl Taker {
    /// An immediate-or-cancel order of the liquidation engine. It pays no taker's fee: what a liquidation costs is settled
    /// after it.
    pub(crate) const fn of_engine(
        (account, market, leg): (AccountId, MarketId, LegId),
        side: Side,
        lots: Lots,
        limit: Ticks,
    ) -> Self {
        Self {
            order: OrderId::new(0),
            account,
            market,
            leg,
            side,
            limit,
            original: lots,
            left: lots,
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: true,
            self_trade: SelfTrade::Allow,
            tag: 0,
            pays: Pays::Nothing,
        }
    }
}

impl Venue {
    /// A new order; with a trigger it waits.
    #[inline(always)]
    pub(super) fn place(
        &mut self,
        placed: &PlaceOrder,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if placed.trigger.is_some() {
            return self.place_waiting(placed, events);
        }
        let checked = self.check_order(placed)?;
        let order = self.number_order();
        events.push(accepted(order, placed, &checked));
        self.send(order, placed, &checked, events);
        Ok(())
    }

    /// Several orders, each as if it came alone.
    pub(super) fn place_all(
        &mut self,
        list: &[PlaceOrder],
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if list.len() > LIST_MAX {
            return Err(Refusal::TooMany(u32::try_from(LIST_MAX).unwrap_or(u32::MAX)));
        }
        for (index, placed) in (0..).zip(list) {
            if let Err(refusal) = self.place(placed, events) {
                events.push(Event::Refused { refusal, tag: placed.tag, index });
            }
            self.fire_triggers(events);
        }
        Ok(())
    }

    /// The number of the next order.
    pub(crate) fn number_order(&mut self) -> OrderId {
        self.orders_numbered = self.orders_numbered.saturating_add(1);
        OrderId::new(self.orders_numbered)
    }

    /// Matches an order that has been checked, and lets what is left of it rest.
    pub(crate) fn send(
        &mut self,
        order: OrderId,
        placed: &PlaceOrder,
        checked: &Checked,
        events: &mut Vec<Event>,
    ) {
        let mut taker = self.taker(order, placed, checked);
        self.take(&mut taker, events);
    }

    /// An order as it goes into matching.
    pub(super) fn taker(
        &mut self,
        order: OrderId,
        placed: &PlaceOrder,
        checked: &Checked,
    ) -> Taker {
        let leg = match checked.leg {
            Some(leg) => leg,
            None => self.leg_for(placed.account, placed.market, placed.position),
        };
        Taker {
            order,
            account: placed.account,
            market: placed.market,
            leg,
            side: placed.side,
            limit: checked.limit,
            original: checked.lots,
            left: checked.lots,
            lifetime: placed.lifetime,
            reduce_only: checked.reduce_only,
            self_trade: placed.self_trade,
            tag: placed.tag,
            pays: Pays::Taker,
        }
    }

    /// Matches an order, and lets what is left of it rest or closes it.
    #[inline(always)]
    pub(crate) fn take(&mut self, taker: &mut Taker, events: &mut Vec<Event>) {
        let closed =
            if self.trades_at_once(taker) { self.match_order(taker, events) } else { None };
        let reason = match (closed, taker.lifetime) {
            (Some(reason), _) => reason,
            (None, _) if taker.left == Lots::ZERO => CloseReason::Filled,
            (None, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill) => CloseReason::Immediate,
            (None, Lifetime::GoodTillCancelled | Lifetime::GoodTill(_) | Lifetime::PostOnly) => {
                // What rests takes nothing from maintenance, so that nobody has to be looked at for it.
                if self.rest(taker) {
                    return;
                }
                CloseReason::Immediate
            }
        };
        events.push(Event::Closed {
            order: taker.order,
            account: taker.account,
            left: taker.left,
            reason,
        });
    }

    /// Lets what is left of an order rest. False where the book has no room.
    #[inline(always)]
    fn rest(&mut self, taker: &Taker) -> bool {
        let expires = match taker.lifetime {
            Lifetime::GoodTill(until) => until,
            Lifetime::GoodTillCancelled
            | Lifetime::PostOnly
            | Lifetime::ImmediateOrCancel
            | Lifetime::FillOrKill => Timestamp::MAX,
        };
        let resting = RestingOrder {
            id: taker.order,
            account: taker.account,
            leg: taker.leg.number(),
            side: taker.side,
            price: taker.limit,
            left: taker.left,
            original: taker.original,
            reduce_only: taker.reduce_only,
            post_only: taker.lifetime == Lifetime::PostOnly,
            self_trade: taker.self_trade,
            tag: taker.tag,
            expires,
        };
        self.put_to_rest(taker.market, resting)
    }

    /// Whether there is anything that an order would trade with now.
    #[inline(always)]
    fn trades_at_once(&self, taker: &Taker) -> bool {
        let Some(market) = self.markets.get(taker.market.place()) else { return false };
        let best = market.book.best(taker.side.opposite());
        market.state != MarketState::Auction
            && best.is_some_and(|best| taker.side.reaches(taker.limit, best))
    }

    pub(crate) fn state_of(&self, market: MarketId) -> MarketState {
        self.markets.get(market.place()).map_or(MarketState::Halted, |market| market.state)
    }
}

/// What is said of an order that was taken.
pub(crate) fn accepted(order: OrderId, placed: &PlaceOrder, checked: &Checked) -> Event {
    let (lots, reduce_only) = (checked.lots, checked.reduce_only);
    let limit = placed.limit.map(|_| checked.limit);
    Event::Accepted { order, placed: PlaceOrder { lots, limit, reduce_only, ..*placed } }
}
