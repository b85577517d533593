//! Margin: what an account has against what it has to have. Pure functions of the state that they are given.

mod assess;
mod bankruptcy;
mod bearing;
mod exposure;
mod isolated;
mod liquidation_price;
pub(crate) mod quick;
mod reduce;
#[cfg(test)]
mod tests;

pub use assess::Assessment;
pub(crate) use assess::{Held, LegIn, assess, is_due, missing, standing};
pub(crate) use bankruptcy::{Share, bankruptcy};
pub(crate) use bearing::{closing_bound, closing_cost};
pub(crate) use exposure::Order;
pub(crate) use isolated::{IsolatedTrade, isolated_fill, isolated_missing, isolated_state};
pub(crate) use liquidation_price::liquidation_price;
pub(crate) use reduce::{Reduction, smallest_reduction};
