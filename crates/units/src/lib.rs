//! Exact values that every part of Seawall shares: points and spans of time, prices, ratios and money.

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

mod exact;
pub mod fixed;
mod time;

pub use exact::{Money, Price, Quantity, Ratio};
pub use fixed::{DecimalError, Rounding};
pub use time::{Span, Timestamp};
