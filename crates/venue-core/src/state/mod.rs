//! What a venue knows.

mod account;
mod asset;
mod guard;
mod ledger;
mod leg;
mod market;
mod price;
mod waiting;

pub(crate) use account::{Account, Holding};
pub(crate) use asset::Asset;
pub(crate) use guard::{Guard, GuardId};
pub(crate) use ledger::Ledger;
pub(crate) use leg::{Filled, Leg, LegId, Resting};
pub(crate) use market::Market;
pub(crate) use price::Marks;
pub(crate) use waiting::{Triggers, Waiting, WaitingOrders};
