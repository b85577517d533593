//! An asset: its settings, its price, and where all of it is.

use units::{Money, Timestamp};

use crate::price::Quote;
use crate::settings::AssetSettings;
use crate::terms::AssetRisk;

/// An asset. What there is of the settlement asset is in the [ledger](crate::state::Ledger).
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    pub(crate) settings: AssetSettings,
    /// Its last price; the settlement asset has none.
    pub(crate) quote: Quote,
    /// What margin has to know of it.
    pub(crate) risk: AssetRisk,
    /// Deposits less withdrawals.
    pub(crate) brought_in: Money,
    /// What all accounts hold together.
    pub(crate) accounts: Money,
    /// What the venue's house took over in liquidations and has not sold yet.
    pub(crate) house: Money,
    /// What the house has paid for it, and got for it since it last held none.
    pub(crate) house_cash: Money,
    /// It may not be withdrawn before.
    pub(crate) gated_until: Timestamp,
}

impl Asset {
    pub(crate) fn new(settings: AssetSettings, risk: AssetRisk) -> Self {
        Self {
            settings,
            quote: Quote::default(),
            risk,
            brought_in: Money::ZERO,
            accounts: Money::ZERO,
            house: Money::ZERO,
            house_cash: Money::ZERO,
            gated_until: Timestamp::ZERO,
        }
    }

    /// What is there and was never brought in; anything but zero breaks VN-1.
    pub(crate) const fn excess(&self) -> Money {
        self.accounts.plus(self.house).minus(self.brought_in)
    }
}
