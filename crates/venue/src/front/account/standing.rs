//! An account as the core sees it, worked out once for all answers about it.

use std::sync::Arc;

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};
use venue_core::{
    AccountId, Assessment, AssetId, Lots, PositionSide, PositionView, PriceOf, Ticks,
};
use venue_views::Desk;

use super::brackets;
use crate::front::market::{Market, Markets};

/// A position with what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Where.
    pub market: Arc<Market>,
    /// The position.
    pub view: PositionView,
    /// The mark; zero where there is none.
    pub mark: Ticks,
    /// What it is worth at the mark; below zero it is short.
    pub notional: Money,
    /// Margin that it wants at its leverage.
    pub initial: Money,
    /// Margin below which it is liquidated.
    pub maintenance: Money,
    /// The mark at which it is liquidated; zero for never.
    pub liquidation: Ticks,
    /// How many times the margin it may be.
    pub leverage: u16,
}

impl Held {
    /// Its own margin; zero of a cross position.
    pub(crate) fn margin(&self) -> Money {
        self.view.isolated.unwrap_or(Money::ZERO)
    }

    /// Its own margin with its profit; zero of a cross position.
    pub(crate) fn isolated_equity(&self) -> Money {
        self.view.isolated.map_or(Money::ZERO, |margin| margin.plus(self.view.profit))
    }
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The settlement asset, without the margin of isolated positions.
    pub cash: Money,
    /// Other assets: which, how much, and what that is worth.
    pub holdings: Vec<(AssetId, Money, Money)>,
    /// Equity and requirements over the cross positions.
    pub assessment: Assessment,
    /// Its positions, those of no lots included.
    pub positions: Vec<Held>,
    /// The time of the venue's last command, in milliseconds since 1970.
    pub time: u64,
}

impl Standing {
    /// The margin of all isolated positions.
    pub(crate) fn isolated(&self) -> Money {
        self.positions.iter().fold(Money::ZERO, |sum, held| sum.plus(held.margin()))
    }

    /// The profit of positions that is not realised: of cross ones, and of all.
    pub(crate) fn profits(&self) -> (Money, Money) {
        let zero = (Money::ZERO, Money::ZERO);
        self.positions.iter().fold(zero, |(cross, all), held| {
            let profit = held.view.profit;
            let cross = if held.view.isolated.is_some() { cross } else { cross.plus(profit) };
            (cross, all.plus(profit))
        })
    }

    /// What the collateral is worth, without haircuts.
    pub(crate) fn collateral(&self) -> Money {
        self.holdings.iter().fold(Money::ZERO, |sum, (_, _, worth)| sum.plus(*worth))
    }

    /// Margin that positions want, and that orders want beside it.
    pub(crate) fn requirements(&self) -> (Money, Money) {
        let cross = |held: &&Held| held.view.isolated.is_none();
        let of_cross = self.positions.iter().filter(cross);
        let of_cross = of_cross.fold(Money::ZERO, |sum, held| sum.plus(held.initial));
        let orders = self.assessment.initial.minus(of_cross).max(Money::ZERO);
        (of_cross.min(self.assessment.initial).plus(self.isolated()), orders)
    }

    /// Margin below which what it has is liquidated: cross and isolated together.
    pub(crate) fn maintenance(&self) -> Money {
        let isolated = self.positions.iter().filter(|held| held.view.isolated.is_some());
        isolated.fold(self.assessment.maintenance, |sum, held| sum.plus(held.maintenance))
    }
}

/// An account as it stands.
pub(crate) fn of(desk: &Desk, markets: &Markets, account: AccountId) -> Option<Standing> {
    let venue = desk.venue();
    let (view, assessment) = (venue.account(account)?, venue.assessment(account)?);
    let worth = |asset: AssetId, amount: Money| {
        let price = desk.price(PriceOf::Asset(asset))?.market;
        amount.times(Ratio::from_raw(price.raw()), Rounding::Down)
    };
    let holdings = view
        .holdings
        .iter()
        .map(|(asset, amount)| (*asset, *amount, worth(*asset, *amount).unwrap_or(Money::ZERO)));
    let positions = venue.positions(account).filter_map(|position| {
        let market = markets.get(position.market)?;
        Some(held(desk, account, market, position))
    });
    Some(Standing {
        cash: view.cash,
        holdings: holdings.collect(),
        assessment,
        positions: positions.collect(),
        time: venue.now().as_millis(),
    })
}

fn held(desk: &Desk, account: AccountId, market: &Arc<Market>, view: PositionView) -> Held {
    let venue = desk.venue();
    let mark = venue.market(market.id).and_then(|market| market.mark).unwrap_or_default();
    let notional = market.worth(view.lots, mark);
    let size = Money::from_raw(notional.raw().saturating_abs());
    let (maintenance, rate) = brackets::needs(market, size);
    let wanted = mul_div(ONE, 1, i128::from(view.leverage), Rounding::Up);
    let rate = wanted.map_or(Ratio::ONE, Ratio::from_raw).max(rate);
    let initial = size.times(rate, Rounding::Up).unwrap_or(size);
    let liquidation = if view.lots == Lots::ZERO {
        None
    } else {
        venue.liquidation_price(account, market.id, view.side)
    };
    Held {
        market: Arc::clone(market),
        view,
        mark,
        notional,
        initial,
        maintenance: if view.lots == Lots::ZERO { Money::ZERO } else { maintenance },
        liquidation: liquidation.unwrap_or_default(),
        leverage: view.leverage,
    }
}

/// A position of nothing in a market where the account never was.
pub(crate) fn none(market: &Arc<Market>, mark: Ticks) -> Held {
    let view = PositionView {
        market: market.id,
        side: PositionSide::Both,
        lots: Lots::ZERO,
        cost: Money::ZERO,
        isolated: None,
        leverage: 1,
        profit: Money::ZERO,
    };
    Held {
        market: Arc::clone(market),
        view,
        mark,
        notional: Money::ZERO,
        initial: Money::ZERO,
        maintenance: Money::ZERO,
        liquidation: Ticks::ZERO,
        leverage: 1,
    }
}
