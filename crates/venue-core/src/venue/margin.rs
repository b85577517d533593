//! Whether there is margin enough for new risk, and what an account has.

use units::Money;

use crate::command::Transfer;
use crate::id::{AccountId, AssetId, MarketId};
use crate::margin::{
    Assessment, Held, IsolatedTrade, LegIn, Order, assess, isolated_fill, isolated_state,
    liquidation_price, missing, standing,
};
use crate::refusal::Refusal;
use crate::state::{Account, Filled};
use crate::value::{Lots, PositionSide, Ticks};
use crate::venue::Venue;
use crate::venue::check_order::NewRisk;
use crate::venue::liquidate::Party;
use crate::venue::matching::Fill;

impl Venue {
    /// What an account has and has to have, over its cash, its cross positions and its collateral.
    #[must_use]
    pub fn assessment(&self, account: AccountId) -> Option<Assessment> {
        let account = self.accounts.get(account.place())?;
        Some(assess(account.cash, self.legs_of(account), self.holdings_of(account)))
    }

    /// The price at which a position's account, or an isolated position by itself, would be due for liquidation if
    /// nothing else moved. `None` where there is no position, or no such price.
    #[must_use]
    pub fn liquidation_price(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> Option<Ticks> {
        let leg = self.legs.get(self.leg_of(account, market, side)?.place())?;
        let risk = &self.markets.get(market.place())?.risk;
        let rest = if let Some(margin) = leg.isolated {
            margin
        } else {
            let account = self.accounts.get(account.place())?;
            let (equity, maintenance) =
                standing(account.cash, self.legs_of(account), self.holdings_of(account));
            let better = risk.better(leg.lots);
            let own = risk.maintenance_of(leg.lots, better);
            let others = equity.minus(leg.profit(better, risk.tick_value));
            others.minus(maintenance.minus(own))
        };
        liquidation_price(leg.lots, leg.cost, rest, risk)
    }

    /// What an isolated position has and has to have; `None` where it is none.
    #[must_use]
    pub fn isolated_standing(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> Option<(Money, Money)> {
        let leg = self.legs.get(self.leg_of(account, market, side)?.place())?;
        let risk = &self.markets.get(market.place())?.risk;
        leg.isolated.map(|_| isolated_state(leg, risk))
    }

    /// An account's legs, each with its market.
    pub(crate) fn legs_of<'a>(
        &'a self,
        account: &'a Account,
    ) -> impl Iterator<Item = LegIn<'a>> + Clone {
        account.legs.iter().filter_map(|leg| {
            let leg = self.legs.get(leg.place())?;
            let market = self.markets.get(leg.market.place())?;
            Some((leg, &market.risk))
        })
    }

    /// An account's collateral, each asset with what it is worth.
    pub(crate) fn holdings_of<'a>(
        &'a self,
        account: &'a Account,
    ) -> impl Iterator<Item = Held<'a>> + Clone {
        account.holdings.iter().filter_map(|holding| {
            let asset = self.assets.get(holding.asset.place())?;
            Some((holding.amount, &asset.risk))
        })
    }

    /// Whether an account may take an amount out.
    pub(super) fn margin_for_withdrawal(&self, transfer: Transfer) -> Result<(), Refusal> {
        let Transfer { account, asset, amount } = transfer;
        let account = self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)?;
        let settlement = asset == AssetId::SETTLEMENT;
        let cash = if settlement { account.cash.minus(amount) } else { account.cash };
        let holdings = account.holdings.iter().filter_map(|holding| {
            let taken = if holding.asset == asset { amount } else { Money::ZERO };
            let asset = self.assets.get(holding.asset.place())?;
            Some((holding.amount.minus(taken), &asset.risk))
        });
        enough_without_profit(&assess(cash, self.legs_of(account), holdings))
    }

    /// Whether an account may move so much of its cash into an isolated position.
    pub(super) fn margin_to_move(&self, account: AccountId, amount: Money) -> Result<(), Refusal> {
        self.margin_for_withdrawal(Transfer::money(account, amount))
    }

    /// Whether an account has the margin for an order that does not only reduce.
    pub(super) fn margin_for_order(&self, risk: &NewRisk<'_>) -> Result<(), Refusal> {
        let placed = risk.placed;
        let account = self.accounts.get(placed.account.place()).ok_or(Refusal::UnknownAccount)?;
        let market = self.markets.get(placed.market.place()).ok_or(Refusal::UnknownMarket)?;
        let order = Order {
            market: placed.market,
            position: placed.position,
            side: placed.side,
            lots: risk.lots,
            limit: risk.limit,
            fee: market.settings.fees.taker,
        };
        let (legs, held) = (self.legs_of(account), self.holdings_of(account));
        let short = if risk.leg.is_some() {
            missing(account.cash, legs, held, Some(&order))
        } else {
            let leg = self.new_leg(placed.account, placed.market, placed.position);
            let legs = legs.chain(std::iter::once((&leg, &market.risk)));
            missing(account.cash, legs, held, Some(&order))
        };
        short.map_or(Ok(()), |short| Err(Refusal::Margin(short)))
    }

    /// Settles a trade of an isolated position, which held so many lots before it: its own margin answers for its losses,
    /// the cash for what opens.
    pub(super) fn settle_isolated(&mut self, fill: &Fill, held: Lots, filled: &Filled) {
        let Some(leg) = self.legs.get(fill.leg.place()) else { return };
        let Some(market) = self.markets.get(leg.market.place()) else { return };
        if leg.liquidating {
            // What a part brings stays with the rest, so that a reduction can restore it.
            self.change_isolated(fill.leg, filled.realised.minus(fill.fee));
            return;
        }
        let opened = fill.lots.minus(filled.closed);
        let (price, fee) = (fill.price, fill.fee);
        let (equity, maintenance) = self.standing(Party::account(leg.account));
        let free = equity.minus(maintenance);
        let trade = IsolatedTrade { held, filled: *filled, opened, price, fee, free };
        let done = isolated_fill(leg, &market.risk, &trade);
        let (account, before) = (leg.account, leg.isolated.unwrap_or(Money::ZERO));
        self.change_isolated(fill.leg, done.margin.minus(before));
        self.change_cash(account, done.cash);
    }
}

/// Whether there is enough without what is not realised, which may be gone before it is.
fn enough_without_profit(sum: &Assessment) -> Result<(), Refusal> {
    let short = sum.initial.minus(sum.equity_worse.minus(sum.unrealised));
    if short > Money::ZERO { Err(Refusal::Margin(short)) } else { Ok(()) }
}
