//! Prices from the oracle's stream, as commands for the engine. The venue's own book is never one of them.

mod feeds;
mod follow;
mod sse;
#[cfg(test)]
mod tests;

pub use feeds::{FeedPlan, Feeds, Now};
pub use follow::{PriceSettings, PriceState, Prices};
