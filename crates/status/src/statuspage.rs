//! The board in the JSON that clients of Statuspage v2 already read.
//!
//! Source: `research/resilience.md` C1. Clients declare `position` as a byte and take `shortlink`,
//! `impact`, `page_id` and the status's `description` as always present, so these are never null.

use serde::Serialize;

use crate::board::Board;
use crate::component::{ComponentKey, Severity};
use crate::incident::{Incident, Update};
use crate::model::{ChainView, UpstreamView};
use crate::text;
use crate::venue::{MarketView, VenueView};

/// Incidents in one answer, as Statuspage has it.
const INCIDENTS_MAX: usize = 50;

#[derive(Serialize)]
struct Page<'a> {
    id: String,
    name: &'a str,
    url: &'a str,
    time_zone: &'static str,
    updated_at: String,
}

#[derive(Serialize)]
struct Status {
    indicator: &'static str,
    description: String,
}

#[derive(Serialize)]
struct Component {
    id: String,
    name: String,
    status: &'static str,
    created_at: String,
    updated_at: String,
    position: u8,
    description: Option<String>,
    showcase: bool,
    start_date: Option<String>,
    group_id: Option<String>,
    page_id: String,
    group: bool,
    only_show_if_degraded: bool,
    /// Ids of the rows in a group; only groups have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<String>>,
}

#[derive(Serialize)]
struct IncidentEntry {
    id: String,
    name: String,
    status: &'static str,
    impact: &'static str,
    created_at: String,
    updated_at: String,
    /// When the trouble began as measured; `created_at` is when it was announced.
    started_at: String,
    monitoring_at: Option<String>,
    resolved_at: Option<String>,
    shortlink: String,
    page_id: String,
    incident_updates: Vec<UpdateEntry>,
    components: Vec<Component>,
}

#[derive(Serialize)]
struct UpdateEntry {
    id: String,
    status: &'static str,
    body: String,
    incident_id: String,
    created_at: String,
    updated_at: String,
    display_at: String,
}

/// The answers under `/api/v2/`: each holds `page` and some of the lists.
#[derive(Serialize)]
struct Document<'a> {
    page: Page<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<Component>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incidents: Option<Vec<IncidentEntry>>,
    /// Always empty: Seawall plans no maintenance by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_maintenances: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// The document at `path`, which is what follows `/api/v2/`; `None` where there is no such document.
pub(crate) fn document(board: &Board, path: &str, now_ms: u64) -> Option<String> {
    let mut document = Document {
        page: page(board),
        components: None,
        incidents: None,
        scheduled_maintenances: None,
        status: None,
    };
    match path {
        "summary.json" => {
            document.components = Some(components(board));
            document.incidents = Some(unresolved(board));
            document.scheduled_maintenances = Some([]);
            document.status = Some(status(board, now_ms));
        }
        "status.json" => document.status = Some(status(board, now_ms)),
        "components.json" => document.components = Some(components(board)),
        "incidents.json" => {
            document.incidents = Some(
                board
                    .incidents
                    .all()
                    .take(INCIDENTS_MAX)
                    .map(|incident| entry(board, incident))
                    .collect(),
            );
        }
        "incidents/unresolved.json" => document.incidents = Some(unresolved(board)),
        "scheduled-maintenances.json"
        | "scheduled-maintenances/upcoming.json"
        | "scheduled-maintenances/active.json" => document.scheduled_maintenances = Some([]),
        _ => return None,
    }
    serde_json::to_string(&document).ok()
}

/// The page's id, the same in every run under the same address.
fn page_id(board: &Board) -> String {
    text::stable_id(&["page", &board.options.url])
}

fn page(board: &Board) -> Page<'_> {
    Page {
        id: page_id(board),
        name: &board.options.page_name,
        url: &board.options.url,
        time_zone: "Etc/UTC",
        updated_at: text::iso(board.changed_ms()),
    }
}

fn status(board: &Board, now_ms: u64) -> Status {
    let finding = board.finding(now_ms);
    let description = if finding.severity == Severity::Good {
        "All Systems Operational".to_owned()
    } else {
        finding.headline
    };
    Status { indicator: finding.severity.indicator(), description }
}

fn unresolved(board: &Board) -> Vec<IncidentEntry> {
    board.incidents.open().into_iter().map(|incident| entry(board, incident)).collect()
}

fn components(board: &Board) -> Vec<Component> {
    let mut found = Vec::new();
    for (index, chain) in board.overview.chains.iter().enumerate() {
        found.extend(chain_component(board, chain, index));
        for (index, upstream) in chain.upstreams.iter().enumerate() {
            found.extend(upstream_component(board, chain, upstream, index));
        }
    }
    if let Some(venue) = &board.overview.venue {
        found.extend(venue_component(board, venue));
        for (index, market) in venue.markets.iter().enumerate() {
            found.extend(market_component(board, market, index));
        }
    }
    found
}

fn chain_component(board: &Board, chain: &ChainView, index: usize) -> Option<Component> {
    let rows = chain
        .upstreams
        .iter()
        .map(|upstream| ComponentKey::upstream(chain, upstream).id())
        .collect();
    let upstreams = text::counted(chain.endpoints, "upstream");
    let domains = text::counted(chain.domains, "independent domain");
    let mut component = component(board, &ComponentKey::chain(chain), &chain.name, index)?;
    component.group = true;
    component.components = Some(rows);
    component.description =
        Some(format!("JSON-RPC of chain {}: {upstreams}, {domains}", chain.chain_id));
    Some(component)
}

fn upstream_component(
    board: &Board,
    chain: &ChainView,
    upstream: &UpstreamView,
    index: usize,
) -> Option<Component> {
    let labels = [
        ("operator", &upstream.operator),
        ("cloud", &upstream.cloud),
        ("client", &upstream.client),
    ];
    let described: Vec<String> = labels
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label} {}", text::tidy(value, 80)))
        .collect();
    let mut component =
        component(board, &ComponentKey::upstream(chain, upstream), &upstream.name, index)?;
    component.group_id = Some(ComponentKey::chain(chain).id());
    component.description = (!described.is_empty()).then(|| described.join(", "));
    Some(component)
}

fn venue_component(board: &Board, venue: &VenueView) -> Option<Component> {
    let index = board.overview.chains.len();
    let rows = venue.markets.iter().map(|market| ComponentKey::market(market).id()).collect();
    let mut component = component(board, &ComponentKey::Venue, "Venue", index)?;
    component.group = true;
    component.components = Some(rows);
    let markets = text::counted(venue.markets.len(), "market");
    component.description =
        Some(format!("{markets}, settled in {}", text::tidy(&venue.settlement, 80)));
    Some(component)
}

fn market_component(board: &Board, market: &MarketView, index: usize) -> Option<Component> {
    let mut component = component(board, &ComponentKey::market(market), &market.symbol, index)?;
    component.group_id = Some(ComponentKey::Venue.id());
    component.description = Some(format!("index {}", text::tidy(&market.feed, 80)));
    Some(component)
}

fn component(board: &Board, key: &ComponentKey, name: &str, index: usize) -> Option<Component> {
    let history = board.history.component(key)?;
    let created_at = text::iso(history.created_ms);
    Some(Component {
        id: key.id(),
        name: text::tidy(name, 80),
        status: history.status.name(),
        start_date: created_at.split('T').next().map(str::to_owned),
        created_at,
        updated_at: text::iso(history.updated_ms),
        position: u8::try_from(index.saturating_add(1)).unwrap_or(u8::MAX),
        description: None,
        showcase: true,
        group_id: None,
        page_id: page_id(board),
        group: false,
        only_show_if_degraded: false,
        components: None,
    })
}

fn entry(board: &Board, incident: &Incident) -> IncidentEntry {
    let affected: Vec<String> = incident.affected.iter().map(ComponentKey::id).collect();
    IncidentEntry {
        id: incident.id.clone(),
        name: text::tidy(&incident.name, 200),
        status: incident.status.name(),
        impact: incident.impact.indicator(),
        created_at: text::iso(incident.announced_ms),
        updated_at: text::iso(incident.updated_ms()),
        started_at: text::iso(incident.started_ms),
        monitoring_at: incident.monitoring_ms.map(text::iso),
        resolved_at: incident.resolved_ms.map(text::iso),
        shortlink: board.incident_url(&incident.id),
        page_id: page_id(board),
        incident_updates: incident
            .updates
            .iter()
            .rev()
            .map(|update| update_entry(incident, update))
            .collect(),
        components: components(board)
            .into_iter()
            .filter(|component| affected.contains(&component.id))
            .collect(),
    }
}

fn update_entry(incident: &Incident, update: &Update) -> UpdateEntry {
    let at = text::iso(update.at_ms);
    UpdateEntry {
        id: update.id.clone(),
        status: update.status.name(),
        body: text::tidy(&update.body, 2_000),
        incident_id: incident.id.clone(),
        created_at: at.clone(),
        updated_at: at.clone(),
        display_at: at,
    }
}

#[cfg(test)]
mod tests;
