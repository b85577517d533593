//! The JSON as a strict client reads it: every field there, of the narrowest type any client declares.

use serde::Deserialize;

use super::*;
use crate::board::StatusOptions;
use crate::model::UpstreamState;
use crate::testing::{START_MS, overview};

#[derive(Deserialize)]
struct ReadPage {
    id: String,
    name: String,
    url: String,
    time_zone: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct ReadStatus {
    indicator: ReadIndicator,
    description: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ReadIndicator {
    None,
    Minor,
    Major,
    Critical,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ReadComponentStatus {
    Operational,
    DegradedPerformance,
    PartialOutage,
    MajorOutage,
}

#[derive(Deserialize)]
struct ReadComponent {
    id: String,
    name: String,
    status: ReadComponentStatus,
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
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ReadIncidentStatus {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
}

#[derive(Deserialize)]
struct ReadIncident {
    id: String,
    name: String,
    status: ReadIncidentStatus,
    impact: ReadIndicator,
    created_at: String,
    updated_at: String,
    monitoring_at: Option<String>,
    resolved_at: Option<String>,
    shortlink: String,
    page_id: String,
    incident_updates: Vec<ReadUpdate>,
}

#[derive(Deserialize)]
struct ReadUpdate {
    id: String,
    status: ReadIncidentStatus,
    body: String,
    incident_id: String,
    created_at: String,
    updated_at: String,
    display_at: String,
}

#[derive(Deserialize)]
struct ReadSummary {
    page: ReadPage,
    components: Vec<ReadComponent>,
    incidents: Vec<ReadIncident>,
    scheduled_maintenances: Vec<serde_json::Value>,
    status: ReadStatus,
}

#[derive(Deserialize)]
struct ReadIncidents {
    page: ReadPage,
    incidents: Vec<ReadIncident>,
}

fn board(seconds: u64, out: &[(&str, UpstreamState, u64)]) -> Board {
    let mut board = Board::new(StatusOptions::default());
    for second in 0..seconds {
        board.observe(overview(second, out), Vec::new());
    }
    board
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> T {
    serde_json::from_str(json).expect("a strict client reads it")
}

fn check_time(text: &str) {
    assert!(
        text.len() == 24 && text.ends_with('Z') && text.contains('T'),
        "{text} is not ISO 8601 in UTC with ms"
    );
}

const TWO_DOWN: [(&str, UpstreamState, u64); 2] =
    [("harbour", UpstreamState::Unreachable, 0), ("northwind", UpstreamState::Quarantined, 0)];

#[test]
fn a_strict_client_reads_the_summary_while_two_nodes_are_down() {
    let board = board(30, &TWO_DOWN);
    let json = document(&board, "summary.json", START_MS + 30_000).expect("a document");
    let summary: ReadSummary = read(&json);
    assert_eq!(summary.page.name, "Seawall");
    assert_eq!(
        (summary.page.url.as_str(), summary.page.time_zone.as_str()),
        ("http://127.0.0.1:8080", "Etc/UTC")
    );
    check_time(&summary.page.updated_at);
    assert_eq!(summary.status.indicator, ReadIndicator::Minor);
    assert_eq!(summary.status.description, "Answering; 2 of 5 upstreams are out");
    assert!(summary.scheduled_maintenances.is_empty());
    assert_eq!(summary.components.len(), 6);
    let [group, harbour, northwind, meridian, ..] = summary.components.as_slice() else {
        panic!("six rows")
    };
    assert!(group.group && group.group_id.is_none() && !harbour.group);
    assert_eq!(harbour.group_id.as_ref(), Some(&group.id));
    assert_eq!(harbour.name, "harbour");
    assert_eq!(
        harbour.description.as_deref(),
        Some("operator self, cloud hetzner/fsn1, client geth/v1.14.0")
    );
    assert_eq!(group.status, ReadComponentStatus::DegradedPerformance);
    assert_eq!(harbour.status, ReadComponentStatus::MajorOutage);
    assert_eq!(northwind.status, ReadComponentStatus::PartialOutage);
    assert_eq!(meridian.status, ReadComponentStatus::Operational);
    for component in &summary.components {
        assert!(component.showcase && !component.only_show_if_degraded && component.position >= 1);
        assert_eq!(component.page_id, summary.page.id);
        assert_eq!(component.start_date.as_deref(), Some("2026-11-21"));
        check_time(&component.created_at);
        check_time(&component.updated_at);
    }
    assert_eq!(summary.incidents.len(), 2);
    for incident in &summary.incidents {
        assert_eq!(
            (incident.status == ReadIncidentStatus::Identified, incident.impact),
            (true, ReadIndicator::Minor)
        );
        assert_eq!(incident.shortlink, format!("http://127.0.0.1:8080/incidents/{}", incident.id));
        assert_eq!(incident.page_id, summary.page.id);
        assert!(incident.name.contains("(ethereum)") && incident.monitoring_at.is_none());
        check_time(&incident.created_at);
        check_time(&incident.updated_at);
        // Newest first, as Statuspage has it.
        let [identified, investigating] = incident.incident_updates.as_slice() else {
            panic!("two updates")
        };
        assert_eq!(identified.status, ReadIncidentStatus::Identified);
        assert_eq!(investigating.status, ReadIncidentStatus::Investigating);
        assert_eq!(
            (&identified.incident_id, identified.id == investigating.id),
            (&incident.id, false)
        );
        assert!(!identified.body.is_empty());
        for time in [&identified.created_at, &identified.updated_at, &identified.display_at] {
            check_time(time);
        }
    }
}

#[test]
fn every_sibling_document_is_there_and_nothing_else_is() {
    let board = board(30, &TWO_DOWN);
    let keys = |path: &str| {
        document(&board, path, START_MS).map(|json| {
            let value: serde_json::Value = read(&json);
            value
                .as_object()
                .map(|object| object.keys().cloned().collect::<Vec<_>>().join(" "))
                .unwrap_or_default()
        })
    };
    let check =
        |path: &str, expect: &str| assert_eq!(keys(path).as_deref(), Some(expect), "{path}");
    check("summary.json", "components incidents page scheduled_maintenances status");
    check("status.json", "page status");
    check("components.json", "components page");
    check("incidents.json", "incidents page");
    check("incidents/unresolved.json", "incidents page");
    check("scheduled-maintenances.json", "page scheduled_maintenances");
    check("scheduled-maintenances/upcoming.json", "page scheduled_maintenances");
    check("scheduled-maintenances/active.json", "page scheduled_maintenances");
    assert_eq!(keys("nothing.json"), None);
    assert_eq!(keys(""), None);
}

#[test]
fn closed_incidents_leave_the_unresolved_list_and_keep_their_times() {
    let mut board = board(30, &TWO_DOWN);
    for second in 30..200 {
        board.observe(overview(second, &[]), Vec::new());
    }
    let now = START_MS + 200_000;
    let json = document(&board, "incidents/unresolved.json", now).expect("a document");
    assert!(read::<ReadIncidents>(&json).incidents.is_empty());
    let json = document(&board, "incidents.json", now).expect("a document");
    let all: ReadIncidents = read(&json);
    assert_eq!((all.incidents.len(), all.page.id.len()), (2, 12));
    for incident in all.incidents {
        assert_eq!(incident.status, ReadIncidentStatus::Resolved);
        assert!(incident.monitoring_at.is_some() && incident.resolved_at.is_some());
    }
    let json = document(&board, "status.json", now).expect("a document");
    assert!(
        json.contains(r#""status":{"indicator":"none","description":"All Systems Operational"}"#),
        "{json}"
    );
}

#[test]
fn three_hundred_upstreams_do_not_overflow_a_byte() {
    let mut overview = overview(0, &[]);
    let chain = &mut overview.chains[0];
    chain.upstreams = (0..300)
        .map(|index| UpstreamView { name: format!("node-{index}"), ..chain.upstreams[0].clone() })
        .collect();
    let mut board = Board::new(StatusOptions::default());
    board.observe(overview, Vec::new());
    let json = document(&board, "summary.json", START_MS).expect("a document");
    assert_eq!(
        read::<ReadSummary>(&json).components.last().map(|component| component.position),
        Some(255)
    );
}

#[test]
fn the_same_state_gives_the_same_bytes() {
    // ETags would otherwise never match.
    let mut board = board(30, &TWO_DOWN);
    let first = document(&board, "summary.json", START_MS + 29_000);
    board.observe(overview(30, &TWO_DOWN), Vec::new());
    assert_eq!(document(&board, "summary.json", START_MS + 30_000), first);
}

#[test]
fn before_the_first_measurement_nothing_is_called_operational() {
    let board = Board::new(StatusOptions::default());
    let json = document(&board, "summary.json", START_MS).expect("a document");
    let summary: ReadSummary = read(&json);
    assert_eq!(
        (summary.status.indicator, summary.status.description.as_str()),
        (ReadIndicator::Minor, "Not known yet")
    );
}

#[test]
fn the_venue_and_its_markets_are_components_of_a_group() {
    // Clients that aggregate status pages would not know that there is a venue.
    let mut board = Board::new(StatusOptions::default());
    for second in 0..20 {
        let mut view = crate::testing::venue();
        view.markets[1].state = crate::venue::MarketState::Halted;
        let overview = crate::model::Overview { venue: Some(view), ..overview(second, &[]) };
        board.observe(overview, Vec::new());
    }
    let json = document(&board, "summary.json", START_MS + 19_000).expect("a document");
    let summary: ReadSummary = read(&json);
    let named = |name: &str| summary.components.iter().find(|it| it.name == name).expect(name);
    let (group, bitcoin, ether) = (named("Venue"), named("BTCUSDT"), named("ETHUSDT"));
    assert!(group.group && bitcoin.group_id.as_ref() == Some(&group.id));
    assert_eq!(group.status, ReadComponentStatus::PartialOutage);
    assert_eq!(bitcoin.status, ReadComponentStatus::Operational);
    assert_eq!(ether.status, ReadComponentStatus::MajorOutage);
    assert_eq!(summary.incidents.len(), 1);
    assert_eq!(summary.incidents[0].name, "ETHUSDT: halted");
    assert_eq!(summary.status.indicator, ReadIndicator::Critical);
}
