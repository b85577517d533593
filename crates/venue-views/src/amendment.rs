//! Changes of resting orders that their accounts asked for.

use machine::codec_struct;
use units::Timestamp;
use venue_core::{AccountId, Lots, MarketId, OrderId, Ticks};

use crate::client_id::ClientId;

/// A change of a resting order that its account asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Whose.
    pub account: AccountId,
    /// Of which order.
    pub order: OrderId,
    /// The client's name for it.
    pub client: ClientId,
    /// Where.
    pub market: MarketId,
    /// When.
    pub at: Timestamp,
    /// What its limit was.
    pub price_before: Ticks,
    /// What it is.
    pub price_after: Ticks,
    /// How many lots it was for, those that have traded included.
    pub lots_before: Lots,
    /// How many it is for.
    pub lots_after: Lots,
    /// How many changes of the order there are with it, as far as they are kept.
    pub count: u32,
}

codec_struct! {
    Amendment {
        account, order, client, market, at, price_before, price_after, lots_before, lots_after, count,
    }
}
