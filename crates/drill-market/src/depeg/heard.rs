//! What the venue has said: who was liquidated, and whether he should have been.

use std::collections::BTreeMap;

use venue_core::{AccountId, AssetId, BalanceReason, Event, Side};

use super::exchange::usd;
use super::loans::Loan;

/// Sound prices differ by so much: somebody who is due by no more than that is not wronged.
const SOUND: f64 = 0.994;

/// Somebody who has borrowed, as events leave him.
#[derive(Clone, Copy, Debug)]
struct Known {
    loan: Loan,
    begun: bool,
    /// Whether he was liquidated though not due by what the asset was worth, at any time and this time.
    wronged: bool,
    wrongly: bool,
}

/// What has been said so far.
#[derive(Debug)]
pub(crate) struct Heard {
    asset: AssetId,
    /// What is taken off the worth of collateral for maintenance, as a part of it.
    haircut: f64,
    /// What the asset is truly worth now, in dollars.
    pub(crate) reference: f64,
    known: BTreeMap<AccountId, Known>,
    /// People that were liquidated, and those of them who were not due by what the asset was worth.
    pub(crate) people: u64,
    pub(crate) wronged: u64,
    /// Collateral that was taken for debts, at what it was worth, in dollars; of these people; and what they got less
    /// for it than that.
    pub(crate) liquidated: f64,
    pub(crate) wrongful: f64,
    pub(crate) lost: f64,
    /// Liquidated since it was last looked at.
    pub(crate) lately: f64,
    /// What the fund paid for those who could not pay.
    pub(crate) fund_paid: f64,
    /// What was lent to those who brought the asset because more was lent on it than it costs.
    pub(crate) carried: f64,
    /// Dollars that were sold into the venue's book, less what was bought, since it was last looked at.
    pub(crate) sold: f64,
    /// The first refusal.
    pub(crate) refused: Option<String>,
    /// Invariants that were broken.
    pub(crate) broken: u64,
}

impl Heard {
    pub(crate) fn new(asset: AssetId, haircut: f64) -> Self {
        Self {
            asset,
            haircut,
            reference: 0.0,
            known: BTreeMap::new(),
            people: 0,
            wronged: 0,
            liquidated: 0.0,
            wrongful: 0.0,
            lost: 0.0,
            lately: 0.0,
            fund_paid: 0.0,
            carried: 0.0,
            sold: 0.0,
            refused: None,
            broken: 0,
        }
    }

    /// Somebody has borrowed.
    pub(crate) fn knows(&mut self, account: AccountId, loan: Loan) {
        let known = Known { loan, begun: false, wronged: false, wrongly: false };
        self.known.insert(account, known);
    }

    /// All who have borrowed, as they stand.
    pub(crate) fn loans(&self) -> impl Iterator<Item = Loan> + '_ {
        self.known.values().map(|known| known.loan)
    }

    /// Hears an event; a lot is worth `lot_tick` dollars for each tick.
    pub(crate) fn hear(&mut self, event: &Event, lot_tick: f64) {
        match event {
            Event::LiquidationStarted { account, .. } => self.began(*account),
            Event::Balance { account, asset, change, balance, reason } => {
                self.changed(*account, *asset, (usd(*change), usd(*balance)), *reason);
            }
            Event::Trade(trade) => {
                let worth = trade.price.number() as f64 * trade.lots.number() as f64 * lot_tick;
                self.sold += if trade.taker_side == Side::Sell { worth } else { -worth };
            }
            Event::Refused { refusal, .. } => {
                self.refused.get_or_insert_with(|| format!("{refusal:?}"));
            }
            Event::Broken { .. } => self.broken += 1,
            Event::Configured
            | Event::AssetSet(_)
            | Event::MarketSet(_)
            | Event::StateSet(..)
            | Event::AccountOpened(_)
            | Event::LegSet { .. }
            | Event::HedgeSet(..)
            | Event::IsolatedMargin { .. }
            | Event::Accepted { .. }
            | Event::Triggered(_)
            | Event::Amended { .. }
            | Event::Closed { .. }
            | Event::CancelAfterSet(..)
            | Event::ProtectionSet(..)
            | Event::ProtectionTripped(..)
            | Event::Priced(_)
            | Event::Marked { .. }
            | Event::Funded(..)
            | Event::Fund { .. }
            | Event::LiquidationEnded { .. }
            | Event::Deleveraged(_)
            | Event::Tape(_)
            | Event::Digest { .. } => {}
        }
    }

    fn began(&mut self, account: AccountId) {
        let Some(known) = self.known.get_mut(&account) else { return };
        let counts = known.loan.units * self.reference * (1.0 - self.haircut);
        known.wrongly = counts * SOUND >= known.loan.debt;
        self.people += u64::from(!known.begun);
        self.wronged += u64::from(known.wrongly && !known.wronged);
        known.begun = true;
        known.wronged |= known.wrongly;
    }

    fn changed(
        &mut self,
        account: AccountId,
        asset: AssetId,
        (change, balance): (f64, f64),
        reason: BalanceReason,
    ) {
        let Some(known) = self.known.get_mut(&account) else { return };
        let worth = -change * self.reference;
        match (asset == self.asset, reason) {
            (true, BalanceReason::Conversion) => {
                known.loan.units = balance;
                self.liquidated += worth;
                self.lately += worth;
                if known.wrongly {
                    self.wrongful += worth;
                    self.lost += worth;
                }
            }
            (false, BalanceReason::Conversion) if known.wrongly => {
                known.loan.debt = -balance;
                self.lost -= change;
            }
            (false, BalanceReason::Fund) => {
                known.loan.debt = -balance;
                self.fund_paid += change;
            }
            (false, _) => known.loan.debt = -balance,
            (true, _) => known.loan.units = balance,
        }
    }
}
