//! What margin has to know of an asset that is collateral.

use units::fixed::{ONE, mul_div};
use units::{Money, Price, Rounding};

use crate::settings::AssetSettings;
use crate::terms::Tiers;
use crate::value::Ends;

/// Worths of collateral are counted up to this, so that sums of them stay far within the type.
const WORTH_MAX: i128 = 1 << 110;

/// What margin has to know of an asset that is collateral.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AssetRisk {
    /// What one whole unit is worth; zero before the first price.
    pub(crate) price: Ends<Price>,
    /// What is taken off for new risk; none where it is no collateral.
    pub(crate) initial: Tiers,
    /// What is taken off for maintenance.
    pub(crate) maintenance: Tiers,
}

impl AssetRisk {
    /// What there is to know by the settings; `None` where the tiers are not consistent, or more is taken off for
    /// maintenance than for new risk.
    pub(crate) fn new(settings: &AssetSettings) -> Option<Self> {
        if settings.haircuts.is_empty() {
            return Some(Self::default());
        }
        let rows = settings.haircuts.iter();
        if rows.clone().any(|tier| tier.maintenance > tier.initial) {
            return None;
        }
        let initial = Tiers::new(rows.clone().map(|tier| (tier.floor, tier.initial)))?;
        let maintenance = Tiers::new(rows.map(|tier| (tier.floor, tier.maintenance)))?;
        Some(Self { price: Ends::default(), initial, maintenance })
    }

    /// What an amount carries at the worse end, of new risk.
    pub(crate) fn worse(&self, amount: Money) -> Money {
        value(amount, self.price.low, &self.initial)
    }

    /// What an amount carries at the better end, of maintenance.
    pub(crate) fn better(&self, amount: Money) -> Money {
        self.maintained(amount, self.price.high)
    }

    /// What an amount would carry at a price, of maintenance.
    pub(crate) fn maintained(&self, amount: Money, price: Price) -> Money {
        value(amount, price, &self.maintenance)
    }
}

/// What an amount is worth at a price, rounded down.
pub(crate) fn collateral_worth(amount: Money, price: Price) -> Money {
    let worth = mul_div(amount.raw(), price.raw(), ONE, Rounding::Down).unwrap_or(WORTH_MAX);
    Money::from_raw(worth.min(WORTH_MAX))
}

fn value(amount: Money, price: Price, haircuts: &Tiers) -> Money {
    if haircuts.is_empty() {
        return Money::ZERO;
    }
    let worth = collateral_worth(amount, price);
    worth.minus(haircuts.charge(worth))
}
