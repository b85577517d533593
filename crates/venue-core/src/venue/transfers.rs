//! Deposits, withdrawals, and money of the venue's owner.

use units::Money;

use crate::command::Transfer;
use crate::event::{BalanceReason, Event};
use crate::id::AssetId;
use crate::refusal::Refusal;
use crate::venue::Venue;
use crate::venue::money::{BALANCE_LIMIT, BROUGHT_IN_LIMIT};

impl Venue {
    pub(super) fn deposit(
        &mut self,
        transfer: Transfer,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let Transfer { account, asset, amount } = transfer;
        if self.accounts.get(account.place()).is_none() {
            return Err(Refusal::UnknownAccount);
        }
        if self.assets.get(asset.place()).is_none() {
            return Err(Refusal::UnknownAsset);
        }
        if amount <= Money::ZERO || amount >= BALANCE_LIMIT {
            return Err(Refusal::Amount);
        }
        let brought_in = self.brought_in(asset).plus(amount);
        if self.balance(account, asset).plus(amount) >= BALANCE_LIMIT
            || brought_in >= BROUGHT_IN_LIMIT
        {
            return Err(Refusal::Amount);
        }
        self.bring_in(asset, amount);
        self.change_balance(account, asset, amount, BalanceReason::Deposit, events);
        self.touch(account);
        Ok(())
    }

    pub(super) fn withdraw(
        &mut self,
        transfer: Transfer,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let Transfer { account, asset, amount } = transfer;
        let known = self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)?;
        let state = self.assets.get(asset.place()).ok_or(Refusal::UnknownAsset)?;
        if known.liquidating {
            return Err(Refusal::InLiquidation);
        }
        let left = self.balance(account, asset).minus(amount);
        let fits = amount > Money::ZERO && amount < BALANCE_LIMIT;
        if !fits || left <= Money::ZERO.minus(BALANCE_LIMIT) {
            return Err(Refusal::Amount);
        }
        if asset != AssetId::SETTLEMENT && left < self.promised(account, asset) {
            return Err(Refusal::Balance);
        }
        if state.gated_until > self.now {
            return Err(Refusal::Gated);
        }
        self.margin_for_withdrawal(transfer)?;
        let change = Money::ZERO.minus(amount);
        self.bring_in(asset, change);
        self.change_balance(account, asset, change, BalanceReason::Withdrawal, events);
        self.touch(account);
        Ok(())
    }

    /// The owner's money goes into the fund, or comes out of it.
    pub(super) fn change_fund_by_owner(
        &mut self,
        change: Money,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if self.assets.is_empty() {
            return Err(Refusal::UnknownAsset);
        }
        let after = self.ledger.fund.plus(change);
        if change == Money::ZERO
            || change.raw().saturating_abs() >= BALANCE_LIMIT.raw()
            || after >= BALANCE_LIMIT
            || self.ledger.brought_in.plus(change) >= BROUGHT_IN_LIMIT
        {
            return Err(Refusal::Amount);
        }
        if change < Money::ZERO && after < Money::ZERO {
            return Err(Refusal::Balance);
        }
        self.ledger.brought_in = self.ledger.brought_in.plus(change);
        self.change_fund(None, change, events);
        Ok(())
    }

    fn brought_in(&self, asset: AssetId) -> Money {
        if asset == AssetId::SETTLEMENT {
            return self.ledger.brought_in;
        }
        self.assets.get(asset.place()).map_or(Money::ZERO, |asset| asset.brought_in)
    }

    fn bring_in(&mut self, asset: AssetId, amount: Money) {
        if asset == AssetId::SETTLEMENT {
            self.ledger.brought_in = self.ledger.brought_in.plus(amount);
        } else if let Some(asset) = self.assets.get_mut(asset.place()) {
            asset.brought_in = asset.brought_in.plus(amount);
        }
    }
}
