//! Funding, and interest on loans.

use units::{Money, Ratio, Rounding};
use venue_core::{AccountId, AssetId, BalanceReason, Event, MarketId, Refusal};

use super::margin::part;
use super::{Model, Outcome};

impl Model {
    fn account_ids(&self) -> Vec<AccountId> {
        (0..).map(AccountId::new).take(self.accounts.len()).collect()
    }

    pub(crate) fn funding(&mut self, market: MarketId, rate: Ratio) -> Outcome {
        let here = self.market(market)?;
        if rate > Ratio::ONE || rate < Ratio::whole(-1) {
            return Err(Refusal::Amount);
        }
        let Some(mark) = here.mark else { return Err(Refusal::NoPrice) };
        self.tell(Event::Funded(market, rate));
        for account in self.account_ids() {
            for (there, side) in self.accounts[account.place()].legs.clone() {
                if there != market {
                    continue;
                }
                let tick_value = self.markets[market.place()].tick_value;
                let held = self.position(account, there, side);
                // From now on profit counts anew.
                let value = i128::from(held.lots) * i128::from(mark) * tick_value;
                let its = self.account_mut(account).positions.entry((market, side)).or_default();
                its.earned = held.cost - value;
                if held.lots == 0 {
                    continue;
                }
                let notional = self.markets[market.place()].notional(held.lots, mark);
                let pays = (held.lots > 0) == (rate > Ratio::ZERO);
                let size = rate.raw().abs();
                let change = if pays {
                    -part(notional, size, Rounding::Up)
                } else {
                    part(notional, size, Rounding::Down)
                };
                if change == 0 {
                    continue;
                }
                self.purse.dust -= change;
                if self.is_isolated(account, market) {
                    let key = (market, side);
                    self.account_mut(account).positions.entry(key).or_default().margin += change;
                    self.tell_margin(account, market, side);
                } else {
                    let reason = BalanceReason::Funding;
                    self.change_balance(account, AssetId::SETTLEMENT, change, reason);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn interest(&mut self, rate: Ratio) -> Outcome {
        if rate < Ratio::ZERO || rate > Ratio::ONE {
            return Err(Refusal::Amount);
        }
        let mut all = 0;
        for account in self.account_ids() {
            let owes = -self.accounts[account.place()].cash;
            let due = part(owes.max(0), rate.raw(), Rounding::Up);
            if due > 0 {
                all += due;
                let settlement = AssetId::SETTLEMENT;
                self.change_balance(account, settlement, -due, BalanceReason::Interest);
            }
        }
        if all > 0 {
            self.purse.fund += all;
            let (change, balance) = (Money::from_raw(all), Money::from_raw(self.purse.fund));
            self.tell(Event::Fund { market: None, change, balance });
        }
        Ok(())
    }
}
