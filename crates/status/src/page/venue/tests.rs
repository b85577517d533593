//! The venue's pages as a reader and as an attacker meet them.

use units::{Money, Price, Quantity};

use super::*;
use crate::board::StatusOptions;
use crate::model::Overview;
use crate::page;
use crate::price::PriceStatus;
use crate::testing::{self, START_MS, market, overview, tape_line, venue};
use crate::venue::{
    AccountView, FillView, HoldingView, LaneView, MarketState, OrderView, TapeWhat, TradeView,
    VenueState,
};

/// A board that has seen a venue for so many seconds.
fn board(seconds: u64, change: impl Fn(&mut VenueView, u64)) -> Board {
    let mut board = Board::new(StatusOptions::default());
    for second in 0..seconds {
        let mut view = venue();
        change(&mut view, second);
        board.observe(Overview { venue: Some(view), ..overview(second, &[]) }, Vec::new());
    }
    board
}

fn venue_html(board: &Board) -> String {
    let now = board.history.now_ms();
    page::venue_document(board, &frame(board, now).main, now).expect("there is a venue")
}

fn status_html(board: &Board) -> String {
    let now = board.history.now_ms();
    page::document(board, &page::frame(board, None, now).main, now)
}

fn assert_has(html: &str, expected: &[&str]) {
    for text in expected {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
}

#[test]
fn books_trades_tape_fund_and_proof_are_plain_to_see_without_javascript() {
    let html = venue_html(&board(12, |view, second| {
        view.tape = vec![tape_line(9)];
        view.taped = second.min(9);
    }));
    assert_has(
        &html,
        &[
            "<title>All 2 markets trade · Seawall status</title>",
            "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>",
            "All 2 markets trade, money is conserved; the fund holds 1,000,000 USDT.",
            "BTCUSDT",
            "spread 2.0, 0.00 %",
            "<td class=\"price\">68,899.0</td><td>2.000</td>",
            "−1.50 %",
            "long <b>3.000 BTCUSDT</b> at 68,000.0",
            "opposite holders",
            "the fund <b>40.00</b>",
            "its fee to the fund 5.00",
            "covers the two largest at 10 %",
            "80 % of it",
            "no loss",
            "9,000,000.00",
            "all invariants hold",
            "what cuts risk",
            "oracle connected",
            "No open incident.",
        ],
    );
}

#[test]
fn the_status_page_says_in_short_how_the_venue_is_and_leads_to_the_rest() {
    let html = status_html(&board(12, |_, _| {}));
    assert_has(
        &html,
        &[
            "href=\"/venue\"",
            "href=\"/venue/account\"",
            "Markets that trade",
            "2 of 2",
            "68,900.0",
            "ethereum answers normally",
            "All 2 markets trade",
        ],
    );
    let mut without = Board::new(StatusOptions::default());
    without.observe(overview(0, &[]), Vec::new());
    let html = status_html(&without);
    assert!(!html.contains("/venue"), "there is none");
    assert_eq!(page::venue_document(&without, "", START_MS), None);
    assert_eq!(page::account_document(&without), None);
}

#[test]
fn a_name_cannot_write_html_into_the_venues_pages() {
    // Names of markets, assets and accounts come from configurations and administrations, reasons from anywhere.
    let hostile = "<script>alert(1)</script>\" onload=\"x\u{202e}";
    let board = board(40, |view, _| {
        for text in [&mut view.settlement, &mut view.oracle] {
            *text = hostile.to_owned();
        }
        let market = &mut view.markets[0];
        (market.symbol, market.feed) = (hostile.to_owned(), hostile.to_owned());
        market.state = MarketState::Halted;
        view.assets[0].name = hostile.to_owned();
        view.assets[0].feed = hostile.to_owned();
        view.lanes[0].name = hostile.to_owned();
        view.proof.broken = vec![hostile.to_owned()];
        let mut line = tape_line(1);
        line.what = TapeWhat::Collateral {
            asset: hostile.to_owned(),
            amount: Money::ONE,
            credited: Money::ONE,
        };
        view.tape = vec![line, tape_line(0)];
    });
    let account = AccountView {
        name: hostile.to_owned(),
        settlement: hostile.to_owned(),
        balances: vec![(hostile.to_owned(), Money::ONE, Money::ONE)],
        positions: vec![HoldingView { symbol: hostile.to_owned(), ..HoldingView::default() }],
        orders: vec![OrderView { symbol: hostile.to_owned(), ..OrderView::default() }],
        fills: vec![FillView { symbol: hostile.to_owned(), ..FillView::default() }],
        ..AccountView::default()
    };
    for html in [venue_html(&board), status_html(&board), page::account(&account)] {
        assert!(html.contains("&lt;script&gt;"));
        assert!(!html.contains("<script>") && !html.contains('\u{202e}'));
        assert!(!html.contains("\" onload=\""));
    }
}

#[test]
fn the_venues_page_needs_no_exception_from_its_policy_and_each_part_is_one_element() {
    let board = board(30, |view, _| view.tape = (0..30).map(tape_line).collect());
    let html = venue_html(&board);
    assert!(!html.contains(" style=\"") && !html.contains("<style"));
    assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/live.js?v=").count());
    let frame = frame(&board, board.history.now_ms());
    for (id, part) in &frame.parts {
        let tag = part.split('>').next().unwrap_or_default();
        assert!(tag.contains(&format!("id=\"{id}\"")), "{tag} lacks {id}");
        assert_eq!(frame.main.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        assert!(frame.main.contains(part.as_str()));
    }
}

#[test]
fn the_pages_stay_small_with_many_markets_and_a_long_tape() {
    // A page of megabytes each second is one that nobody can open on the day that it is needed.
    let board = board(30, |view, _| {
        view.markets =
            (0..200).map(|number| market(&format!("M{number}USDT"), "M/USD", 68_900)).collect();
        view.tape = (0..5_000).map(tape_line).collect();
        view.lanes = (0..4)
            .map(|lane| LaneView { name: format!("{lane}"), ..LaneView::default() })
            .collect();
    });
    let (venue, status) = (venue_html(&board).len(), status_html(&board).len());
    assert!(venue < 120_000, "{venue}");
    assert!(status < 60_000, "{status}");
}

#[test]
fn a_trade_in_one_market_sends_no_other_market_again() {
    let mut board = board(20, |_, _| {});
    let at = |board: &Board| frame(board, board.history.now_ms());
    let before = at(&board);
    let mut view = venue();
    view.markets[1].recent[0].price = Price::whole(3_905);
    board.observe(Overview { venue: Some(view), ..overview(20, &[]) }, Vec::new());
    let after = at(&board);
    let changes = after.changes(&before).expect("the same parts");
    let (bitcoin, ether) = (id_of("BTCUSDT"), id_of("ETHUSDT"));
    assert!(changes.contains_key(format!("trades-{ether}").as_str()));
    for same in [format!("trades-{bitcoin}"), format!("book-{bitcoin}"), format!("book-{ether}")] {
        assert!(!changes.contains_key(same.as_str()), "{same}");
    }
}

#[test]
fn trouble_is_said_first_and_with_what_it_means() {
    let check = |change: &dyn Fn(&mut VenueView), expected: &[&str]| {
        let html = venue_html(&board(8, |view, _| change(view)));
        assert_has(&html, expected);
    };
    check(
        &|view| view.state = VenueState::Stopped("the disk is full".to_owned()),
        &[
            "<h1>The venue has stopped</h1>",
            "the disk is full",
            "this installation: the venue itself",
            "Venue: stopped",
        ],
    );
    check(
        &|view| view.markets[0].state = MarketState::Halted,
        &["<h1>BTCUSDT: halted</h1>", "only cancels are taken", "1 of 2 markets trade"],
    );
    check(
        &|view| {
            view.connected = false;
            view.markets.iter_mut().for_each(|market| market.status = PriceStatus::Halted);
        },
        &["<h1>The venue has no prices</h1>", "oracle away", "Venue: prices away"],
    );
    check(
        &|view| {
            view.halted = true;
            view.proof.excess = Money::ONE;
            view.proof.broken = vec!["VN-1".to_owned()];
        },
        &[
            "<h1>The venue has halted itself</h1>",
            "VN-1 does not hold",
            "1.00 USDT were made or lost",
        ],
    );
}

#[test]
fn an_account_is_shown_with_what_threatens_it() {
    let held = HoldingView {
        symbol: "BTCUSDT".to_owned(),
        long: true,
        quantity: Quantity::whole(2),
        entry: Price::whole(70_000),
        mark: Some(Price::whole(68_900)),
        liquidation: Some(testing::price("61234.5")),
        profit: Money::whole(-2_200),
        leverage: 20,
        places: (1, 3),
        queue: Some((3, 41)),
        ahead: Quantity::whole(5),
        ..HoldingView::default()
    };
    let trade = TradeView { price: Price::whole(70_000), bought: true, ..TradeView::default() };
    let html = page::account(&AccountView {
        name: "you".to_owned(),
        settlement: "USDT".to_owned(),
        equity: Money::whole(1_000),
        maintenance: Money::whole(600),
        positions: vec![held],
        orders: vec![OrderView { number: 8, symbol: "ETHUSDT".to_owned(), ..OrderView::default() }],
        open_orders: 70,
        fills: vec![FillView { symbol: "BTCUSDT".to_owned(), trade, ..FillView::default() }],
        ..AccountView::default()
    });
    assert_has(
        &html,
        &[
            "near liquidation",
            "60 % of the balance",
            "61,234.5",
            "−2,200.00",
            "<b>3</b> of 41 before it",
            "5.000 closed first",
            "the newest 1 of 70",
        ],
    );
}

#[test]
fn a_secret_cannot_be_sent_without_the_script() {
    // A form with names and no script would put the secret into the address, and into every log on the way.
    let html = page::account_document(&board(2, |_, _| {})).expect("there is a venue");
    let form = html.split("<form").nth(1).and_then(|form| form.split("</form>").next());
    let form = form.expect("a form");
    assert!(form.contains(" hidden") && form.contains("type=\"password\""));
    for leak in [" name=", " action=", " method=", " value="] {
        assert!(!form.contains(leak), "{leak} in {form}");
    }
    assert!(html.contains("<script src=\"/account.js?v=") && !html.contains("/live.js"));
    let script = page::ACCOUNT_SCRIPT;
    for store in ["localStorage", "sessionStorage", "indexedDB", "document.cookie", "history."] {
        assert!(!script.contains(store), "{store}");
    }
}
