//! What the tape says afterwards, and whether it is true.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::venue::Client;
use units::{Money, Price, Quantity, Timestamp};
use venue_core::{
    AccountId, Liquidated, Lots, MarketId, PositionSide, Side, TakenBy, TapeEnd, TapeEntry, Ticks,
};

use crate::Report;
use crate::due::{State, amount, worth};

/// The steps of the market.
const TICK: Price = Price::from_raw(100_000_000_000);
const LOT: Quantity = Quantity::from_raw(1_000_000_000);

/// The whole tape by its ranges, one after the other.
pub(crate) fn tape(client: &mut Client) -> Vec<Value> {
    let mut tape = Vec::new();
    let mut from = 1;
    loop {
        let range = client.get(&format!("/v1/tape?from={from}&limit=1000"));
        let items = range["items"].as_array().expect("a list");
        if items.is_empty() {
            return tape;
        }
        tape.extend(items.iter().cloned());
        from = range["next"].as_u64().expect("a number");
    }
}

/// The entry as the venue's core has it, from nothing but what is told.
fn entry(line: &Value) -> TapeEntry {
    let number = |name: &str| line[name].as_u64().unwrap_or_else(|| panic!("{name} in {line}"));
    let ticks = |name: &str| steps(amount(line, name), TICK.raw());
    let mut hash = [0; 32];
    let digits = line["hash"].as_str().expect("digits");
    for (place, byte) in hash.iter_mut().enumerate() {
        let pair = digits.get(2 * place..2 * place + 2).expect("64 digits");
        *byte = u8::from_str_radix(pair, 16).expect("hexadecimal digits");
    }
    let nanos = line["at_ns"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    TapeEntry {
        number: number("number"),
        at: Timestamp::from_nanos(nanos),
        account: AccountId::new(u32::try_from(number("account")).expect("small")),
        what: Liquidated::Position {
            market: MarketId::new(u16::try_from(number("market")).expect("small")),
            position: PositionSide::Both,
            side: if line["side"] == "SELL" { Side::Sell } else { Side::Buy },
            lots: Lots::new(steps(amount(line, "quantity"), LOT.raw())),
            price: Ticks::new(ticks("price")),
            mark: Ticks::new(ticks("mark")),
            bankruptcy: Ticks::new(ticks("bankruptcy")),
            taken_by: match line["taken_by"].as_str() {
                Some("book") => TakenBy::Book,
                Some("backstop") => TakenBy::Backstop,
                _ => TakenBy::Holders,
            },
        },
        fee: amount(line, "fee"),
        fund_paid: amount(line, "fund_paid"),
        holders_paid: amount(line, "holders_paid"),
        socialised: amount(line, "socialised"),
        unpaid: amount(line, "unpaid"),
        fund: amount(line, "fund"),
        hash,
    }
}

fn steps(amount: Money, step: i128) -> i64 {
    assert_eq!(amount.raw() % step, 0, "{amount} is no whole number of steps");
    i64::try_from(amount.raw() / step).expect("small")
}

/// Looks whether it is numbered without a gap, and whether each hash is that of what is told and of the one before.
pub(crate) fn is_whole(tape: &[Value]) {
    let mut end = TapeEnd::default();
    for line in tape {
        end.follow(&entry(line)).unwrap_or_else(|fault| panic!("{fault}: {line}"));
    }
}

/// Looks whether those are on it who are due by the full check, each with all that it held, in the order of their turns.
pub(crate) fn is_the_crowd(tape: &[Value], due: &[State], mark: Money) {
    for (line, state) in tape.iter().zip(due) {
        assert_eq!(line["account"], state.account, "it was not the turn of {line}");
        assert_eq!(
            (amount(line, "quantity"), amount(line, "mark")),
            (state.amount, mark),
            "{line}"
        );
        assert_eq!((&line["side"], &line["taken_by"]), (&"SELL".into(), &"book".into()), "{line}");
    }
    assert_eq!(
        tape.len(),
        due.len(),
        "some were liquidated who were not due, or were not who were"
    );
}

/// How long it took by the venue's clock.
pub(crate) fn span_ms(tape: &[Value]) -> u64 {
    let at = |line: Option<&Value>| line.and_then(|line| line["at"].as_u64()).expect("a time");
    at(tape.last()).saturating_sub(at(tape.first()))
}

/// Looks whether everybody has what the tape says: who is on it what was left, everybody else what it had before. What
/// the maker bought is what the others sold.
pub(crate) fn is_accounted_for(tape: &[Value], before: &[State], after: &[State]) {
    let entries: BTreeMap<u64, &Value> =
        tape.iter().map(|line| (line["account"].as_u64().expect("a number"), line)).collect();
    let sold: Money =
        tape.iter().map(|line| amount(line, "quantity")).fold(Money::ZERO, Money::plus);
    assert_eq!(before.len(), after.len());
    let mut bought = Money::ZERO;
    for (was, is) in before.iter().zip(after) {
        let Some(line) = entries.get(&was.account) else {
            if was.amount < Money::ZERO {
                bought = bought.plus(is.amount.minus(was.amount));
            } else {
                assert_eq!(was, is, "it was not due, and something has changed");
            }
            continue;
        };
        let brought = worth(amount(line, "quantity"), amount(line, "price"));
        let left = was.cash.plus(brought).minus(was.cost).minus(amount(line, "fee"));
        let paid = ["fund_paid", "holders_paid", "socialised", "unpaid"];
        assert!(paid.iter().all(|name| amount(line, name) == Money::ZERO), "{line}");
        assert_eq!((is.cash, is.amount), (left, Money::ZERO), "{line}");
    }
    assert_eq!(bought, sold, "the maker has bought what they sold");
}

/// The proof of conservation, which has to hold.
pub(crate) fn conserved(client: &mut Client) -> Value {
    let books = client.get("/v1/conservation");
    assert_eq!(amount(&books, "excess"), Money::ZERO, "{books}");
    assert_eq!(books["broken"], serde_json::json!([]), "{books}");
    books
}

/// Looks whether the fund has got what the tape says, entry by entry and altogether, and nobody has brought anything in.
pub(crate) fn fund_has_the_fees(tape: &[Value], before: &Value, after: &Value) {
    let mut fund = amount(before, "fund");
    for line in tape {
        fund = fund.plus(amount(line, "fee")).minus(amount(line, "fund_paid"));
        assert_eq!(amount(line, "fund"), fund, "{line}");
    }
    assert_eq!(amount(after, "fund"), fund);
    assert_eq!(amount(after, "brought_in"), amount(before, "brought_in"));
}

/// What Binance's stream would have shown of it: of each symbol the largest order within each second.
pub(crate) fn binance(tape: &[Value], report: &mut Report) {
    let mut shown: BTreeMap<(String, u64), Money> = BTreeMap::new();
    let mut all = Money::ZERO;
    for line in tape {
        let quantity = amount(line, "quantity");
        all = all.plus(quantity);
        let second = line["at"].as_u64().expect("a time") / 1_000;
        let largest = shown.entry((line["symbol"].to_string(), second)).or_default();
        *largest = (*largest).max(quantity);
    }
    let sum = shown.values().copied().fold(Money::ZERO, Money::plus);
    report.line("on the tape", format!("{} liquidations of {all} BTC", tape.len()));
    let told = format!("{} of {sum} BTC", shown.len());
    report.line("what Binance's rule would have shown (one a symbol and second)", told);
}
