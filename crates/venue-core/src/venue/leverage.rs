//! Leverage, cross and isolated margin, and the margin of isolated positions.

use units::Money;

use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::margin::{assess, isolated_missing};
use crate::refusal::Refusal;
use crate::state::{Account, Leg};
use crate::value::PositionSide;
use crate::venue::Venue;
use crate::venue::money::BALANCE_LIMIT;

impl Venue {
    /// Sets the leverage of all of an account's legs in a market.
    pub(super) fn set_leverage(
        &mut self,
        account: AccountId,
        market: MarketId,
        leverage: u16,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let state = self.may_change(account, market)?;
        let risk = &self.markets.get(market.place()).ok_or(Refusal::UnknownMarket)?.risk;
        let here = self.legs_here(account, market);
        let notional = here.map(|leg| risk.notional(leg.lots, risk.mark.at)).max();
        if leverage == 0 || leverage > risk.leverage_max(notional.unwrap_or(Money::ZERO)) {
            return Err(Refusal::Leverage);
        }
        self.margin_at(state, market, leverage)?;
        self.set_legs(account, market, events, |leg| leg.leverage = leverage);
        Ok(())
    }

    /// Chooses cross or isolated margin for an account in a market.
    pub(super) fn set_margin_mode(
        &mut self,
        account: AccountId,
        market: MarketId,
        isolated: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let _ = self.may_change(account, market)?;
        let is_spot = self.markets.get(market.place()).is_some_and(|market| market.risk.is_spot);
        let in_the_way = |leg: &Leg| leg.isolated.is_some() != isolated && leg.is_used();
        if (is_spot && isolated) || self.legs_here(account, market).any(in_the_way) {
            return Err(Refusal::Position);
        }
        self.set_legs(account, market, events, |leg| {
            if leg.isolated.is_some() != isolated {
                leg.isolated = isolated.then_some(Money::ZERO);
            }
        });
        Ok(())
    }

    /// Moves money between an account's cash and an isolated position.
    pub(super) fn move_margin(
        &mut self,
        of: (AccountId, MarketId, PositionSide),
        amount: Money,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let (account, market, side) = of;
        let hedge = self.may_change(account, market)?.hedge;
        if amount == Money::ZERO || amount.raw().saturating_abs() >= BALANCE_LIMIT.raw() {
            return Err(Refusal::Amount);
        }
        if hedge == (side == PositionSide::Both) {
            return Err(Refusal::PositionSide);
        }
        let id = self.leg_of(account, market, side).ok_or(Refusal::Position)?;
        let leg = self.legs.get(id.place()).ok_or(Refusal::Position)?;
        let margin = leg.isolated.filter(|_| leg.lots.number() != 0).ok_or(Refusal::Position)?;
        let margin = margin.plus(amount);
        if amount > Money::ZERO {
            self.margin_to_move(account, amount)?;
        } else {
            let risk = &self.markets.get(market.place()).ok_or(Refusal::UnknownMarket)?.risk;
            let short = isolated_missing(leg, risk, margin);
            if short > Money::ZERO {
                return Err(Refusal::Margin(short));
            }
        }
        let change = Money::ZERO.minus(amount);
        self.change_balance(account, AssetId::SETTLEMENT, change, BalanceReason::Margin, events);
        self.change_isolated(id, amount);
        events.push(Event::IsolatedMargin { account, market, side, margin });
        self.touch(account);
        Ok(())
    }

    /// The account, where it may change its settings in a market: it and the market are there, and nothing of it there
    /// is being liquidated.
    fn may_change(&self, account: AccountId, market: MarketId) -> Result<&Account, Refusal> {
        self.check_place(account, market)?;
        let state = self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)?;
        let mut here = self.legs_here(account, market);
        if state.liquidating || here.any(|leg| leg.liquidating) {
            return Err(Refusal::InLiquidation);
        }
        Ok(state)
    }

    /// Whether an account would have its margin at another leverage in a market.
    fn margin_at(&self, state: &Account, market: MarketId, leverage: u16) -> Result<(), Refusal> {
        let with = |leg: &Leg| Leg {
            leverage: if leg.market == market { leverage } else { leg.leverage },
            ..leg.clone()
        };
        let legs: Vec<Leg> = self.legs_of(state).map(|(leg, _)| with(leg)).collect();
        let legs = legs.iter().zip(self.legs_of(state)).map(|(leg, (_, risk))| (leg, risk));
        let sum = assess(state.cash, legs, self.holdings_of(state));
        let short = sum.initial.minus(sum.equity_worse);
        if short > Money::ZERO { Err(Refusal::Margin(short)) } else { Ok(()) }
    }

    /// Changes all of an account's legs in a market, of which there is one afterwards, and says so.
    fn set_legs(
        &mut self,
        account: AccountId,
        market: MarketId,
        events: &mut Vec<Event>,
        change: impl Fn(&mut Leg),
    ) {
        let _ = self.for_legs_in(account, market, |leg| {
            change(leg);
            true
        });
        if let Some(leg) = self.legs_here(account, market).next() {
            let (leverage, isolated) = (leg.leverage, leg.isolated.is_some());
            events.push(Event::LegSet { account, market, leverage, isolated });
        }
        self.touch(account);
    }
}
