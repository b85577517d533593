//! What a venue knows.

mod account;
mod asset;
mod ledger;
mod leg;
mod market;
mod price;

pub(crate) use account::{Account, Holding};
pub(crate) use asset::Asset;
pub(crate) use ledger::Ledger;
pub(crate) use leg::{Filled, Leg, LegId, Resting};
pub(crate) use market::Market;
pub(crate) use price::{Marks, Worth};
