//! Accounts and what goes in and out of them.

use units::Money;
use venue_core::{
    AccountId, AssetId, BalanceReason, Event, MarketId, MarketKind, PositionSide, Refusal, Side,
    Transfer,
};

use super::state::{Account, Order};
use super::{Model, Outcome};

/// What a deposit and a balance stay below, in trillionths.
const BALANCE_LIMIT: i128 = 1 << 110;

/// What all that was ever brought in of an asset stays below.
const BROUGHT_IN_LIMIT: i128 = 1 << 120;

/// Leverage of an account that has chosen none.
pub(crate) const LEVERAGE_AT_FIRST: u16 = 1;

impl Model {
    pub(crate) fn open_account(&mut self) -> Outcome {
        let id = super::account_at(self.accounts.len());
        self.accounts.push(Account::default());
        self.tell(Event::AccountOpened(id));
        Ok(())
    }

    fn check_transfer(&self, transfer: &Transfer) -> Outcome {
        self.account(transfer.account)?;
        if transfer.asset.place() >= self.assets.len() {
            return Err(Refusal::UnknownAsset);
        }
        if transfer.amount.raw() <= 0 || transfer.amount.raw() >= BALANCE_LIMIT {
            return Err(Refusal::Amount);
        }
        Ok(())
    }

    /// Deposits less withdrawals of an asset.
    fn brought_in(&mut self, asset: AssetId) -> &mut i128 {
        if asset == AssetId::SETTLEMENT {
            &mut self.purse.brought_in
        } else {
            &mut self.assets[asset.place()].brought_in
        }
    }

    pub(crate) fn balance(&self, account: AccountId, asset: AssetId) -> i128 {
        let account = &self.accounts[account.place()];
        if asset == AssetId::SETTLEMENT {
            return account.cash;
        }
        account.holdings.get(&asset).copied().unwrap_or(0)
    }

    pub(crate) fn deposit(&mut self, transfer: &Transfer) -> Outcome {
        self.check_transfer(transfer)?;
        let amount = transfer.amount.raw();
        let before = self.balance(transfer.account, transfer.asset);
        let all = *self.brought_in(transfer.asset) + amount;
        if before + amount >= BALANCE_LIMIT || all >= BROUGHT_IN_LIMIT {
            return Err(Refusal::Amount);
        }
        *self.brought_in(transfer.asset) = all;
        self.change_balance(transfer.account, transfer.asset, amount, BalanceReason::Deposit);
        Ok(())
    }

    pub(crate) fn withdraw(&mut self, transfer: &Transfer) -> Outcome {
        if self.account(transfer.account)?.liquidating && transfer.asset.place() < self.assets.len()
        {
            return Err(Refusal::InLiquidation);
        }
        self.check_transfer(transfer)?;
        let amount = transfer.amount.raw();
        let left = self.balance(transfer.account, transfer.asset) - amount;
        if left <= -BALANCE_LIMIT {
            return Err(Refusal::Amount);
        }
        if transfer.asset != AssetId::SETTLEMENT
            && left < self.promised(transfer.account, transfer.asset)
        {
            return Err(Refusal::Balance);
        }
        if self.assets[transfer.asset.place()].gated_until > self.now {
            return Err(Refusal::Gated);
        }
        self.check_withdrawal(transfer)?;
        *self.brought_in(transfer.asset) -= amount;
        self.change_balance(transfer.account, transfer.asset, -amount, BalanceReason::Withdrawal);
        Ok(())
    }

    /// How much of an asset an account's resting orders have promised to sell.
    pub(crate) fn promised(&self, account: AccountId, asset: AssetId) -> i128 {
        let promise = |order: &Order| {
            let market = &self.markets[order.placed.market.place()].settings;
            let sells = order.placed.account == account
                && !order.waits
                && order.placed.side == Side::Sell
                && market.kind == MarketKind::Spot { base: asset };
            if sells { i128::from(order.left) * market.lot.raw() } else { 0 }
        };
        self.orders.values().map(promise).sum()
    }

    /// Changes a balance from outside, and tells it.
    pub(crate) fn change_balance(
        &mut self,
        account: AccountId,
        asset: AssetId,
        change: i128,
        reason: BalanceReason,
    ) {
        let its = self.account_mut(account);
        if asset == AssetId::SETTLEMENT {
            its.cash += change;
        } else {
            let held = its.holdings.entry(asset).or_default();
            *held += change;
            if *held == 0 {
                its.holdings.remove(&asset);
            }
        }
        let balance = Money::from_raw(self.balance(account, asset));
        let change = Money::from_raw(change);
        self.tell(Event::Balance { account, asset, change, balance, reason });
    }

    pub(crate) fn change_fund(&mut self, change: Money) -> Outcome {
        if self.assets.is_empty() {
            return Err(Refusal::UnknownAsset);
        }
        let size = change.raw().unsigned_abs();
        if size == 0 || size >= BALANCE_LIMIT.unsigned_abs() {
            return Err(Refusal::Amount);
        }
        let fund = self.purse.fund + change.raw();
        let all = self.purse.brought_in + change.raw();
        if fund >= BALANCE_LIMIT || all >= BROUGHT_IN_LIMIT {
            return Err(Refusal::Amount);
        }
        if change < Money::ZERO && fund < 0 {
            return Err(Refusal::Balance);
        }
        self.purse.fund = fund;
        self.purse.brought_in = all;
        self.tell(Event::Fund { market: None, change, balance: Money::from_raw(fund) });
        Ok(())
    }

    fn has_any(&self, account: AccountId, market: Option<MarketId>) -> bool {
        let here = |other: MarketId| market.is_none_or(|market| market == other);
        let positions = &self.accounts[account.place()].positions;
        positions.iter().any(|(&(market, _), position)| {
            here(market) && (position.lots != 0 || position.margin != 0)
        }) || (self.orders.values())
            .any(|order| order.placed.account == account && here(order.placed.market))
    }

    pub(crate) fn set_hedge_mode(&mut self, account: AccountId, hedge: bool) -> Outcome {
        let its = self.account(account)?;
        if its.liquidating || its.positions.values().any(|position| position.liquidating) {
            return Err(Refusal::InLiquidation);
        }
        if self.account(account)?.hedge != hedge && self.has_any(account, None) {
            return Err(Refusal::Position);
        }
        self.account_mut(account).hedge = hedge;
        self.tell(Event::HedgeSet(account, hedge));
        Ok(())
    }

    pub(crate) fn set_margin_mode(
        &mut self,
        account: AccountId,
        market: MarketId,
        isolated: bool,
    ) -> Outcome {
        self.may_change(account, market)?;
        let changes = self.is_isolated(account, market) != isolated;
        let is_spot = self.market(market)?.base().is_some();
        if (isolated && is_spot) || (changes && self.has_any(account, Some(market))) {
            return Err(Refusal::Position);
        }
        self.open_any_leg(account, market);
        self.account_mut(account).terms.entry(market).or_default().isolated = isolated;
        self.tell_terms(account, market);
        Ok(())
    }

    /// An account's settings in a market may change where both are there and nothing of it there is in liquidation.
    pub(crate) fn may_change(&self, account: AccountId, market: MarketId) -> Outcome {
        let its = self.account(account)?;
        self.market(market)?;
        let mut here = its.positions.iter().filter(|&(&(there, _), _)| there == market);
        if its.liquidating || here.any(|(_, position)| position.liquidating) {
            return Err(Refusal::InLiquidation);
        }
        Ok(())
    }

    pub(crate) fn tell_terms(&mut self, account: AccountId, market: MarketId) {
        let terms = self.accounts[account.place()].terms.get(&market);
        let leverage = terms.and_then(|terms| terms.leverage).unwrap_or(LEVERAGE_AT_FIRST);
        let isolated = terms.is_some_and(|terms| terms.isolated);
        self.tell(Event::LegSet { account, market, leverage, isolated });
    }

    /// Notes that an account has a leg, at the end of those that it has.
    pub(crate) fn open_leg(&mut self, account: AccountId, market: MarketId, side: PositionSide) {
        let legs = &mut self.account_mut(account).legs;
        if !legs.contains(&(market, side)) {
            legs.push((market, side));
        }
    }

    /// A setting in a market opens a leg there, where there is none.
    pub(crate) fn open_any_leg(&mut self, account: AccountId, market: MarketId) {
        if !self.accounts[account.place()].legs.iter().any(|&(there, _)| there == market) {
            let side = self.sides_in(account, market)[0];
            self.open_leg(account, market, side);
        }
    }

    /// The sides on which an account may hold positions in a market.
    pub(crate) fn sides_in(&self, account: AccountId, market: MarketId) -> &'static [PositionSide] {
        if self.markets[market.place()].base().is_some() {
            &[PositionSide::Both]
        } else {
            self.sides(account)
        }
    }

    /// The sides on which an account may hold positions in a market.
    pub(crate) fn sides(&self, account: AccountId) -> &'static [PositionSide] {
        if self.accounts[account.place()].hedge {
            &[PositionSide::Long, PositionSide::Short]
        } else {
            &[PositionSide::Both]
        }
    }
}
