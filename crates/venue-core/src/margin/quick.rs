//! Whether margin is surely enough, for an order or for maintenance, in 64 bits and without a division.
//!
//! Nearly every order comes from an account of less than nine million that has much more than it needs. For those the
//! exact arithmetic in 128 bits is most of what an order costs; here whatever does not fit, or is seldom, gives no
//! answer, and a yes is always a yes of the exact one too.

use units::Ratio;

use crate::margin::assess::LegIn;
use crate::margin::exposure::Order;
use crate::state::{Leg, Resting};
use crate::terms::MarketRisk;
use crate::value::Side;

/// Whether the cash and the cross positions alone are enough for all legs and an order; `None` where that is not sure.
pub(crate) fn surely_enough<'a>(
    cash: i128,
    legs: impl Iterator<Item = LegIn<'a>>,
    order: &Order,
) -> Option<()> {
    let mut left = i64::try_from(cash).ok()?;
    for (leg, market) in legs {
        let order = Some(order).filter(|order| order.is_of(leg));
        if order.is_some() || leg.is_used() {
            left = left.checked_sub(needs(leg, market, order)?)?;
        }
    }
    (left >= 0).then_some(())
}

/// Whether the cash and the cross positions alone are enough for maintenance; `None` where that is not sure.
pub(crate) fn surely_well<'a>(cash: i128, legs: impl Iterator<Item = LegIn<'a>>) -> Option<()> {
    let mut left = i64::try_from(cash).ok()?;
    for (leg, market) in legs {
        let lots = leg.lots.number();
        if lots == 0 || leg.isolated.is_some() {
            continue;
        }
        let worth = lots.checked_mul(market.better(leg.lots).number())?;
        let worth = worth.checked_mul(market.quick.tick_value()?)?;
        let profit = worth.checked_sub(i64::try_from(leg.cost.raw()).ok()?)?;
        let maintenance = market.quick.maintenance(worth.checked_abs()?)?;
        left = left.checked_add(profit)?.checked_sub(maintenance)?;
    }
    (left >= 0).then_some(())
}

/// At least what a leg needs more than its profit gives.
fn needs(leg: &Leg, market: &MarketRisk, order: Option<&Order>) -> Option<i64> {
    if leg.isolated.is_some() || market.in_full || market.surcharge > Ratio::ZERO {
        return None;
    }
    let tick_value = market.quick.tick_value()?;
    let (low, high) = (market.mark.low.number(), market.mark.high.number());
    let worth = |lots: i64, ticks: i64| lots.checked_mul(ticks)?.checked_mul(tick_value);
    let loss = |resting: &Resting, ticks: i64| {
        let notional = i64::try_from(resting.notional.raw()).ok()?;
        notional.checked_sub(worth(resting.lots.number(), ticks)?)
    };
    let lots = leg.lots.number();
    let mut bought = lots.checked_add(leg.buys.lots.number())?;
    let mut sold = lots.checked_sub(leg.sells.lots.number())?;
    let mut buys = if leg.buys.orders > 0 { loss(&leg.buys, low)?.max(0) } else { 0 };
    let sells = if leg.sells.orders > 0 { loss(&leg.sells, high)?.checked_neg()? } else { 0 };
    let mut sells = sells.max(0);
    let mut needs = 0_i64;
    if let Some(order) = order {
        let (own, limit) = (order.lots.number(), order.limit.number());
        let apart = match order.side {
            Side::Buy => limit.checked_sub(low)?,
            Side::Sell => high.checked_sub(limit)?,
        };
        let lost = if apart > 0 { worth(own, apart)? } else { 0 };
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
        needs = market.quick.fee(worth(own, limit)?)?;
    }
    let exposed = bought.checked_abs()?.max(sold.checked_abs()?);
    let margin = market.quick.initial(worth(exposed, high)?, leg.leverage)?;
    needs = needs.checked_add(margin)?.checked_add(buys.max(sells))?;
    let profit = if lots == 0 {
        0
    } else {
        worth(lots, if lots > 0 { low } else { high })?
            .checked_sub(i64::try_from(leg.cost.raw()).ok()?)?
    };
    needs.checked_sub(profit)
}
