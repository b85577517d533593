//! Changes of resting orders.

use units::Timestamp;

use crate::book::RestingOrder;
use crate::command::{Lifetime, PlaceOrder};
use crate::event::Event;
use crate::id::{AccountId, OrderId};
use crate::orders::OrderPlace;
use crate::refusal::Refusal;
use crate::state::LegId;
use crate::value::{Lots, Ticks, worth};
use crate::venue::Venue;
use crate::venue::check_order::Checked;

impl Venue {
    /// Changes an order's price, or all of its lots. One that only loses lots keeps its place.
    pub(super) fn amend(
        &mut self,
        account: AccountId,
        order: OrderId,
        (price, lots): (Ticks, Lots),
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let known = self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)?;
        let at = self.resting_of(account, order).ok_or(Refusal::UnknownOrder)?;
        let resting = *self.order_at(at.market, at.slot).ok_or(Refusal::UnknownOrder)?;
        let leg = self.legs.get(LegId::new(resting.leg).place()).ok_or(Refusal::UnknownOrder)?;
        if known.liquidating || leg.liquidating {
            return Err(Refusal::InLiquidation);
        }
        let traded = resting.original.minus(resting.left);
        let left = lots.minus(traded);
        if left <= Lots::ZERO {
            let market = self.markets.get(at.market.place()).ok_or(Refusal::UnknownMarket)?;
            return Err(Refusal::Lots(market.settings.filters.lots_max));
        }
        if price == resting.price && left <= resting.left {
            self.shorten(at, &resting, resting.left.minus(left));
            events.push(Event::Amended { order, price, left, kept_place: true });
            return Ok(());
        }
        let placed = PlaceOrder {
            account,
            market: at.market,
            side: resting.side,
            position: leg.side,
            limit: Some(price),
            lots: left,
            lifetime: lifetime_of(&resting),
            reduce_only: resting.reduce_only,
            self_trade: resting.self_trade,
            trigger: None,
            tag: resting.tag,
        };
        let checked = self.check_without(at, &resting, &placed)?;
        let _ = self.take_out(at);
        let (price, left) = (checked.limit, checked.lots);
        events.push(Event::Amended { order, price, left, kept_place: false });
        let mut taker = self.taker(order, &placed, &checked);
        taker.original = traded.plus(checked.lots);
        self.take(&mut taker, events);
        Ok(())
    }

    /// Checks an order as if another one did not rest.
    fn check_without(
        &mut self,
        at: OrderPlace,
        resting: &RestingOrder,
        placed: &PlaceOrder,
    ) -> Result<Checked, Refusal> {
        let market = self.markets.get(at.market.place()).ok_or(Refusal::UnknownMarket)?;
        let notional = worth(resting.left, resting.price, market.tick_value);
        let place = LegId::new(resting.leg).place();
        let RestingOrder { side, left, reduce_only, .. } = *resting;
        if let Some(leg) = self.legs.get_mut(place) {
            leg.resting_mut(side).remove(left, notional, reduce_only);
        }
        let checked = self.check_order(placed);
        if let Some(leg) = self.legs.get_mut(place) {
            leg.resting_mut(side).add(left, notional, reduce_only);
        }
        checked
    }
}

fn lifetime_of(order: &RestingOrder) -> Lifetime {
    if order.post_only {
        Lifetime::PostOnly
    } else if order.expires == Timestamp::MAX {
        Lifetime::GoodTillCancelled
    } else {
        Lifetime::GoodTill(order.expires)
    }
}
