//! Who is liquidated: an account, or one of its isolated positions; what it has, and whether it may be.

use units::Money;

use crate::command::MarketState;
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::margin::{isolated_state, standing};
use crate::price::Permit;
use crate::state::{Leg, LegId};
use crate::value::Lots;
use crate::venue::Venue;

/// What answers for itself: an account with its cross positions, its loan and its collateral, or an isolated position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Party {
    pub(crate) account: AccountId,
    /// The isolated position, if it is one.
    pub(crate) leg: Option<LegId>,
}

impl Party {
    pub(crate) const fn account(account: AccountId) -> Self {
        Self { account, leg: None }
    }

    pub(crate) const fn isolated(account: AccountId, leg: LegId) -> Self {
        Self { account, leg: Some(leg) }
    }

    /// The one that answers for a position.
    pub(crate) const fn of(id: LegId, leg: &Leg) -> Self {
        match leg.isolated {
            Some(_) => Self::isolated(leg.account, id),
            None => Self::account(leg.account),
        }
    }
}

impl Venue {
    /// What a party has and has to have, at the better ends.
    pub(crate) fn standing(&self, party: Party) -> (Money, Money) {
        match party.leg {
            None => self.standing_of_account(party.account),
            Some(leg) => self.standing_of_isolated(leg),
        }
    }

    fn standing_of_account(&self, account: AccountId) -> (Money, Money) {
        let Some(account) = self.accounts.get(account.place()) else {
            return (Money::ZERO, Money::ZERO);
        };
        standing(account.cash, self.legs_of(account), self.holdings_of(account))
    }

    fn standing_of_isolated(&self, leg: LegId) -> (Money, Money) {
        let leg = self.legs.get(leg.place());
        let market = leg.and_then(|leg| self.markets.get(leg.market.place()));
        let (Some(leg), Some(market)) = (leg, market) else { return (Money::ZERO, Money::ZERO) };
        isolated_state(leg, &market.risk)
    }

    /// Whether a party that is due and has so much may be liquidated now, by the prices that it depends on.
    pub(super) fn may_liquidate(&self, party: Party, equity: Money) -> bool {
        self.prices_permit(party, equity) && self.can_be_acted_on(party)
    }

    /// Whether there is anything that the engine could do for a party now.
    fn can_be_acted_on(&self, party: Party) -> bool {
        let owes = self.balance(party.account, AssetId::SETTLEMENT) < Money::ZERO;
        let loan = party.leg.is_none() && owes && !self.convertible(party.account).is_empty();
        let closes = || self.positions_of(party).into_iter().any(|leg| self.may_close(leg));
        loan || closes() || self.has_nothing_left(party)
    }

    fn prices_permit(&self, party: Party, equity: Money) -> bool {
        let positions = self.positions_of(party).into_iter();
        let markets = positions.filter_map(|leg| {
            let market = self.legs.get(leg.place())?.market;
            self.markets.get(market.place())
        });
        let by_market = markets.map(|market| {
            let grace = if self.now < market.grace_until { Permit::Insolvent } else { Permit::Due };
            market.quote.permit(self.now).max(grace)
        });
        let account = self.accounts.get(party.account.place()).filter(|_| party.leg.is_none());
        let holdings = account.map_or(&[][..], |account| account.holdings.as_slice());
        let collateral = holdings.iter().filter(|holding| self.is_collateral(holding.asset));
        let by_asset = collateral.filter_map(|holding| {
            Some(self.assets.get(holding.asset.place())?.quote.permit(self.now))
        });
        match by_market.chain(by_asset).max().unwrap_or(Permit::Due) {
            Permit::Due => true,
            Permit::Insolvent => equity < Money::ZERO,
            Permit::Nobody => false,
        }
    }

    /// The market of an isolated position.
    pub(super) fn market_of(&self, party: Party) -> Option<MarketId> {
        Some(self.legs.get(party.leg?.place())?.market)
    }

    /// A party's positions that are not of nothing.
    pub(super) fn positions_of(&self, party: Party) -> Vec<LegId> {
        let holds =
            |leg: &LegId| self.legs.get(leg.place()).is_some_and(|leg| leg.lots != Lots::ZERO);
        if let Some(leg) = party.leg {
            return [leg].into_iter().filter(holds).collect();
        }
        let Some(account) = self.accounts.get(party.account.place()) else { return Vec::new() };
        let cross =
            |leg: &LegId| self.legs.get(leg.place()).is_some_and(|leg| leg.isolated.is_none());
        account.legs.iter().copied().filter(cross).filter(holds).collect()
    }

    /// Those of a party's positions that may be closed, the one that needs the most first.
    pub(super) fn positions_to_close(&self, party: Party) -> Vec<LegId> {
        let mut positions = self.positions_of(party);
        positions.retain(|leg| self.may_close(*leg));
        positions.sort_by_key(|leg| Money::ZERO.minus(self.maintenance_of(*leg)));
        positions
    }

    /// Whether positions of a leg's market may be closed by the engine.
    pub(super) fn may_close(&self, leg: LegId) -> bool {
        let market =
            self.legs.get(leg.place()).and_then(|leg| self.markets.get(leg.market.place()));
        market.is_some_and(|market| {
            let traded = matches!(market.state, MarketState::Trading | MarketState::ReduceOnly);
            traded && market.marks.is_some() && market.quote.may_be_sold(self.now)
        })
    }

    /// What maintenance a position needs.
    pub(super) fn maintenance_of(&self, leg: LegId) -> Money {
        let Some(leg) = self.legs.get(leg.place()) else { return Money::ZERO };
        let Some(market) = self.markets.get(leg.market.place()) else { return Money::ZERO };
        market.risk.maintenance_of(leg.lots, market.risk.better(leg.lots))
    }

    /// Whether nothing of a party is left that could be closed or converted, now or later.
    pub(super) fn has_nothing_left(&self, party: Party) -> bool {
        if !self.positions_of(party).is_empty() {
            return false;
        }
        let account = self.accounts.get(party.account.place());
        party.leg.is_some()
            || account.is_none_or(|account| {
                account.holdings.iter().all(|holding| !self.is_collateral(holding.asset))
            })
    }

    /// Says of a party whether it is being liquidated.
    pub(super) fn set_liquidating(&mut self, party: Party, liquidating: bool) {
        if let Some(leg) = party.leg {
            if let Some(leg) = self.legs.get_mut(leg.place()) {
                leg.liquidating = liquidating;
            }
        } else if let Some(account) = self.accounts.get_mut(party.account.place()) {
            account.liquidating = liquidating;
        }
    }

    /// Changes what a party has: an account's cash, or the margin of an isolated position.
    pub(super) fn change_party(
        &mut self,
        party: Party,
        change: Money,
        reason: BalanceReason,
        events: &mut Vec<Event>,
    ) {
        if change == Money::ZERO {
            return;
        }
        let Some(leg) = party.leg else {
            self.change_balance(party.account, AssetId::SETTLEMENT, change, reason, events);
            return;
        };
        self.change_isolated(leg, change);
        self.tell_margin(leg, events);
    }

    /// Says what the margin of an isolated position is.
    pub(super) fn tell_margin(&self, leg: LegId, events: &mut Vec<Event>) {
        if let Some(Leg { account, market, side, isolated: Some(margin), .. }) =
            self.legs.get(leg.place())
        {
            let (account, market, side, margin) = (*account, *market, *side, *margin);
            events.push(Event::IsolatedMargin { account, market, side, margin });
        }
    }

    /// Gives the margin of an isolated position that has been closed back to the cash.
    pub(super) fn release_margin(&mut self, party: Party, events: &mut Vec<Event>) {
        let Some(id) = party.leg else { return };
        let Some(Leg { lots: Lots::ZERO, isolated: Some(margin), .. }) = self.legs.get(id.place())
        else {
            return;
        };
        let margin = *margin;
        if margin > Money::ZERO {
            self.change_isolated(id, Money::ZERO.minus(margin));
            self.tell_margin(id, events);
            let (asset, reason) = (AssetId::SETTLEMENT, BalanceReason::Margin);
            self.change_balance(party.account, asset, margin, reason, events);
        }
    }
}
