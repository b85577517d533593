//! Accounts, and their legs.

use units::Money;

use crate::event::Event;
use crate::id::{AccountId, AssetId, MarketId};
use crate::refusal::Refusal;
use crate::state::{Account, Leg, LegId, Market};
use crate::value::PositionSide;
use crate::venue::Venue;

/// Most accounts of a venue: ten times those that were liquidated on 2025-10-10. Some gigabytes of legs.
const ACCOUNTS_MAX: usize = 1 << 24;

/// The leverage of an account in a market that it has not chosen one for: no more than it has.
const LEVERAGE_AT_FIRST: u16 = 1;

impl Venue {
    pub(super) fn open_account(&mut self, events: &mut Vec<Event>) -> Result<(), Refusal> {
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(Refusal::TooMany(number));
        }
        self.accounts.push(Account::default());
        events.push(Event::AccountOpened(AccountId::new(number)));
        Ok(())
    }

    pub(super) fn set_hedge_mode(
        &mut self,
        account: AccountId,
        hedge: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let known = self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)?;
        let mut legs = known.legs.iter().filter_map(|leg| self.legs.get(leg.place()));
        if known.liquidating || legs.any(|leg| leg.liquidating) {
            return Err(Refusal::InLiquidation);
        }
        if known.hedge != hedge {
            let mut legs = known.legs.iter().filter_map(|leg| self.legs.get(leg.place()));
            if legs.any(Leg::is_used) {
                return Err(Refusal::Position);
            }
        }
        if let Some(known) = self.accounts.get_mut(account.place()) {
            known.hedge = hedge;
        }
        events.push(Event::HedgeSet(account, hedge));
        Ok(())
    }

    /// An account's leg, if it has one.
    pub(crate) fn leg_of(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> Option<LegId> {
        self.leg_among(&self.accounts.get(account.place())?.legs, market, side)
    }

    /// The one of an account's legs that is in a market, of a side there.
    pub(crate) fn leg_among(
        &self,
        legs: &[LegId],
        market: MarketId,
        side: PositionSide,
    ) -> Option<LegId> {
        legs.iter().copied().find(|leg| {
            let leg = self.legs.get(leg.place());
            leg.is_some_and(|leg| leg.market == market && leg.side == side)
        })
    }

    /// An account's leg; a new one has the settings of another of the account in the same market.
    pub(crate) fn leg_for(
        &mut self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> LegId {
        if let Some(leg) = self.leg_of(account, market, side) {
            return leg;
        }
        let leg = self.new_leg(account, market, side);
        let id = LegId::new(u32::try_from(self.legs.len()).unwrap_or(u32::MAX));
        self.legs.push(leg);
        if let Some(market) = self.markets.get_mut(market.place()) {
            market.legs.push(id);
        }
        if let Some(account) = self.accounts.get_mut(account.place()) {
            account.legs.push(id);
        }
        id
    }

    /// A leg as it would be opened: with the settings of another of the account in the same market.
    pub(crate) fn new_leg(&self, account: AccountId, market: MarketId, side: PositionSide) -> Leg {
        let like = self.legs_here(account, market).next();
        let mut leg = Leg::new(account, market, side, LEVERAGE_AT_FIRST);
        if let Some(like) = like {
            leg.leverage = like.leverage;
            leg.isolated = like.isolated.map(|_| Money::ZERO);
            leg.cancel_at = like.cancel_at;
            leg.guard = like.guard;
        }
        leg
    }

    /// An account's legs in a market, in the order in which they were opened.
    pub(crate) fn legs_in(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> impl Iterator<Item = LegId> + '_ {
        let account = self.accounts.get(account.place());
        let legs = account.map_or(&[][..], |account| account.legs.as_slice());
        legs.iter()
            .copied()
            .filter(move |leg| self.legs.get(leg.place()).is_some_and(|leg| leg.market == market))
    }

    /// The same as [`legs_in`](Self::legs_in), themselves.
    pub(crate) fn legs_here(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> impl Iterator<Item = &Leg> + '_ {
        self.legs_in(account, market).filter_map(|leg| self.legs.get(leg.place()))
    }

    /// How much of an asset an account's resting orders to sell it have promised.
    pub(crate) fn promised(&self, account: AccountId, asset: AssetId) -> Money {
        let account = self.accounts.get(account.place());
        let legs = account.map_or(&[][..], |account| account.legs.as_slice());
        legs.iter().fold(Money::ZERO, |sum, leg| {
            let Some(leg) = self.legs.get(leg.place()) else { return sum };
            match self.markets.get(leg.market.place()) {
                Some(market) if market.base() == Some(asset) => {
                    sum.plus(market.amount(leg.sells.lots))
                }
                _ => sum,
            }
        })
    }

    /// Whether there are such an account and such a market.
    pub(super) fn check_place(&self, account: AccountId, market: MarketId) -> Result<(), Refusal> {
        if self.accounts.get(account.place()).is_none() {
            return Err(Refusal::UnknownAccount);
        }
        if self.markets.get(market.place()).is_none() {
            return Err(Refusal::UnknownMarket);
        }
        Ok(())
    }

    /// Changes all of an account's legs in a market, of which there is at least one then, since settings of an account in
    /// a market are kept there. Gives back whether it was done to any.
    pub(crate) fn for_legs_in(
        &mut self,
        account: AccountId,
        market: MarketId,
        mut change: impl FnMut(&mut Leg) -> bool,
    ) -> bool {
        if self.legs_in(account, market).next().is_none() {
            let hedge = self.accounts.get(account.place()).is_some_and(|account| account.hedge);
            let contract = self.markets.get(market.place()).is_some_and(Market::is_contract);
            let side = if hedge && contract { PositionSide::Long } else { PositionSide::Both };
            let _ = self.leg_for(account, market, side);
        }
        let Some(account) = self.accounts.get(account.place()) else { return false };
        let mut any = false;
        for leg in &account.legs {
            let leg = self.legs.get_mut(leg.place()).filter(|leg| leg.market == market);
            any |= leg.is_some_and(&mut change);
        }
        any
    }
}
