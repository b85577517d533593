//! A derivatives venue as a deterministic state machine: orders, margin, liquidation, insurance, deleveraging.
//!
//! [`Command`]s go in with the time they came at, [`Event`]s come out. Everything that changes the venue is a command,
//! so that a journal of commands is the whole truth about it; events tell everything, so that a reader can rebuild any
//! view of it. What each command does, and in which order, is in `docs/venue-rules.md`.
//!
//! Nothing here reads a clock or a socket. There are no floats, no hashing and no threads, money is whole trillionths,
//! and the same commands give the same bytes.

#![cfg_attr(
    not(test),
    deny(
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::integer_division,
        clippy::as_conversions,
        clippy::iter_over_hash_type,
        clippy::indexing_slicing
    )
)]

mod book;
pub mod codec;
mod command;
mod coverage;
pub mod deleverage;
mod event;
mod fund;
mod id;
mod liquidation;
mod margin;
mod orders;
mod price;
mod refusal;
pub mod risk;
mod settings;
mod state;
mod tape;
mod terms;
#[cfg(test)]
mod testing;
mod value;
mod venue;

pub use book::{Book, BookLevel, Chain, ORDERS_MAX, RestingOrder, Slot};
pub use command::{
    Command, Lifetime, MarketState, PlaceOrder, PriceOf, PriceStatus, PriceUpdate, Protection,
    SelfTrade, Transfer, Trigger, TriggerCondition, TriggerPrice,
};
pub use coverage::{Coverage, MOVES};
pub use event::{BalanceReason, CloseReason, Event, Trade, TradeSide};
pub use id::{AccountId, AssetId, MarketId, OrderId, TradeId};
pub use margin::Assessment;
pub use orders::{OrderPlace, OrderTable};
pub use refusal::{Refusal, SettingsMistake};
pub use settings::{
    AssetSettings, Bracket, CoverageScale, Deleverage, Fees, Filters, HaircutTier,
    LiquidationSettings, MarkSettings, MarketKind, MarketSettings, OpenInterestScale, Residual,
    VenueSettings,
};
pub use tape::{Liquidated, TakenBy, TapeEnd, TapeEntry, TapeFault};
pub use value::{Lots, PositionSide, Side, Ticks, WHOLE_LIMIT, worth};
pub use venue::{
    AccountView, FundView, HouseView, MarketView, PositionView, Promised, SnapshotError, Venue,
};
