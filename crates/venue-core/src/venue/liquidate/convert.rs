//! The collateral of a margin loan, which the house takes over.

use units::{Money, Price};

use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId};
use crate::liquidation::least;
use crate::tape::Liquidated;
use crate::terms::{AssetRisk, collateral_worth};
use crate::venue::Venue;
use crate::venue::liquidate::{Paid, Party};

impl Venue {
    /// The collateral of an account that may be converted now, that of the smallest haircut first.
    pub(super) fn convertible(&self, account: AccountId) -> Vec<AssetId> {
        let Some(account) = self.accounts.get(account.place()) else { return Vec::new() };
        let priced = |asset: &AssetId| {
            let asset = self.assets.get(asset.place());
            asset.is_some_and(|asset| asset.quote.may_be_sold(self.now))
        };
        let held = account.holdings.iter().map(|holding| holding.asset);
        let mut assets: Vec<_> =
            held.filter(|asset| self.is_collateral(*asset)).filter(priced).collect();
        assets.sort_by_key(|asset| {
            let tiers = self.assets.get(asset.place()).map(|asset| &asset.settings.haircuts);
            let first = tiers.and_then(|tiers| tiers.first()).map(|tier| tier.maintenance);
            (first, *asset)
        });
        assets
    }

    /// Whether an asset counts for anything.
    pub(super) fn is_collateral(&self, asset: AssetId) -> bool {
        self.assets.get(asset.place()).is_some_and(|asset| {
            !asset.settings.haircuts.is_empty() && asset.quote.valued_at.is_some()
        })
    }

    /// Converts the least of an asset that makes the account well again or pays its loan back, or all of it.
    pub(super) fn convert(&mut self, account: AccountId, asset: AssetId, events: &mut Vec<Event>) {
        let held = self.balance(account, asset);
        let cash = self.balance(account, AssetId::SETTLEMENT);
        let (equity, maintenance) = self.standing(Party::account(account));
        let Some(state) = self.assets.get(asset.place()) else { return };
        let price = state.quote.price.high;
        let conversion = Conversion { held, price, risk: &state.risk };
        let enough = |amount: Money| {
            let (credit, gain) = conversion.of(amount);
            equity.plus(gain) >= maintenance || cash.plus(credit) >= Money::ZERO
        };
        let amount = least(held, enough);
        let (credited, _) = conversion.of(amount);
        let taken = Money::ZERO.minus(amount);
        self.change_balance(account, asset, taken, BalanceReason::Conversion, events);
        self.change_house(asset, amount, Money::ZERO.minus(credited));
        let settlement = AssetId::SETTLEMENT;
        self.change_balance(account, settlement, credited, BalanceReason::Conversion, events);
        let what = Liquidated::Collateral { asset, amount, price, credited };
        self.on_tape(Party::account(account), what, Paid::default(), events);
    }
}

/// What an account gets for collateral that is converted.
struct Conversion<'a> {
    held: Money,
    /// The better end of one whole unit's worth.
    price: Price,
    risk: &'a AssetRisk,
}

impl Conversion<'_> {
    /// What the account gets for an amount, and by how much its equity rises: its worth less half of the haircut that
    /// the rest does not need any more.
    fn of(&self, amount: Money) -> (Money, Money) {
        let kept = self.held.minus(amount);
        let worth = |amount| collateral_worth(amount, self.price);
        let moved = worth(self.held).minus(worth(kept));
        let value = self.risk.better(self.held).minus(self.risk.better(kept));
        let freed = moved.minus(value);
        // Half of it, rounded up.
        let half = Money::from_raw(freed.raw().saturating_add(1) >> 1);
        let credit = moved.minus(half);
        (credit, credit.minus(value))
    }
}
