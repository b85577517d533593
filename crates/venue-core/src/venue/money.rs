//! Every change of money. Each keeps the sums of the [ledger](crate::state::Ledger) in step, so that whatever else
//! happens, money that appears or disappears is seen after the command in which it did (VN-1).

use units::Money;

use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::state::LegId;
use crate::venue::Venue;

/// Amounts that come in, and balances, are below this (in trillionths).
pub(super) const BALANCE_LIMIT: Money = Money::from_raw(1 << 110);
/// All that was ever brought in of an asset is below this, so that no sum of balances can overflow.
pub(super) const BROUGHT_IN_LIMIT: Money = Money::from_raw(1 << 120);

impl Venue {
    /// Changes an account's cash. Whoever calls says from where the money comes.
    pub(crate) fn change_cash(&mut self, account: AccountId, change: Money) {
        if let Some(account) = self.accounts.get_mut(account.place()) {
            account.cash = account.cash.plus(change);
            self.ledger.accounts = self.ledger.accounts.plus(change);
        }
    }

    /// Changes the margin of an isolated position; of another nothing.
    pub(crate) fn change_isolated(&mut self, leg: LegId, change: Money) {
        let leg = self.legs.get_mut(leg.place());
        if let Some(margin) = leg.and_then(|leg| leg.isolated.as_mut()) {
            *margin = margin.plus(change);
            self.ledger.accounts = self.ledger.accounts.plus(change);
        }
    }

    /// Changes how much an account holds of an asset that is not the settlement asset.
    pub(crate) fn change_holding(&mut self, account: AccountId, asset: AssetId, change: Money) {
        let account = self.accounts.get_mut(account.place());
        let asset_state = self.assets.get_mut(asset.place());
        if let (Some(account), Some(asset_state)) = (account, asset_state) {
            account.change_holding(asset, change);
            asset_state.accounts = asset_state.accounts.plus(change);
            self.assets_moved = true;
        }
    }

    /// Changes what the house holds of an asset, and what it has paid and got for it.
    pub(crate) fn change_house(&mut self, asset: AssetId, change: Money, cash: Money) {
        if let Some(asset) = self.assets.get_mut(asset.place()) {
            asset.house = asset.house.plus(change);
            asset.house_cash = asset.house_cash.plus(cash);
            self.ledger.house = self.ledger.house.plus(cash);
            self.assets_moved = true;
        }
    }

    /// Changes an account's balance of any asset, and says so.
    pub(crate) fn change_balance(
        &mut self,
        account: AccountId,
        asset: AssetId,
        change: Money,
        reason: BalanceReason,
        events: &mut Vec<Event>,
    ) {
        if asset == AssetId::SETTLEMENT {
            self.change_cash(account, change);
        } else {
            self.change_holding(account, asset, change);
        }
        let balance = self.balance(account, asset);
        events.push(Event::Balance { account, asset, change, balance, reason });
    }

    /// Changes the fund, and says so.
    pub(crate) fn change_fund(
        &mut self,
        market: Option<MarketId>,
        change: Money,
        events: &mut Vec<Event>,
    ) {
        self.ledger.fund = self.ledger.fund.plus(change);
        events.push(Event::Fund { market, change, balance: self.ledger.fund });
    }

    /// What an account has of an asset; of the settlement asset without the margin of isolated positions.
    pub(crate) fn balance(&self, account: AccountId, asset: AssetId) -> Money {
        let account = self.accounts.get(account.place());
        account.map_or(Money::ZERO, |account| {
            if asset == AssetId::SETTLEMENT { account.cash } else { account.held(asset) }
        })
    }
}
