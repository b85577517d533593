//! Isolated positions: money of their own, which is all that answers for them.

use units::fixed::mul_div;
use units::{Money, Rounding};

use crate::state::{Filled, Leg};
use crate::terms::MarketRisk;
use crate::value::{Lots, Ticks, worth};

/// A trade of an isolated position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsolatedTrade {
    /// The position's lots before it, whatever their sign.
    pub(crate) held: Lots,
    /// What it has closed.
    pub(crate) filled: Filled,
    /// Lots that it has opened.
    pub(crate) opened: Lots,
    /// The price.
    pub(crate) price: Ticks,
    /// What it costs.
    pub(crate) fee: Money,
    /// What the account can do without before it: its equity less its maintenance.
    pub(crate) free: Money,
}

/// What a trade does to the cash of the account and to the margin of the position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IsolatedFill {
    /// What the cash changes by.
    pub(crate) cash: Money,
    /// What the margin is then.
    pub(crate) margin: Money,
}

/// What a trade of an isolated position does to its margin; `leg` is the position after it. What it closes gives back its
/// part of the margin with its profit and without the fee; a loss beyond that part is the margin's, not the cash's. What
/// it opens takes its margin from the cash, no more than the account can do without.
pub(crate) fn isolated_fill(leg: &Leg, market: &MarketRisk, trade: &IsolatedTrade) -> IsolatedFill {
    let IsolatedTrade { held, filled, opened, price, fee, free } = *trade;
    let mut done = IsolatedFill { cash: Money::ZERO, margin: leg.isolated.unwrap_or(Money::ZERO) };
    if filled.closed > Lots::ZERO {
        let (closed, held) = (filled.closed.number(), held.size().number());
        let part = mul_div(done.margin.raw(), closed.into(), held.into(), Rounding::Down);
        let part = Money::from_raw(part.unwrap_or(0));
        let brought = filled.realised.minus(fee);
        let back = part.plus(brought);
        if back >= Money::ZERO {
            done.cash = back;
            done.margin = done.margin.minus(part);
        } else {
            done.margin = done.margin.plus(brought);
        }
    } else {
        done.cash = Money::ZERO.minus(fee);
    }
    if opened > Lots::ZERO {
        let free = free.plus(done.cash).max(Money::ZERO);
        let moved = opening_margin(leg, market, opened, price).min(free);
        done.cash = done.cash.minus(moved);
        done.margin = done.margin.plus(moved);
    }
    done
}

/// What opening lots takes over from the cash: their margin for new risk at the mark, and what they have lost at once at
/// it, as the check of their order counts both.
fn opening_margin(leg: &Leg, market: &MarketRisk, opened: Lots, price: Ticks) -> Money {
    let notional = market.notional(opened, market.mark.high);
    let apart = if leg.lots > Lots::ZERO {
        price.minus(market.mark.low)
    } else {
        market.mark.high.minus(price)
    };
    let lost = worth(opened, apart.max(Ticks::ZERO), market.tick_value);
    if market.in_full {
        return notional.plus(lost);
    }
    let whole = market.notional(leg.lots, market.mark.high);
    market.initial(leg.leverage, notional, whole).plus(lost)
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
