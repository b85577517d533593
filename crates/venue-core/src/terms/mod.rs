//! What margin has to know of markets and assets: their settings as they are worked with, and their prices.

mod asset;
mod fees;
mod market;
mod quick;
mod tiers;

pub(crate) use asset::{AssetRisk, collateral_worth};
pub(crate) use fees::{FeeRates, Pays};
pub(crate) use market::{MarketRisk, surcharge};
use quick::QuickTerms;
pub(crate) use tiers::{Row, Tiers, share_bound};
