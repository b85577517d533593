//! What an account has, against what it has to have. Sums of whole numbers, so that the order in which positions are
//! looked at does not matter.
//!
//! A venue whose sum depended on that order is in the research's notes on weak spots (section 1, exchange-core).

use units::Money;

use crate::margin::exposure::{Order, requirement, requirement_bound};
use crate::margin::quick::{surely_enough, surely_well};
use crate::state::Leg;
use crate::terms::{AssetRisk, MarketRisk};

/// A leg, and the market that it is in.
pub(crate) type LegIn<'a> = (&'a Leg, &'a MarketRisk);

/// An amount of an asset, and what it is worth.
pub(crate) type Held<'a> = (Money, &'a AssetRisk);

/// What an account has and has to have, over its cash, its cross positions and its collateral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// What it has, at the ends of all prices that are better for it, with haircuts for maintenance.
    pub equity: Money,
    /// What it has to have, or it is due for liquidation; at the same ends.
    pub maintenance: Money,
    /// What it has, at the ends that are worse for it, with haircuts for new risk.
    pub equity_worse: Money,
    /// What it has to have for its positions and orders to be taken on now.
    pub initial: Money,
    /// What of the equity at the worse ends is profit that is not realised: of positions that have one.
    pub unrealised: Money,
}

impl Assessment {
    /// Whether it is due for liquidation.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.equity < self.maintenance
    }

    /// Whether it has lost all that it had.
    #[must_use]
    pub fn is_insolvent(&self) -> bool {
        self.equity < Money::ZERO
    }

    /// What is there for new risk; zero or more.
    #[must_use]
    pub fn available(&self) -> Money {
        self.equity_worse.minus(self.initial).max(Money::ZERO)
    }

    /// What is there to be taken out: without profit that is not realised; zero or more.
    #[must_use]
    pub fn withdrawable(&self) -> Money {
        self.equity_worse.minus(self.unrealised).minus(self.initial).max(Money::ZERO)
    }
}

/// Assesses an account by its cash, its legs and its collateral.
pub(crate) fn assess<'a>(
    cash: Money,
    legs: impl Iterator<Item = LegIn<'a>>,
    holdings: impl Iterator<Item = Held<'a>>,
) -> Assessment {
    let mut sum = Assessment { equity: cash, equity_worse: cash, ..Assessment::default() };
    for (leg, market) in legs {
        sum.initial = sum.initial.plus(requirement(leg, market, None));
        if !counts(leg, market) {
            continue;
        }
        let better = market.better(leg.lots);
        let worse = leg.profit(market.worse(leg.lots), market.tick_value);
        sum.equity = sum.equity.plus(leg.profit(better, market.tick_value));
        sum.maintenance = sum.maintenance.plus(market.maintenance_of(leg.lots, better));
        sum.equity_worse = sum.equity_worse.plus(worse);
        sum.unrealised = sum.unrealised.plus(worse.max(Money::ZERO));
    }
    for (amount, asset) in holdings {
        sum.equity = sum.equity.plus(asset.better(amount));
        sum.equity_worse = sum.equity_worse.plus(asset.worse(amount));
    }
    sum
}

/// Whether a leg's position is one of its account's equity.
fn counts(leg: &Leg, market: &MarketRisk) -> bool {
    leg.isolated.is_none() && !market.is_spot
}

/// What an account has and has to have, or it is due: less than [`assess`] does, for what asks again and again.
pub(crate) fn standing<'a>(
    cash: Money,
    legs: impl Iterator<Item = LegIn<'a>>,
    holdings: impl Iterator<Item = Held<'a>>,
) -> (Money, Money) {
    let (mut equity, mut maintenance) = (cash, Money::ZERO);
    for (leg, market) in legs.filter(|(leg, market)| counts(leg, market)) {
        let better = market.better(leg.lots);
        equity = equity.plus(leg.profit(better, market.tick_value));
        maintenance = maintenance.plus(market.maintenance_of(leg.lots, better));
    }
    let collateral = holdings.map(|(amount, asset)| asset.better(amount));
    (collateral.fold(equity, Money::plus), maintenance)
}

/// Whether an account is due for liquidation: quick, unless it is close to it.
pub(crate) fn is_due<'a>(
    cash: Money,
    legs: impl Iterator<Item = LegIn<'a>> + Clone,
    holdings: impl Iterator<Item = Held<'a>>,
) -> bool {
    // Collateral has a worth of zero or more, so that who is well without it is well.
    if surely_well(cash.raw(), legs.clone()).is_some() {
        return false;
    }
    let (equity, maintenance) = standing(cash, legs, holdings);
    equity < maintenance
}

/// What is missing of the margin for an order on one of the legs, after it has traded in full at its limit and paid its
/// fee; `None` where nothing is.
pub(crate) fn missing<'a>(
    cash: Money,
    legs: impl Iterator<Item = LegIn<'a>> + Clone,
    holdings: impl Iterator<Item = Held<'a>>,
    order: Option<&Order>,
) -> Option<Money> {
    if order.and_then(|order| surely_enough(cash.raw(), legs.clone(), order)).is_some() {
        return None;
    }
    let on = |leg: &Leg| order.filter(|order| order.is_of(leg));
    let (mut equity, mut bound) = (cash, Money::ZERO);
    for (leg, market) in legs.clone() {
        let order = on(leg);
        if order.is_none() && !leg.is_used() {
            continue;
        }
        bound = bound.plus(requirement_bound(leg, market, order));
        bound = bound.plus(order.map_or(Money::ZERO, |order| order.fee_bound(market)));
        if counts(leg, market) {
            equity = equity.plus(leg.profit(market.worse(leg.lots), market.tick_value));
        }
    }
    if equity >= bound {
        return None;
    }
    let collateral = holdings.map(|(amount, asset)| asset.worse(amount));
    equity = collateral.fold(equity, Money::plus);
    if equity >= bound {
        return None;
    }
    let need = |(leg, market): LegIn<'_>| {
        let fee = on(leg).map_or(Money::ZERO, |order| order.fee(market));
        requirement(leg, market, on(leg)).plus(fee)
    };
    let short = legs.map(need).fold(Money::ZERO, Money::plus).minus(equity);
    (short > Money::ZERO).then_some(short)
}
