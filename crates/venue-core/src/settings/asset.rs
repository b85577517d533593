//! What an asset is worth as collateral.

use units::{Money, Ratio};

/// An asset: the settlement asset, or collateral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetSettings {
    /// Its name, such as `USDT`.
    pub name: String,
    /// What is taken off its worth, by tiers that begin at rising worths, the first at zero. None for the settlement
    /// asset; an asset without tiers is no collateral.
    pub haircuts: Vec<HaircutTier>,
}

impl AssetSettings {
    /// The settlement asset, or another that is no collateral.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), haircuts: Vec::new() }
    }
}

/// A part of an account's holding of an asset, and what is taken off that part. A larger holding is harder to sell,
/// so haircuts grow with size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaircutTier {
    /// The worth from which on the tier applies, up to the next one's.
    pub floor: Money,
    /// For new risk, withdrawals and loans: 0.28 lends 72 % of the worth.
    pub initial: Ratio,
    /// For maintenance: at most the one for new risk.
    pub maintenance: Ratio,
}
