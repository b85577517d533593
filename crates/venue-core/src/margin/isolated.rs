//! Isolated positions: money of their own, which is all that answers for them.

use units::fixed::mul_div;
use units::{Money, Rounding};

use crate::state::{Filled, Leg};
use crate::terms::MarketRisk;
use crate::value::{Lots, Ticks};

/// What a fill does to the cash of the account and to the margin of the position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IsolatedFill {
    /// What the cash changes by, without the fee.
    pub(crate) cash: Money,
    /// What the margin is then.
    pub(crate) margin: Money,
}

/// What a fill of an isolated position does to its margin: `held` are the position's lots before it, whatever their
/// sign, `leg` is the position after it, and `price` is the trade's. What it closes gives back its part of the margin
/// with its profit; a loss beyond that part is the margin's, not the cash's. What it opens takes its margin from the
/// cash.
pub(crate) fn isolated_fill(
    leg: &Leg,
    market: &MarketRisk,
    held: Lots,
    filled: &Filled,
    opened: Lots,
    price: Ticks,
) -> IsolatedFill {
    let mut done = IsolatedFill { cash: Money::ZERO, margin: leg.isolated.unwrap_or(Money::ZERO) };
    if filled.closed > Lots::ZERO {
        let (closed, held) = (filled.closed.number(), held.size().number());
        let part = mul_div(done.margin.raw(), closed.into(), held.into(), Rounding::Down);
        let part = Money::from_raw(part.unwrap_or(0));
        let back = part.plus(filled.realised);
        if back >= Money::ZERO {
            done.cash = back;
            done.margin = done.margin.minus(part);
        } else {
            done.margin = done.margin.plus(filled.realised);
        }
    }
    if opened > Lots::ZERO {
        let needed = opening_margin(leg, market, opened, price);
        done.cash = done.cash.minus(needed);
        done.margin = done.margin.plus(needed);
    }
    done
}

/// What opening lots takes over from the cash.
fn opening_margin(leg: &Leg, market: &MarketRisk, opened: Lots, price: Ticks) -> Money {
    let opened = market.notional(opened, price);
    if market.in_full {
        return opened;
    }
    market.initial(leg.leverage, opened, market.notional(leg.lots, price))
}

/// What an isolated position has and has to have at the better end, or it is due.
pub(crate) fn isolated_state(leg: &Leg, market: &MarketRisk) -> (Money, Money) {
    let better = market.better(leg.lots);
    let margin = leg.isolated.unwrap_or(Money::ZERO);
    let equity = margin.plus(leg.profit(better, market.tick_value));
    (equity, market.maintenance_of(leg.lots, better))
}

/// What an isolated position would be missing of its margin for new risk, at the worse end, with another margin; zero or
/// below where nothing is.
pub(crate) fn isolated_missing(leg: &Leg, market: &MarketRisk, margin: Money) -> Money {
    let profit = leg.profit(market.worse(leg.lots), market.tick_value);
    let notional = market.notional(leg.lots, market.mark.high);
    let initial = market.initial(leg.leverage, notional, notional).minus(profit);
    initial.max(Money::ZERO).minus(margin)
}
