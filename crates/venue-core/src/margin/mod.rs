//! Margin: what an account has against what it has to have. Pure functions of the state that they are given.

mod assess;
mod bankruptcy;
mod exposure;
mod isolated;
mod liquidation_price;
mod reduce;
mod terms;
#[cfg(test)]
mod tests;
mod tiers;

pub(crate) use assess::{Assessment, assess, missing};
pub(crate) use bankruptcy::bankruptcy;
pub(crate) use exposure::{Order, exposure_notional, requirement};
pub(crate) use isolated::{IsolatedFill, isolated_fill, isolated_state};
pub(crate) use liquidation_price::liquidation_price;
pub(crate) use reduce::{Reduction, smallest_reduction};
pub(crate) use terms::{AssetRisk, Ends, MarketRisk};
pub(crate) use tiers::Tiers;
