//! An account: what it has.

use units::Money;

use crate::id::AssetId;
use crate::state::leg::LegId;

/// What an account has. Where it holds positions or has orders it has a [leg](crate::state::Leg) for each. What every order
/// looks at comes first, so that it is mostly on one line of the processor's cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Account {
    /// The settlement asset; below zero it is a loan. Margin of isolated positions is not in it.
    pub(crate) cash: Money,
    /// Its legs, in the order in which they were opened; they stay when a position is closed.
    pub(crate) legs: Vec<LegId>,
    /// Whether both sides of a market may be held at once.
    pub(crate) hedge: bool,
    /// Whether it is being liquidated as a whole.
    pub(crate) liquidating: bool,
    /// Other assets, by rising number; none of zero.
    pub(crate) holdings: Vec<Holding>,
}

/// An amount of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Of what.
    pub(crate) asset: AssetId,
    /// How much; above zero.
    pub(crate) amount: Money,
}

impl Account {
    /// How much it has of an asset other than the settlement asset.
    pub(crate) fn held(&self, asset: AssetId) -> Money {
        let found = self.holdings.iter().find(|holding| holding.asset == asset);
        found.map_or(Money::ZERO, |holding| holding.amount)
    }

    /// Changes how much it has of an asset other than the settlement asset.
    pub(crate) fn change_holding(&mut self, asset: AssetId, change: Money) {
        match self.holdings.binary_search_by_key(&asset, |holding| holding.asset) {
            Ok(place) => {
                if let Some(holding) = self.holdings.get_mut(place) {
                    holding.amount = holding.amount.plus(change);
                    if holding.amount == Money::ZERO {
                        self.holdings.remove(place);
                    }
                }
            }
            Err(place) => self.holdings.insert(place, Holding { asset, amount: change }),
        }
    }
}
