//! One fall of a price liquidates a crowd, through the built binary: all of it is on the tape, complete and in order, on
//! every way on which the tape is told, and every entry is accounted for by what the accounts had before.
//!
//! The gate sends three hundred; `cargo xtask proof liquidations` sends ten thousand, with the release build.

mod after;
mod crowd;
mod due;
mod heard;

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::Value;
use testkit::proof;
use testkit::venue::{Plan, Venue, now_ms};

use crowd::{Crowd, FALLEN, INDEX};
use due::money;

/// How many are liquidated in the test command: enough that the tape is not one message.
const SAMPLE: usize = 300;

/// What the venue is told beside its defaults, and why:
///
/// - `liquidation_floor`: how much a market may liquidate in a second whatever its depth. The default of 100,000 would
///   spread the wave over a minute and a half, which is what it is for; here all of it has to come in one.
/// - `impact`: of what size the quotes are that move the mark. Nobody has as much here, so that the mark is the index, and
///   who is due can be worked out before.
const MARKET: &str = r#"
fund = 1000000
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
liquidation_floor = 1000000000
impact = 1000000000
"#;

/// How many are liquidated in the proof: what the table is about.
const WHOLE: usize = 10_000;

/// What is told, line by line.
struct Report(String);

impl Report {
    fn line(&mut self, name: &str, what: impl std::fmt::Display) {
        writeln!(self.0, "| {name} | {what} |").expect("a text takes everything");
    }
}

#[test]
fn a_wave_of_liquidations_is_told_whole_and_in_order() {
    // A tape that shows one liquidation a symbol and second hides a crash from everybody but the venue.
    let mut report = Report("| what | figure |\n|---|---|\n".to_owned());
    let wanted = proof::number("SEAWALL_ACCOUNTS", SAMPLE, WHOLE);
    let plan = Plan { venue_lines: MARKET.to_owned(), ..Plan::default() };
    let mut venue = Venue::start(&plan, &[("BTC/USD", INDEX)]);
    let began = Instant::now();
    let crowd = Crowd::open(&venue, wanted);
    report.line("accounts opened", crowd.len());
    report.line(
        "seconds for that, with deposits, keys, leverage and orders",
        began.elapsed().as_secs(),
    );

    let before = crowd.states(&venue);
    let books = after::conserved(&mut venue.client());
    let mark = money(FALLEN);
    let brackets = due::brackets(&mut venue.client());
    let due = due::order_of_turns(&before, mark, &brackets);
    assert_eq!(due.len(), wanted, "the plan and the full check must agree on who is due");

    let listening = heard::Listening::begin(venue.address, due.len());
    let (fell, fell_at) = (Instant::now(), now_ms());
    venue.oracle.set("BTC/USD", FALLEN);
    let heard = listening.end(fell);
    report.line("accounts due by the full check, and liquidated", due.len());

    let tape = after::tape(&mut venue.client());
    after::is_whole(&tape);
    after::is_the_crowd(&tape, &due, mark);
    heard.is_the_tape(&tape);
    let span = after::span_ms(&tape);
    assert!(span < 1_000, "they were spread over {span} ms");
    let first = tape.first().and_then(|line| line["at"].as_u64()).expect("a time");
    report.line("ms from the first to the last, by the venue's clock", span);
    report.line("ms from the oracle's word to the first", first.saturating_sub(fell_at));
    report.line("ms until the last was heard on /v1/tape, resumed in the middle", heard.tape_ms);
    report.line("ms until the last was heard on !forceOrder@arr", heard.force_orders_ms);

    let states = crowd.states(&venue);
    after::is_accounted_for(&tape, &before, &states);
    let after_it = after::conserved(&mut venue.client());
    after::fund_has_the_fees(&tape, &books, &after_it);
    after::binance(&tape, &mut report);
    report.line("money that was never brought in", after_it["excess"].as_str().unwrap_or("?"));
    crowd.own_words(&venue, &tape);

    // What was told is still so after a crash.
    venue.restart();
    assert!(after::tape(&mut venue.client()) == tape, "another tape after a restart");
    assert_eq!(strip(after::conserved(&mut venue.client())), strip(after_it));
    report.line("after kill -9 and a restart", "the same tape, to the byte");
    print!("{}", report.0);
    proof::write(&report.0);
}

/// Without the number of commands: prices go on.
fn strip(mut books: Value) -> Value {
    if let Some(books) = books.as_object_mut() {
        books.remove("commands");
    }
    books
}
