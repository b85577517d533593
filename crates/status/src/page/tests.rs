//! The page as a reader and as an attacker meet it.

use super::*;
use crate::board::StatusOptions;
use crate::model::{
    EventView, ForkView, Overview, PlacesView, QuotaView, UpstreamState, UpstreamView,
};
use crate::price::{CostView, PriceStatus, PriceView, SourceView};
use crate::testing::{START_MS, overview};

const TWO_DOWN: [(&str, UpstreamState, u64); 2] =
    [("harbour", UpstreamState::Unreachable, 2), ("northwind", UpstreamState::Lagging, 2)];

fn board(seconds: u64, change: impl Fn(u64) -> Overview) -> Board {
    let mut board = Board::new(StatusOptions::default());
    for second in 0..seconds {
        board.observe(change(second), Vec::new());
    }
    board
}

fn html(board: &Board) -> String {
    let now = board.history.now_ms();
    document(board, &frame(board, None, now).main, now)
}

#[test]
fn two_nodes_down_are_plain_to_see_without_javascript() {
    let html = html(&board(60, |second| overview(second, &TWO_DOWN)));
    for expected in [
        "<title>Answering; 2 of 5 upstreams are out · Seawall status</title>",
        "<h1>Answering; 2 of 5 upstreams are out</h1>",
        "3 of 5 upstreams, run by 2 operators, agree on head 19,234,567",
        "class=\"verdict minor\"",
        "harbour (ethereum): unreachable",
        "northwind (ethereum): lagging",
        "frozen at block 19234500 while others are 67 further",
        "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>",
        "announced 8 s later",
    ] {
        assert!(html.contains(expected), "{expected} is missing in {html}");
    }
}

#[test]
fn an_upstream_cannot_write_html_into_the_page() {
    let hostile = "<script>alert(1)</script>\" onload=\"x\u{202e}";
    let board = board(60, |second| {
        let mut overview = overview(second, &TWO_DOWN);
        let chain = &mut overview.chains[0];
        chain.warnings = vec![hostile.to_owned()];
        let upstream = &mut chain.upstreams[0];
        for text in
            [&mut upstream.name, &mut upstream.reason, &mut upstream.client, &mut upstream.operator]
        {
            *text = hostile.to_owned();
        }
        upstream.state = UpstreamState::Unreachable;
        overview.notices = vec![hostile.to_owned()];
        overview
    });
    let mut board = board;
    let event =
        EventView { chain: hostile.to_owned(), text: hostile.to_owned(), ..EventView::default() };
    board.observe(overview(60, &[]), vec![EventView { kind: hostile.to_owned(), ..event }]);
    let incident_page = incident(&board, board.incidents.open()[0], START_MS);
    for html in [html(&board), incident_page] {
        assert!(html.contains("&lt;script&gt;"));
        assert!(!html.contains("<script>") && !html.contains('\u{202e}'));
        assert!(!html.contains("\" onload=\""));
    }
}

#[test]
fn nothing_on_the_page_needs_an_exception_from_its_content_security_policy() {
    let html = html(&board(60, |second| overview(second, &TWO_DOWN)));
    assert!(!html.contains(" style=\"") && !html.contains("<style"));
    assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/live.js?v=").count());
    assert!(!html.contains("http://www.") || html.contains("xmlns=\"http://www.w3.org/2000/svg\""));
}

#[test]
fn the_page_stays_small_with_full_charts_and_with_many_upstreams() {
    let many = |number: usize, seconds: u64| {
        let board = board(seconds, |second| {
            let mut overview = overview(second * 5, &TWO_DOWN);
            let chain = &mut overview.chains[0];
            let first = chain.upstreams[0].clone();
            chain.upstreams = (0..number)
                .map(|index| UpstreamView { name: format!("node-{index}"), ..first.clone() })
                .collect();
            overview
        });
        html(&board).len() + STYLE.len() + SCRIPT.len()
    };
    assert!(many(5, 800) < 60_000, "{}", many(5, 800));
    assert!(many(24, 800) < 120_000, "{}", many(24, 800));
    assert!(many(60, 800) < 120_000, "{}", many(60, 800));
}

#[test]
fn only_what_changed_is_sent() {
    let mut board = board(30, |second| overview(second, &[]));
    let at = |board: &Board| frame(board, None, board.history.now_ms());
    let before = at(&board);
    let mut next = overview(30, &[]);
    next.chains[0].upstreams[1].latency_us = Some(99_000);
    board.observe(next, Vec::new());
    let after = at(&board);
    let changes = after.changes(&before).expect("the same parts");
    let row = |index: usize| {
        let chain = &board.overview.chains[0];
        format!(
            "row-{}",
            crate::component::ComponentKey::upstream(chain, &chain.upstreams[index]).id()
        )
    };
    assert!(changes.contains_key("verdict") && changes.contains_key(row(1).as_str()));
    assert!(
        !changes.contains_key("incidents")
            && !changes.contains_key("events")
            && !changes.contains_key("limits")
    );
    let mut gone = overview(31, &[]);
    gone.chains[0].upstreams.remove(0);
    board.observe(gone, Vec::new());
    assert_eq!(at(&board).changes(&after), None);
}

#[test]
fn every_part_is_one_element_with_its_own_id() {
    let board = board(40, |second| overview(second, &TWO_DOWN));
    let frame = frame(&board, Some("<p>panel</p>"), board.history.now_ms());
    for (id, part) in &frame.parts {
        let tag = part.split('>').next().unwrap_or_default();
        assert!(tag.contains(&format!("id=\"{id}\"")), "{tag} lacks {id}");
        assert_eq!(frame.main.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        assert!(frame.main.contains(part.as_str()));
    }
    assert!(frame.parts.contains_key("panel"));
}

#[test]
fn what_an_upstream_bears_and_who_is_not_ready_is_plain_to_see() {
    // An operator would find out that a quota is used up, or that a node does not know a fork, when it trips.
    let html = html(&board(20, |second| {
        let mut overview = overview(second, &[]);
        let chain = &mut overview.chains[0];
        chain.places = Some(PlacesView { places: 60, taken: 12, waiting: 3, shed: 1_204 });
        chain.forks = vec![ForkView {
            name: "glamsterdam".to_owned(),
            block: Some(19_300_000),
            in_ms: Some(9 * 86_400_000),
            unready: vec!["harbour (1.14.0, needs 1.17.0)".to_owned()],
            unknown: vec!["lantern".to_owned()],
            ..ForkView::default()
        }];
        let upstream = &mut chain.upstreams[0];
        (upstream.under_way, upstream.room) = (3, Some(20));
        upstream.quota = QuotaView {
            second_used: 24,
            second_limit: Some(25),
            learned: true,
            day_used: 1_000,
            day_limit: Some(100_000),
        };
        overview
    }));
    for expected in [
        "12 of 60 places taken, <strong class=\"bad\">3 wait</strong>, 1,204 sent away",
        "3 of 20 places",
        "<span class=\"sub bad\">24 of 25 a second, learned</span>",
        "<span class=\"sub\">1,000 of 100,000 a day</span>",
        "block 19,300,000, in 9 d",
        "1 not ready",
        "harbour (1.14.0, needs 1.17.0)",
        "not known: lantern",
    ] {
        assert!(html.contains(expected), "{expected} is missing in {html}");
    }
}

#[test]
fn a_refused_source_and_its_reason_are_plain_to_see() {
    let price = |text: &str| units::Price::parse(text.as_bytes()).expect("a number");
    let refused = SourceView {
        name: "binance:USDEUSDT".to_owned(),
        price: Some(price("0.65")),
        refused: Some("it is too far from the others <b>".to_owned()),
        weight_bps: 0,
    };
    let view = PriceView {
        symbol: "USDE/USD".to_owned(),
        status: PriceStatus::Degraded,
        causes: vec!["2 independent sources are used, and 3 are needed".to_owned()],
        market: Some(price("0.9998")),
        fundamental: Some(price("1")),
        liquidation: Some(price("0.9998")),
        confidence: Some(price("0.0004")),
        age_ms: Some(200),
        sources: vec![refused],
        cost: [
            Some(CostView { at_least: units::Money::whole(1_250_000), ..CostView::default() }),
            None,
        ],
        ..PriceView::default()
    };
    let html =
        html(&board(60, |second| Overview { prices: vec![view.clone()], ..overview(second, &[]) }));
    for expected in [
        "class=\"pill minor\"",
        "degraded",
        "<b>0.999800</b>",
        "binance:USDEUSDT",
        "−34.98 %",
        "<b>refused</b>: it is too far from the others &lt;b&gt;",
        "class=\"source refused\"",
        "≥ $1,250,000",
        "<h1>The price of USDE/USD is degraded</h1>",
        "USDE/USD is degraded: 2 independent sources are used, and 3 are needed",
    ] {
        assert!(html.contains(expected), "{expected} is missing in {html}");
    }
}
