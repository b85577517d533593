//! What readers of a venue ask for and the core does not keep: names, orders with their histories, trades, candles,
//! the tape.
//!
//! An [`Entry`] is what a journal holds: a command, its time, and the labels that the core does not know. A [`Desk`] is
//! the core with views beside it; it takes entries, and the same entries give the same desk. What streams tell comes
//! out as [`Change`]s.
//!
//! Nothing here reads a clock or a socket, and everything is bounded.

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

mod amendment;
mod change;
mod client_id;
mod desk;
mod entry;
mod history;
mod labels;
mod market;
mod names;
mod order;
mod orders;
mod pass;
mod queries;
mod refusal;
mod tape;
mod trade;
mod views;

pub use amendment::Amendment;
pub use change::{
    AccountChange, AccountReason, BestChange, Change, Execution, Forced, LevelsChange, OrderChange,
};
pub use client_id::{CLIENT_ID_MAX, ClientId};
pub use desk::{Desk, FORMAT, Picture, RestoreError, Told};
pub use entry::Entry;
pub use labels::{LABEL_MAX, Labels, NOTE_MAX, Note};
pub use market::{Candle, Funded, FundingRule, Interval, PriceKind, Ticker};
pub use names::ORDER_NAMES_ONCE;
pub use order::{Ending, Order, OrderStatus};
pub use queries::Depth;
pub use refusal::DeskRefusal;
pub use trade::{Aggregate, Income, IncomeKind, PublicTrade, UserTrade};
