//! What accounts have.

use std::collections::{BTreeMap, BTreeSet};

use units::Money;
use venue_core::{AccountId, AssetId, BalanceReason, Event, MarketId, PositionSide, TradeId};

use super::{Pass, Touched};
use crate::change::{AccountChange, AccountReason, Change};
use crate::trade::{Income, IncomeKind, UserTrade};

impl Pass<'_> {
    pub(super) fn about_money(&mut self, event: &Event) {
        if let Event::Balance { account, asset, change, reason, .. } = event {
            self.balance(*account, *asset, *change, *reason);
        } else if let Event::IsolatedMargin { account, market, side, margin } = event {
            self.isolated((*account, *side), *market, *margin);
        }
    }

    fn balance(
        &mut self,
        account: AccountId,
        asset: AssetId,
        change: Money,
        reason: BalanceReason,
    ) {
        let touched = self.touch(account, AccountReason::Balance(reason));
        let sum = touched.assets.entry(asset).or_default();
        *sum = sum.plus(change);
        if reason == BalanceReason::Takeover {
            let sum = self.takeovers.entry(account).or_default();
            *sum = sum.plus(change);
        }
        if let Some(kind) = kind_of(reason) {
            let market = self.funded.filter(|_| kind == IncomeKind::Funding);
            let (amount, trade, at) = (change, TradeId::new(0), self.at);
            self.keep_income(Income { account, asset, market, amount, kind, trade, at });
        }
    }

    fn isolated(&mut self, whose: (AccountId, PositionSide), market: MarketId, margin: Money) {
        let funded = self.funded == Some(market);
        let reason = if funded { BalanceReason::Funding } else { BalanceReason::Margin };
        self.touch(whose.0, AccountReason::Balance(reason)).markets.insert(market);
        let before = self.before.margins.insert(whose, margin);
        if let Some(before) = before.filter(|_| funded) {
            self.keep_income(Income {
                account: whose.0,
                asset: AssetId::SETTLEMENT,
                market: Some(market),
                amount: margin.minus(before),
                kind: IncomeKind::Funding,
                trade: TradeId::new(0),
                at: self.at,
            });
        }
    }

    /// Notes that something of an account has changed.
    pub(super) fn touch(&mut self, account: AccountId, reason: AccountReason) -> &mut Touched {
        self.accounts.entry(account).or_insert_with(|| Touched {
            reason,
            assets: BTreeMap::new(),
            markets: BTreeSet::new(),
        })
    }

    fn keep_income(&mut self, income: Income) {
        // The house is in no table.
        if income.amount != Money::ZERO && income.account != AccountId::HOUSE {
            let _kept = self.views.income.push(income.account, Box::new(income));
        }
    }

    /// Keeps a side of a trade, and what it has brought.
    pub(super) fn keep_trade(&mut self, trade: UserTrade) {
        let _kept = self.views.trades.push(trade.account, Box::new(trade));
        for (kind, amount) in [
            (IncomeKind::Realised, trade.realised),
            (IncomeKind::Commission, Money::ZERO.minus(trade.fee)),
        ] {
            self.keep_income(Income {
                account: trade.account,
                asset: AssetId::SETTLEMENT,
                market: Some(trade.market),
                amount,
                kind,
                trade: trade.trade,
                at: self.at,
            });
        }
    }

    /// Tells what each account has now that something has changed of.
    pub(super) fn finish_accounts(&mut self) {
        for (account, mut touched) in std::mem::take(&mut self.accounts) {
            let Some(view) = self.venue.account(account) else { continue };
            touched.assets.entry(AssetId::SETTLEMENT).or_default();
            let balances = touched.assets.iter().map(|(asset, change)| {
                let held = view.holdings.iter().find(|(held, _)| held == asset);
                let amount = if *asset == AssetId::SETTLEMENT {
                    view.cash
                } else {
                    held.map_or(Money::ZERO, |(_, amount)| *amount)
                };
                (*asset, amount, *change)
            });
            let balances = balances.collect();
            let positions = self.venue.positions(account);
            let positions = positions.filter(|position| touched.markets.contains(&position.market));
            let change = AccountChange {
                account,
                reason: touched.reason,
                at: self.at,
                balances,
                positions: positions.collect(),
            };
            self.changes.push(Change::Account(Box::new(change)));
        }
    }

    /// Notes that a position of an account has changed.
    pub(super) fn touch_position(&mut self, account: AccountId, market: MarketId) {
        let reason = AccountReason::Balance(BalanceReason::Takeover);
        self.touch(account, reason).markets.insert(market);
    }
}

/// What a change of a balance is told as in the history; `None` of what only moves between an account's own pockets,
/// and of takeovers, which trades are told for.
const fn kind_of(reason: BalanceReason) -> Option<IncomeKind> {
    match reason {
        BalanceReason::Deposit | BalanceReason::Withdrawal => Some(IncomeKind::Transfer),
        BalanceReason::Funding => Some(IncomeKind::Funding),
        BalanceReason::Interest => Some(IncomeKind::Interest),
        BalanceReason::Conversion | BalanceReason::LiquidationFee | BalanceReason::Fund => {
            Some(IncomeKind::Liquidation)
        }
        BalanceReason::Deleverage | BalanceReason::Socialised => Some(IncomeKind::Deleverage),
        BalanceReason::Margin | BalanceReason::Takeover => None,
    }
}
