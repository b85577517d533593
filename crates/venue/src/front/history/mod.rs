//! What has been: orders, trades, and what accounts have got and paid.

pub(crate) mod algo;
pub(crate) mod money;
pub(crate) mod orders;
