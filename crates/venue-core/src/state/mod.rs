//! What a venue knows.

mod account;
mod ledger;
mod leg;

pub(crate) use account::{Account, Holding};
pub(crate) use ledger::Ledger;
pub(crate) use leg::{Filled, Leg, LegId, Resting};
