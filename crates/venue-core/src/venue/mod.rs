//! The venue: all of its state, and what each command does to it.
//!
//! [`Venue::apply`] is in `apply`; each family of commands has a file. The order of things is that of
//! `docs/venue-rules.md`.

mod accounts;
mod ahead;
mod amend;
mod apply;
mod bearing;
mod cancel;
mod check_order;
mod configure;
mod coverage;
mod effect;
mod funding;
mod hooks;
mod invariants;
mod leverage;
mod liquidate;
mod margin;
mod matching;
mod money;
mod place;
mod price;
mod protection;
mod resting;
mod settings_check;
mod snapshot;
mod states;
#[cfg(test)]
mod tests;
mod timers;
mod transfers;
mod triggers;
mod views;
mod watch;

use units::{Ratio, Timestamp};

use crate::id::{AccountId, MarketId, OrderId};
use crate::orders::OrderTable;
use crate::settings::VenueSettings;
use crate::state::{Account, Asset, Guard, Ledger, Leg, Market, WaitingOrders};
use liquidate::{Liquidations, Rosters};
use timers::Timers;
use watch::Watch;

pub use effect::Promised;
pub(crate) use liquidate::Party;
pub use snapshot::SnapshotError;
pub use views::{AccountView, FundView, HouseView, MarketView, PositionView};

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
    /// Where each resting order is.
    pub(crate) orders: OrderTable,
    /// How many orders there were.
    pub(crate) orders_numbered: u64,
    /// Orders that wait for a trigger.
    pub(crate) waiting: WaitingOrders,
    /// Market-maker protections.
    pub(crate) guards: Vec<Guard>,
    /// Markets whose mark or last price may have moved since triggers were looked at, each once.
    pub(crate) moved: Vec<MarketId>,
    /// Markets whose orders or positions have changed since invariants were checked, each once.
    pub(crate) dirty: Vec<MarketId>,
    /// Room for the orders whose triggers are met.
    pub(crate) met: Vec<OrderId>,
    /// Room for the orders of a mass cancel.
    pub(crate) scratch: Vec<OrderId>,
    /// Liquidations that are under way.
    pub(crate) liquidations: Liquidations,
    /// Who holds what, for decisions of deleveraging.
    pub(crate) rosters: Rosters,
    /// When it was.
    pub(crate) covered_at: Option<Timestamp>,
    /// Accounts whose margin may have become worse since the last look, each once.
    pub(crate) touched: Vec<AccountId>,
    /// Who has to be looked at when a price moves.
    pub(crate) watch: Watch,
    /// The fund's coverage, where margin for new risk depends on it and it was worked out.
    pub(crate) known_coverage: Option<Ratio>,
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
