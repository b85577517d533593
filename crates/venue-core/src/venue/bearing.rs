//! Whether a trade can be borne by the account that has it.
//!
//! An order's margin is checked when it is placed, and what its account has may be gone by the time at which it trades.
//! So an order that rests is looked at once more when its turn comes: a trade that would leave its account due for
//! liquidation does not happen, or the fund would pay for it, and whoever is on the other side would be the winner. And
//! an order that only reduces, which needs no margin, goes no further than the price at which it uses up what is there.
//!
//! Source: dYdX v4 takes maker orders out whose accounts would not be collateralised after a match.

use units::Money;

use crate::book::RestingOrder;
use crate::id::{AccountId, AssetId};
use crate::margin::{
    Held, IsolatedTrade, Share, closing_bound, closing_cost, isolated_fill, isolated_state, quick,
    standing,
};
use crate::state::{Leg, LegId, Market};
use crate::terms::Pays;
use crate::value::{Lots, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::liquidate::Party;

/// A trade of a leg that has not happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    pub(crate) leg: LegId,
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    pub(crate) price: Ticks,
    pub(crate) pays: Pays,
}

impl Trial {
    /// A trade of so many lots of a resting order.
    pub(crate) const fn of(order: &RestingOrder, lots: Lots, price: Ticks) -> Self {
        let (leg, side) = (LegId::new(order.leg), order.side);
        Self { leg, side, lots, price, pays: Pays::Maker }
    }
}

/// What a trade makes of a leg and of its account.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    leg: Leg,
    /// What the cash changes by.
    cash: Money,
    /// What the account's amount of what a spot market trades changes by.
    base: Money,
}

/// What trades in one market have come to that are only thought of, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    legs: Vec<(LegId, Leg)>,
    /// By trade.
    moved: Vec<(AccountId, Money, Money)>,
}

impl Tried {
    fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|(known, _)| *known == id).map(|(_, leg)| leg)
    }

    /// What an account's cash and its amount of what is traded have changed by.
    fn of(&self, account: AccountId) -> (Money, Money) {
        let own = self.moved.iter().filter(|(known, _, _)| *known == account);
        own.fold((Money::ZERO, Money::ZERO), |(all, amount), (_, cash, base)| {
            (all.plus(*cash), amount.plus(*base))
        })
    }

    /// Takes a trade in.
    pub(crate) fn add(&mut self, id: LegId, outcome: Outcome) {
        let Outcome { leg, cash, base } = outcome;
        self.moved.push((leg.account, cash, base));
        match self.legs.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => *known = leg,
            None => self.legs.push((id, leg)),
        }
    }
}

impl Venue {
    /// What an account would be missing for a trade of a resting order; `None` where it can bear it.
    pub(super) fn missing_for(&self, trial: &Trial) -> Option<Money> {
        if self.surely_bears(trial).is_some() {
            return None;
        }
        self.try_trade(&Tried::default(), trial).err()
    }

    /// Whether the account's cash and cross positions alone are enough for maintenance after a trade; `None` where that
    /// is not sure.
    fn surely_bears(&self, trial: &Trial) -> Option<()> {
        let leg = self.legs.get(trial.leg.place())?;
        let market = self.markets.get(leg.market.place())?;
        let account = self.accounts.get(leg.account.place())?;
        let Trial { side, lots, price, .. } = *trial;
        let mut left = quick::well_after(account.cash, leg, &market.risk, (side, lots, price))?;
        for other in account.legs.iter().filter(|other| **other != trial.leg) {
            let other = self.legs.get(other.place())?;
            left = quick::well_leg(left, other, &self.markets.get(other.market.place())?.risk)?;
        }
        (left >= 0).then_some(())
    }

    /// What a trade comes to after others that are only thought of; what is missing where it cannot be borne.
    pub(super) fn try_trade(&self, tried: &Tried, trial: &Trial) -> Result<Outcome, Money> {
        let found = tried.leg(trial.leg).or_else(|| self.legs.get(trial.leg.place()));
        let leg = found.ok_or(Money::ZERO)?;
        let market = self.markets.get(leg.market.place()).ok_or(Money::ZERO)?;
        let fee =
            market.risk.fees.of(trial.pays, worth(trial.lots, trial.price, market.tick_value));
        match (market.base(), leg.isolated) {
            (Some(base), _) => self.try_asset(tried, trial, (leg, market, base), fee),
            (None, Some(_)) => self.try_isolated(tried, trial, (leg, market), fee),
            (None, None) => self.try_cross(tried, trial, (leg, market), fee),
        }
    }

    fn try_cross(
        &self,
        tried: &Tried,
        trial: &Trial,
        (leg, market): (&Leg, &Market),
        fee: Money,
    ) -> Result<Outcome, Money> {
        let risk = &market.risk;
        let mut after = leg.clone();
        let filled = after.fill(trial.side, trial.lots, trial.price, market.tick_value);
        let cash = filled.realised.minus(fee);
        let profit = |leg: &Leg| leg.profit(risk.better(leg.lots), market.tick_value);
        let (equity, maintenance) = self.standing_with(leg.account, tried, Money::ZERO, None);
        let needs = |leg: &Leg| risk.maintenance_of(leg.lots, risk.better(leg.lots));
        let share = Share { equity, maintenance, freed: needs(leg).minus(needs(&after)) };
        let cost = profit(leg).minus(profit(&after)).minus(cash);
        let missing = cost.minus(share.allowed(filled.closed == trial.lots));
        if missing > Money::ZERO {
            return Err(missing);
        }
        Ok(Outcome { leg: after, cash, base: Money::ZERO })
    }

    fn try_isolated(
        &self,
        tried: &Tried,
        trial: &Trial,
        (leg, market): (&Leg, &Market),
        fee: Money,
    ) -> Result<Outcome, Money> {
        let risk = &market.risk;
        let mut after = leg.clone();
        let filled = after.fill(trial.side, trial.lots, trial.price, market.tick_value);
        if filled.closed > Lots::ZERO {
            let (equity, maintenance) = isolated_state(leg, risk);
            let freed = risk.freed(leg.lots, filled.closed);
            let cost = closing_cost(trial.side, filled.closed, trial.price, risk).plus(fee);
            let missing = cost.minus(Share { equity, maintenance, freed }.allowed(true));
            if missing > Money::ZERO {
                return Err(missing);
            }
        }
        let (equity, maintenance) = self.standing_with(leg.account, tried, Money::ZERO, None);
        let opened = trial.lots.minus(filled.closed);
        let (held, price, free) = (leg.lots, trial.price, equity.minus(maintenance));
        let trade = IsolatedTrade { held, filled, opened, price, fee, free };
        let done = isolated_fill(&after, risk, &trade);
        let short = maintenance.minus(equity.plus(done.cash));
        if done.cash < Money::ZERO && short > Money::ZERO {
            return Err(short);
        }
        after.isolated = Some(done.margin);
        let (has, needs) = isolated_state(&after, risk);
        if opened > Lots::ZERO && has < needs {
            return Err(needs.minus(has));
        }
        Ok(Outcome { leg: after, cash: done.cash, base: Money::ZERO })
    }

    /// A trade of an asset: it must not make the account due, or more so.
    fn try_asset(
        &self,
        tried: &Tried,
        trial: &Trial,
        (leg, market, base): (&Leg, &Market, AssetId),
        fee: Money,
    ) -> Result<Outcome, Money> {
        let (amount, cash) = market.exchange(trial.side, trial.lots, trial.price, fee);
        let short = |(equity, maintenance): (Money, Money)| maintenance.minus(equity);
        let none = Some((base, Money::ZERO));
        let before = short(self.standing_with(leg.account, tried, Money::ZERO, none));
        let after = short(self.standing_with(leg.account, tried, cash, Some((base, amount))));
        if after > before.max(Money::ZERO) {
            return Err(after);
        }
        Ok(Outcome { leg: leg.clone(), cash, base: amount })
    }

    /// What an account has and has to have after trades that are only thought of, with so much more cash and of an
    /// asset that they are of.
    fn standing_with(
        &self,
        id: AccountId,
        tried: &Tried,
        cash: Money,
        base: Option<(AssetId, Money)>,
    ) -> (Money, Money) {
        let Some(account) = self.accounts.get(id.place()) else {
            return (Money::ZERO, Money::ZERO);
        };
        let (moved, amount) = tried.of(id);
        let legs = account.legs.iter().filter_map(|id| {
            let leg = tried.leg(*id).or_else(|| self.legs.get(id.place()))?;
            Some((leg, &self.markets.get(leg.market.place())?.risk))
        });
        let of_base = |asset: AssetId| {
            let own = base.filter(|(base, _)| *base == asset);
            own.map_or(Money::ZERO, |(_, more)| more.plus(amount))
        };
        let held = |(asset, amount): (AssetId, Money)| -> Option<Held<'_>> {
            Some((amount, &self.assets.get(asset.place())?.risk))
        };
        let holdings = account
            .holdings
            .iter()
            .map(|holding| (holding.asset, holding.amount.plus(of_base(holding.asset))));
        let new = base.filter(|(base, _)| account.held(*base) == Money::ZERO);
        let new = new.map(|(base, _)| (base, of_base(base)));
        let holdings = holdings.chain(new).filter_map(held);
        standing(account.cash.plus(moved).plus(cash), legs, holdings)
    }

    /// How far an order that only reduces a leg may go: its limit, or the price at which it uses up what is there.
    pub(super) fn bearable_limit(&self, trial: &Trial) -> Ticks {
        let Trial { side, lots, price: limit, .. } = *trial;
        if self.surely_bears(trial).is_some() {
            return limit;
        }
        let Some(leg) = self.legs.get(trial.leg.place()) else { return limit };
        let Some(market) = self.markets.get(leg.market.place()) else { return limit };
        let (equity, maintenance) = self.standing(Party::of(trial.leg, leg));
        let share = Share { equity, maintenance, freed: market.risk.freed(leg.lots, lots) };
        let fee = market.settings.fees.taker;
        side.nearer(limit, closing_bound(side, lots, share.allowed(true), &market.risk, fee))
    }
}
