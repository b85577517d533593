//! The practice market: six small venues that speak the wire formats of the real ones over real sockets, and fail on
//! command.
//!
//! - `model` says what everything is worth, as a function of seed, time and what people did: pure;
//! - `sight` is what one venue shows of it at a moment, with its faults: pure;
//! - `venue` holds the venues' protocols, a file each: pure, time and messages come in;
//! - `market` and `server` give them sockets, clocks and threads; `control` and `panel` let people break things.
//!
//! What the real ones have and these do not: orders, private channels, limits on how often one may ask, books told
//! by their changes.

mod action;
mod asset;
mod control;
mod fault;
mod floor;
mod json;
mod market;
mod model;
mod noise;
mod panel;
mod server;
mod sight;
mod venue;

pub use action::{Action, Change, Set, Shock};
pub use asset::{Asset, Place};
pub use fault::Lie;
pub use market::{Market, MarketError, MarketOptions, MarketView, VenueView};
