//! Whether margin is surely enough, for an order or for maintenance, in 64 bits and without a division.
//!
//! Nearly every order comes from an account of less than nine million that has much more than it needs. For those the
//! exact arithmetic in 128 bits is most of what an order costs; here whatever does not fit, or is seldom, gives no
//! answer, and a yes is always a yes of the exact one too.

use units::{Money, Ratio};

use crate::margin::assess::LegIn;
use crate::margin::exposure::Order;
use crate::state::{Leg, Resting};
use crate::terms::MarketRisk;
use crate::value::{Lots, Side, Ticks};

/// An order, for a quick look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuickOrder {
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    pub(crate) limit: Ticks,
    /// What its lots are worth at its limit.
    pub(crate) notional: i64,
}

impl QuickOrder {
    pub(super) fn of(order: &Order, market: &MarketRisk) -> Option<Self> {
        let (lots, limit) = (order.lots, order.limit);
        let notional = worth(lots.number(), limit.number(), market.quick.tick_value()?)?;
        Some(Self { side: order.side, lots, limit, notional })
    }
}

/// Whether the cash and the cross positions alone are enough for all legs and an order; `None` where that is not sure.
pub(crate) fn surely_enough<'a>(
    cash: i128,
    mut legs: impl Iterator<Item = LegIn<'a>>,
    order: &Order,
) -> Option<()> {
    let left = legs.try_fold(at_most(cash)?, |left, (leg, market)| {
        if order.is_of(leg) {
            left.checked_sub(needs(leg, market, Some(&QuickOrder::of(order, market)?))?)
        } else {
            after_leg(left, leg, market)
        }
    });
    (left? >= 0).then_some(())
}

/// At most what an account's cash leaves after what the leg of an order needs; zero or more.
#[inline(always)]
pub(crate) fn after_order(
    cash: Money,
    leg: &Leg,
    market: &MarketRisk,
    order: &QuickOrder,
) -> Option<i64> {
    let cash = at_most(cash.raw())?;
    if let Some(left) = after_all(cash, leg, market, order) {
        return Some(left);
    }
    let left = cash.checked_sub(needs(leg, market, Some(order))?)?;
    (left >= 0).then_some(left)
}

/// What would be left of so much cash after what the leg of an order needs, were all that it holds and has ordered paid
/// for in full and all of it lost; zero or more. Whoever has so much needs no closer look, whatever the rates are.
#[inline(always)]
fn after_all(cash: i64, leg: &Leg, market: &MarketRisk, order: &QuickOrder) -> Option<i64> {
    if leg.isolated.is_some() {
        return None;
    }
    let (held, own) = (leg.lots.number().checked_abs()?, order.lots.number());
    // At the mark: the position is margined and may be lost, and so are orders to sell; orders to buy are only margined.
    let twice = held.checked_add(leg.sells.lots.number())?.checked_add(own)?.checked_mul(2)?;
    let lots = twice.checked_add(leg.buys.lots.number())?;
    let marked = worth(lots, market.mark.high.number(), market.quick.tick_value()?)?;
    // Marks are above zero, so that orders to buy lose no more than their limits. The order's own loss is below what it
    // costs at the higher of its limit and the mark; its fee is a part of what it costs, rounded up.
    let bought = i64::try_from(leg.buys.notional.raw()).ok()?;
    let cost = i64::try_from(leg.cost.raw()).ok()?.checked_abs()?;
    let ordered = order.notional.checked_mul(2)?.checked_add(bought)?;
    let left = cash.checked_sub(marked)?.checked_sub(ordered)?.checked_sub(cost)?;
    (left >= 0).then_some(left)
}

/// At most what is left after what a leg needs as it is.
pub(crate) fn after_leg(left: i64, leg: &Leg, market: &MarketRisk) -> Option<i64> {
    if leg.is_used() { left.checked_sub(needs(leg, market, None)?) } else { Some(left) }
}

/// Whether the cash and the cross positions alone are enough for maintenance; `None` where that is not sure.
pub(crate) fn surely_well<'a>(cash: i128, legs: impl Iterator<Item = LegIn<'a>>) -> Option<()> {
    let mut legs = legs;
    let left = legs.try_fold(at_most(cash)?, |left, (leg, market)| well_leg(left, leg, market));
    (left? >= 0).then_some(())
}

/// At most what is left of so much with a leg's profit, and without its maintenance.
pub(crate) fn well_leg(left: i64, leg: &Leg, market: &MarketRisk) -> Option<i64> {
    let lots = leg.lots.number();
    if lots == 0 || leg.isolated.is_some() {
        return Some(left);
    }
    well(left, lots, i64::try_from(leg.cost.raw()).ok()?, market)
}

/// At most what is left of an account's cash with a leg's profit, and without its maintenance, after a trade.
pub(crate) fn well_after(
    cash: Money,
    leg: &Leg,
    market: &MarketRisk,
    (side, lots, price): (Side, Lots, Ticks),
) -> Option<i64> {
    if leg.isolated.is_some() || market.is_spot {
        return None;
    }
    let (held, lots) = (leg.lots.number(), lots.number());
    let notional = worth(lots, price.number(), market.quick.tick_value()?)?;
    let cost = i64::try_from(leg.cost.raw()).ok()?;
    let left = at_most(cash.raw())?.checked_sub(market.quick.fee_at_most(notional)?)?;
    match side {
        Side::Buy => well(left, held.checked_add(lots)?, cost.checked_add(notional)?, market),
        Side::Sell => well(left, held.checked_sub(lots)?, cost.checked_sub(notional)?, market),
    }
}

/// At most what is left with the profit of a position, and without its maintenance.
fn well(left: i64, lots: i64, cost: i64, market: &MarketRisk) -> Option<i64> {
    let better = market.better(Lots::new(lots)).number();
    let worth = worth(lots, better, market.quick.tick_value()?)?;
    let maintenance = market.quick.maintenance(worth.checked_abs()?)?;
    left.checked_add(worth.checked_sub(cost)?)?.checked_sub(maintenance)
}

/// At most an account's cash: of more than 64 bits hold, three quarters of what they hold, which leaves room for profits.
fn at_most(cash: i128) -> Option<i64> {
    const MUCH: i64 = i64::MAX - (i64::MAX >> 2);
    if cash > i128::from(MUCH) { Some(MUCH) } else { i64::try_from(cash).ok() }
}

/// At least what a leg needs more than its profit gives.
#[inline(never)]
fn needs(leg: &Leg, market: &MarketRisk, order: Option<&QuickOrder>) -> Option<i64> {
    if leg.isolated.is_some() || market.in_full || market.surcharge > Ratio::ZERO {
        return None;
    }
    let tick_value = market.quick.tick_value()?;
    let (low, high) = (market.mark.low.number(), market.mark.high.number());
    let held = leg.lots.number();
    let mut bought = held.checked_add(leg.buys.lots.number())?;
    let mut sold = held.checked_sub(leg.sells.lots.number())?;
    let mut buys = if leg.buys.orders > 0 { loss(&leg.buys, low, tick_value)?.max(0) } else { 0 };
    let mut sells = if leg.sells.orders > 0 {
        loss(&leg.sells, high, tick_value)?.checked_neg()?.max(0)
    } else {
        0
    };
    let mut needs = 0_i64;
    if let Some(order) = order {
        let (own, limit) = (order.lots.number(), order.limit.number());
        let apart = match order.side {
            Side::Buy => limit.checked_sub(low)?,
            Side::Sell => high.checked_sub(limit)?,
        };
        let lost = worth(own, apart.max(0), tick_value)?;
        match order.side {
            Side::Buy => {
                bought = bought.checked_add(own)?;
                buys = buys.checked_add(lost)?;
            }
            Side::Sell => {
                sold = sold.checked_sub(own)?;
                sells = sells.checked_add(lost)?;
            }
        }
        needs = market.quick.fee(order.notional)?;
    }
    let exposed = bought.checked_abs()?.max(sold.checked_abs()?);
    let margin = market.quick.initial(worth(exposed, high, tick_value)?, leg.leverage)?;
    needs = needs.checked_add(margin)?.checked_add(buys.max(sells))?;
    if held == 0 {
        return Some(needs);
    }
    let end = if held > 0 { low } else { high };
    let cost = i64::try_from(leg.cost.raw()).ok()?;
    needs.checked_sub(worth(held, end, tick_value)?.checked_sub(cost)?)
}

fn worth(lots: i64, ticks: i64, tick_value: i64) -> Option<i64> {
    lots.checked_mul(ticks)?.checked_mul(tick_value)
}

/// What resting orders are worth at their limits more than at a price.
fn loss(resting: &Resting, ticks: i64, tick_value: i64) -> Option<i64> {
    let notional = i64::try_from(resting.notional.raw()).ok()?;
    notional.checked_sub(worth(resting.lots.number(), ticks, tick_value)?)
}
