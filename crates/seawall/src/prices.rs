//! From what the oracle publishes to what the status page shows.

use oracle::{Entry, FeedView, Published};
use oracle_core::{CostToMove, SourceReport, Status};
use runtime::clock;
use status::{CostView, EventView, PriceStatus, PriceView, SourceView};
use units::Span;

/// A tick older than this says nothing of now, as the oracle's own interfaces have it.
const STALL: Span = Span::from_secs(2);

/// Every feed as the page shows it.
pub(crate) fn prices(published: &Published) -> Vec<PriceView> {
    published.feeds.iter().map(|feed| price(published, feed)).collect()
}

/// An entry of the oracle's journal as the page shows it.
pub(crate) fn noted(entry: Entry) -> EventView {
    EventView {
        at_unix_ms: entry.at.unix_ms,
        chain: entry.about.to_string(),
        upstream: None,
        kind: entry.kind.to_owned(),
        text: entry.text,
    }
}

fn price(published: &Published, feed: &FeedView) -> PriceView {
    let tick = &feed.tick;
    let since = clock::now().since(tick.at.now);
    let last_good =
        tick.last_good.map(|last| (last.price, clock::now().since(last.at.now).as_millis()));
    let sources = tick.sources.iter().map(|report| source(published, report)).collect();
    let view =
        PriceView { symbol: feed.symbol.to_string(), last_good, sources, ..PriceView::default() };
    if since > STALL {
        let causes = vec![format!("the oracle last worked out prices {since} ago")];
        return PriceView { causes, age_ms: Some(since.as_millis()), ..view };
    }
    PriceView {
        status: status(tick.status),
        causes: tick.causes.iter().map(ToString::to_string).collect(),
        market: tick.market,
        fundamental: tick.fundamental,
        liquidation: tick.liquidation,
        confidence: tick.confidence,
        age_ms: Some(tick.age.plus(since).as_millis()),
        clusters: tick.clusters.clone(),
        groups: tick.groups,
        cost: [0, 1].map(|way| {
            let cost = feed.cost.get(way).and_then(Option::as_ref);
            cost.filter(|_| tick.market.is_some()).map(|cost| cost_view(published, feed, cost))
        }),
        ..view
    }
}

fn source(published: &Published, report: &SourceReport) -> SourceView {
    let settings = published.plan.source_settings(report.source);
    SourceView {
        name: settings.map_or_else(String::new, |settings| settings.name.clone()),
        price: report.price,
        refused: report.refusal.map(|refusal| refusal.to_string()),
        weight_bps: report.weight.as_bps(),
    }
}

fn cost_view(published: &Published, feed: &FeedView, cost: &CostToMove) -> CostView {
    let names = |groups: &[usize]| {
        let names = groups.iter().filter_map(|group| published.plan.group_name(feed.id, *group));
        names.map(str::to_owned).collect()
    };
    CostView { at_least: cost.at_least, on: names(&cost.groups), not_seen: names(&cost.unseen) }
}

const fn status(status: Status) -> PriceStatus {
    match status {
        Status::Live => PriceStatus::Live,
        Status::Capped => PriceStatus::Capped,
        Status::Degraded => PriceStatus::Degraded,
        Status::Held => PriceStatus::Held,
        Status::Split => PriceStatus::Split,
        Status::Halted => PriceStatus::Halted,
    }
}
