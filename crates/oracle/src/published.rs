//! What the interfaces show: the core's newest tick of every feed, with the names that belong to it.

use std::sync::Arc;

use oracle_core::{CostToMove, FeedId, Moment, Plan, RateStanding, Tick};

/// Everything that is published at one moment; shared by all who read it, and never changed.
#[derive(Clone, Debug)]
pub struct Published {
    /// When the ticks were worked out.
    pub at: Moment,
    /// The configuration that the names are in.
    pub plan: Arc<Plan>,
    /// Every feed, in configured order.
    pub feeds: Vec<Arc<FeedView>>,
}

/// One feed at one moment.
#[derive(Clone, Debug)]
pub struct FeedView {
    /// Which.
    pub id: FeedId,
    /// Such as `BTC/USD`.
    pub symbol: Arc<str>,
    /// The core's record.
    pub tick: Tick,
    /// How its exchange rate stands, where it has one.
    pub rate: Option<RateStanding>,
    /// What it costs to move it by one per cent: down, up.
    pub cost: [Option<CostToMove>; 2],
    /// Why it is what it is, in plain words; worked out about once a second.
    pub explanation: Arc<str>,
}
