//! What a leg needs for new risk: its position, and what its resting orders would make of it.

use units::{Money, Ratio, Rounding};

use crate::id::MarketId;
use crate::state::{Leg, Resting};
use crate::terms::MarketRisk;
use crate::terms::share_bound;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};

/// An order that does not rest yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// Where.
    pub(crate) market: MarketId,
    /// Of which of the account's positions there.
    pub(crate) position: PositionSide,
    /// Which way.
    pub(crate) side: Side,
    /// How many lots.
    pub(crate) lots: Lots,
    /// The worst price at which they may trade.
    pub(crate) limit: Ticks,
    /// The fee of whoever takes, as a part of the notional.
    pub(crate) fee: Ratio,
}

impl Order {
    /// Whether it is of a leg.
    pub(crate) fn is_of(&self, leg: &Leg) -> bool {
        self.market == leg.market && self.position == leg.side
    }

    /// What it is worth at its limit.
    pub(crate) fn notional(&self, market: &MarketRisk) -> Money {
        worth(self.lots, self.limit, market.tick_value)
    }

    /// What it costs at most, rounded up.
    pub(crate) fn fee(&self, market: &MarketRisk) -> Money {
        let notional = self.notional(market);
        if self.fee <= Ratio::ZERO {
            return Money::ZERO;
        }
        notional.times(self.fee, Rounding::Up).unwrap_or(notional)
    }

    /// At least what it costs, and hardly more.
    pub(crate) fn fee_bound(&self, market: &MarketRisk) -> Money {
        share_bound(self.notional(market), self.fee.max(Ratio::ZERO))
    }
}

/// What a leg needs for new risk, with an order that does not rest yet.
pub(crate) fn requirement(leg: &Leg, market: &MarketRisk, order: Option<&Order>) -> Money {
    sides(leg, market, order, |amount, of| market.initial(leg.leverage, amount, of))
}

/// At least what a leg needs, and seldom more: without a division, where no more than brackets and leverage count. The
/// larger of what both sides' orders would make is margined once, and the larger of their losses is added.
pub(crate) fn requirement_bound(leg: &Leg, market: &MarketRisk, order: Option<&Order>) -> Money {
    if market.is_spot || market.in_full || leg.isolated.is_some() {
        return sides(leg, market, order, |amount, of| {
            share_bound(amount, market.initial_rate(leg.leverage, of))
        });
    }
    let side = |side| {
        let own = order.filter(|order| order.side == side);
        let loss = resting_loss(leg.resting(side), market, side).plus(order_loss(own, market));
        (after(leg, side, own).size(), loss)
    };
    let ((bought, buys), (sold, sells)) = (side(Side::Buy), side(Side::Sell));
    let notional = market.notional(bought.max(sold), market.mark.high);
    let rate = market.initial_rate(leg.leverage, notional);
    share_bound(notional, rate).plus(buys.max(sells))
}

/// What the side that needs more needs, with what works out the margin of an amount that is a part of a notional.
fn sides(
    leg: &Leg,
    market: &MarketRisk,
    order: Option<&Order>,
    part: impl Fn(Money, Money) -> Money,
) -> Money {
    if market.is_spot {
        let order = order.filter(|order| order.side == Side::Buy);
        let own = order.map_or(Money::ZERO, |order| order.notional(market));
        return leg.buys.notional.plus(own);
    }
    let need = |side| {
        let own = order.filter(|order| order.side == side);
        let resting = leg.resting(side);
        if resting.orders == 0 && own.is_none() && leg.lots == Lots::ZERO {
            return Money::ZERO;
        }
        let margin = if leg.isolated.is_some() {
            opening(leg, market, side, own, &part)
        } else {
            held(leg, market, after(leg, side, own), &part)
        };
        margin.plus(resting_loss(resting, market, side)).plus(order_loss(own, market))
    };
    need(Side::Buy).max(need(Side::Sell))
}

/// The position after all orders of a side have traded.
fn after(leg: &Leg, side: Side, own: Option<&Order>) -> Lots {
    let lots = own.map_or(Lots::ZERO, |order| order.lots).plus(leg.resting(side).lots);
    leg.lots.plus(side.signed(lots))
}

/// The margin of a cross leg whose orders would make a position of so many lots.
fn held(
    leg: &Leg,
    market: &MarketRisk,
    lots: Lots,
    part: &impl Fn(Money, Money) -> Money,
) -> Money {
    let notional = market.notional(lots, market.mark.high);
    if !market.in_full {
        return part(notional, notional);
    }
    let position = notional.min(market.notional(leg.lots, market.mark.high));
    part(position, position).plus(notional.minus(position))
}

/// What opening would move into an isolated leg: at the rate of the whole position that it makes.
fn opening(
    leg: &Leg,
    market: &MarketRisk,
    side: Side,
    own: Option<&Order>,
    part: &impl Fn(Money, Money) -> Money,
) -> Money {
    let lots = own.map_or(Lots::ZERO, |order| order.lots).plus(leg.resting(side).lots);
    let opened = lots.minus(leg.reducible(side));
    if opened <= Lots::ZERO {
        return Money::ZERO;
    }
    let opened = market.notional(opened, market.mark.high);
    if market.in_full {
        return opened;
    }
    let whole = market.notional(after(leg, side, own), market.mark.high);
    part(opened, whole)
}

/// What a side's resting orders would lose together, if all of them traded now.
fn resting_loss(resting: &Resting, market: &MarketRisk, side: Side) -> Money {
    if resting.orders == 0 {
        return Money::ZERO;
    }
    let loss = match side {
        Side::Buy => {
            resting.notional.minus(worth(resting.lots, market.mark.low, market.tick_value))
        }
        Side::Sell => {
            worth(resting.lots, market.mark.high, market.tick_value).minus(resting.notional)
        }
    };
    loss.max(Money::ZERO)
}

/// What an order would lose, if it traded now at its limit.
fn order_loss(order: Option<&Order>, market: &MarketRisk) -> Money {
    let Some(order) = order else { return Money::ZERO };
    let apart = match order.side {
        Side::Buy => order.limit.minus(market.mark.low),
        Side::Sell => market.mark.high.minus(order.limit),
    };
    if apart <= Ticks::ZERO {
        return Money::ZERO;
    }
    worth(order.lots, apart, market.tick_value)
}
