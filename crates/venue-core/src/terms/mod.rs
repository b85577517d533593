//! What margin has to know of markets and assets: their settings as they are worked with, and their prices.

mod asset;
mod market;
mod tiers;

pub(crate) use asset::{AssetRisk, collateral_worth};
pub(crate) use market::{MarketRisk, surcharge};
pub(crate) use tiers::{Row, Tiers, share_bound};
