//! Markets beside those of the configuration, and what prices all of them want.

use serde::{Deserialize, Serialize};
use venue_core::{AssetId, MarketId, PriceOf};
use venue_views::Desk;

use crate::config::VenueConfig;
use crate::prices::FeedPlan;

/// What the names of notes begin with about markets that were added while the venue ran.
pub(crate) const MARKETS: &str = "market/";

/// What is kept of such a market beside its settings, as JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct MarketNote {
    /// What is traded.
    pub base: String,
    /// The feed of its index.
    pub feed: String,
}

/// What is kept of a market that was added while the venue ran.
pub(crate) fn added(desk: &Desk, symbol: &str) -> Option<MarketNote> {
    serde_json::from_slice(desk.note(&format!("{MARKETS}{symbol}"))?).ok()
}

/// The feeds that bring prices of markets and of assets, and what they are the prices of.
pub(crate) fn feeds(desk: &Desk, config: &VenueConfig) -> Vec<FeedPlan> {
    let markets = config.markets.iter().filter_map(|market| {
        let id: MarketId = desk.market_named(&market.settings.name)?;
        Some(FeedPlan { feed: market.feed.clone(), of: PriceOf::Index(id) })
    });
    let assets = config.assets.iter().filter_map(|asset| {
        let id: AssetId = desk.asset_named(&asset.settings.name)?;
        Some(FeedPlan { feed: asset.feed.clone(), of: PriceOf::Asset(id) })
    });
    let configured =
        |symbol: &str| config.markets.iter().any(|market| market.settings.name == symbol);
    let added = desk.notes(MARKETS).filter_map(|(name, _)| {
        let symbol = name.strip_prefix(MARKETS).filter(|symbol| !configured(symbol))?;
        let of = PriceOf::Index(desk.market_named(symbol)?);
        Some(FeedPlan { feed: added(desk, symbol)?.feed, of })
    });
    markets.chain(assets).chain(added).collect()
}
