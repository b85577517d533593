//! Funding, and interest on loans.

use units::{Money, Ratio, Rounding};

use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::refusal::Refusal;
use crate::state::LegId;
use crate::value::{Lots, worth};
use crate::venue::Venue;

impl Venue {
    /// Moves funding between longs and shorts. Who pays pays the next unit, who gets gets the last one; what rounding
    /// leaves over is dust, so that no unit is made or lost. It is also the settlement from which profit counts anew.
    pub(super) fn charge_funding(
        &mut self,
        market: MarketId,
        rate: Ratio,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let state = self.markets.get(market.place()).ok_or(Refusal::UnknownMarket)?;
        if rate.raw().saturating_abs() > Ratio::ONE.raw() {
            return Err(Refusal::Amount);
        }
        let mark = state.marks.ok_or(Refusal::NoPrice)?.mark;
        let tick_value = state.tick_value;
        events.push(Event::Funded(market, rate));
        // An account's legs are opened in the order of their numbers.
        let mut legs = state.legs.clone();
        self.rosters.forget(market);
        legs.sort_by_key(|leg| (self.legs.get(leg.place()).map(|leg| leg.account), *leg));
        for id in legs {
            let Some(leg) = self.legs.get_mut(id.place()) else { continue };
            let account = leg.account;
            leg.settle(mark, tick_value);
            let notional = worth(leg.lots, mark, tick_value);
            // Longs pay a rate above zero: minus their notional times the rate, rounded down for both sides.
            let change = Money::ZERO.minus(notional).times(rate, Rounding::Down);
            let change = change.unwrap_or(Money::ZERO);
            if leg.lots != Lots::ZERO && change != Money::ZERO {
                self.fund_leg(account, id, change, events);
            }
        }
        Ok(())
    }

    /// Funding of one position.
    fn fund_leg(&mut self, account: AccountId, id: LegId, change: Money, events: &mut Vec<Event>) {
        let Some(leg) = self.legs.get(id.place()) else { return };
        let (market, side) = (leg.market, leg.side);
        self.ledger.dust = self.ledger.dust.minus(change);
        if leg.isolated.is_some() {
            self.change_isolated(id, change);
            let margin = self.legs.get(id.place()).and_then(|leg| leg.isolated);
            let margin = margin.unwrap_or(Money::ZERO);
            events.push(Event::IsolatedMargin { account, market, side, margin });
        } else {
            let reason = BalanceReason::Funding;
            self.change_balance(account, AssetId::SETTLEMENT, change, reason, events);
        }
        self.touch(account);
    }

    /// Charges interest on loans, for the fund.
    pub(super) fn charge_interest(
        &mut self,
        rate: Ratio,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if rate < Ratio::ZERO || rate > Ratio::ONE {
            return Err(Refusal::Amount);
        }
        let mut sum = Money::ZERO;
        for place in 0..self.accounts.len() {
            let account = AccountId::new(u32::try_from(place).unwrap_or(u32::MAX));
            let loan = Money::ZERO.minus(self.balance(account, AssetId::SETTLEMENT));
            if loan <= Money::ZERO {
                continue;
            }
            let interest = loan.times(rate, Rounding::Up).unwrap_or(Money::ZERO);
            if interest == Money::ZERO {
                continue;
            }
            sum = sum.plus(interest);
            let change = Money::ZERO.minus(interest);
            let reason = BalanceReason::Interest;
            self.change_balance(account, AssetId::SETTLEMENT, change, reason, events);
            self.touch(account);
        }
        if sum > Money::ZERO {
            self.change_fund(None, sum, events);
        }
        Ok(())
    }
}
