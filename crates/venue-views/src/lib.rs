//! What readers of a venue ask for and the core does not keep: names, orders with their histories, trades, candles,
//! the tape.
//!
//! An [`Entry`] is what a journal holds: a command, its time, and the labels that the core does not know. A [`Desk`] is
//! the core with views beside it; it takes entries, and the same entries give the same desk.
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

mod client_id;
mod desk;
mod entry;
mod labels;
mod names;
mod refusal;

pub use client_id::{CLIENT_ID_MAX, ClientId};
pub use desk::{Desk, Told};
pub use entry::Entry;
pub use labels::{LABEL_MAX, Labels, NOTE_MAX, Note};
pub use refusal::DeskRefusal;
