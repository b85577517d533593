//! The status page: health, incidents and their evidence as HTML, SVG, SSE and Statuspage JSON.

mod board;
mod cause;
mod charts;
mod clients;
mod component;
mod feed;
mod history;
mod incident;
mod model;
mod page;
mod price;
mod prices;
mod server;
mod standing;
mod statuspage;
#[cfg(test)]
mod testing;
mod text;
mod venue;
mod verdict;

pub use board::StatusOptions;
pub use cause::{Cause, Place};
pub use component::{ComponentStatus, Severity};
pub use incident::{Incident, IncidentLog, IncidentSettings, IncidentStatus, Update};
pub use model::{
    BlockView, BranchStanding, BranchView, CallCounts, ChainView, ControlView, EventView, ForkView,
    GrowthView, LatencyView, Overview, PlacesView, QuotaView, UpstreamState, UpstreamView, Verdict,
    VerdictEntry,
};
pub use page::{ICON, PALETTE};
pub use price::{CostView, PriceStatus, PriceView, SourceView};
pub use server::{AccountRefused, Accounts, Metrics, Mount, Panel, StatusState, handler};
pub use venue::{
    AccountView, AssetView, CoverageView, DelayView, FillView, FundView, HoldingView, LaneView,
    LevelView, MarketState, MarketView, OrderView, ProofView, TakenBy, TapeLine, TapeWhat,
    TradeView, VenueState, VenueView,
};
pub use verdict::{FailingCalls, Finding, chain_finding, overall, stale};
