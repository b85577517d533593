//! The venue: all of its state, and what each command does to it.
//!
//! [`Venue::apply`] is in `apply`; each family of commands has a file. The order of things is that of
//! `docs/venue-rules.md`.

mod accounts;
mod apply;
mod configure;
mod due;
mod funding;
mod hooks;
mod invariants;
mod leverage;
mod liquidate;
mod margin;
mod money;
mod price;
mod settings_check;
#[cfg(test)]
mod tests;
mod timers;
mod transfers;
mod views;

use units::Timestamp;

use crate::id::AccountId;
use crate::settings::VenueSettings;
use crate::state::{Account, Asset, Ledger, Leg, Market};
use timers::Timers;

pub use views::{AccountView, FundView, MarketView, PositionView};

/// A derivatives venue. Everything that changes it is a [`Command`](crate::Command); what it does comes out as
/// [`Event`](crate::Event)s.
#[derive(Debug, Default)]
pub struct Venue {
    /// The time of the last command, or of the timer that is being done.
    pub(crate) now: Timestamp,
    /// How many commands there were.
    pub(crate) commands: u64,
    pub(crate) settings: VenueSettings,
    pub(crate) assets: Vec<Asset>,
    pub(crate) markets: Vec<Market>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) legs: Vec<Leg>,
    pub(crate) ledger: Ledger,
    pub(crate) timers: Timers,
    /// Accounts whose margin may have become worse since the last look, each once.
    pub(crate) touched: Vec<AccountId>,
    /// Whether an amount of an asset other than the settlement asset has changed since the last check.
    pub(crate) assets_moved: bool,
    /// Whether a broken invariant has halted everything.
    pub(crate) halted: bool,
}

impl Venue {
    /// A venue without assets, markets and accounts, at the beginning of its time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
