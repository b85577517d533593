//! A venue that is not built in, as the file describes it: `[oracle.venue.generic]`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use ::oracle::config::VenueReader;
use units::Span;
use wire_market::{GenericSettings, GenericVenue, KeepAlive, Places, Pointer, TimeUnit};

use super::super::reader::{Found, Reader};
use super::super::report::Report;
use super::super::value::shown;
use super::venue::{Endpoints, MarketDraft};

/// What `venue` says for it, and the table that describes it.
pub(super) const GENERIC: &str = "generic";

/// The keys of that table.
const KEYS: &[&str] = &[
    "subscribe",
    "keep_alive",
    "keep_alive_every",
    "keep_alive_every_ms",
    "market",
    "bid",
    "bid_quantity",
    "ask",
    "ask_quantity",
    "last",
    "time",
    "time_unit",
    "sequence",
    "count",
    "quote_path",
    "quote_bid",
    "quote_ask",
    "quote_last",
    "quote_time",
    "book_path",
    "book_bids",
    "book_asks",
];

/// From what the strictest venue bears to what none waits for.
const KEEP_ALIVE: RangeInclusive<Span> = Span::from_secs(1)..=Span::from_secs(600);

const TIME_UNITS: [(&str, TimeUnit); 5] = [
    ("s", TimeUnit::Seconds),
    ("ms", TimeUnit::Milliseconds),
    ("us", TimeUnit::Microseconds),
    ("ns", TimeUnit::Nanoseconds),
    ("iso", TimeUnit::Iso),
];

/// Reads what describes a venue.
pub(super) fn read(
    table: &Reader<'_>,
    name: Option<&Found<String>>,
    markets: &[MarketDraft],
    endpoints: &Endpoints,
    report: &mut Report<'_>,
) -> Option<VenueReader> {
    let accepted = "[oracle.venue.generic], which says what to send and where prices stand";
    table.missing("name", "a name for what is not built in, such as \"corner\"", report);
    table.missing_table(GENERIC, accepted, report);
    let before = report.mistake_count();
    let generic = table.table(GENERIC, KEYS, report)?;
    let settings = settings(&generic, name, markets, endpoints, report)?;
    if report.mistake_count() > before {
        return None;
    }
    match GenericVenue::new(settings) {
        Ok(venue) => Some(VenueReader::Described(Arc::new(venue))),
        Err(mistakes) => {
            mistakes.into_iter().for_each(|mistake| report.mistake(&generic.place, mistake));
            None
        }
    }
}

fn settings(
    generic: &Reader<'_>,
    name: Option<&Found<String>>,
    markets: &[MarketDraft],
    (websocket, rest): &Endpoints,
    report: &mut Report<'_>,
) -> Option<GenericSettings> {
    let time_unit = generic.choice("time_unit", &TIME_UNITS, report).map(|found| found.value);
    let time_unit = time_unit.unwrap_or_default();
    let mut place = |key| pointer(generic, key, report);
    let frame = Places {
        market: place("market"),
        bid: place("bid"),
        bid_quantity: place("bid_quantity"),
        ask: place("ask"),
        ask_quantity: place("ask_quantity"),
        last: place("last"),
        time: place("time"),
        time_unit,
        sequence: place("sequence"),
    };
    let answer = Places {
        bid: place("quote_bid"),
        ask: place("quote_ask"),
        last: place("quote_last"),
        time: place("quote_time"),
        time_unit,
        ..Places::default()
    };
    let count = place("count");
    let (bids, asks) = (place("book_bids"), place("book_asks"));
    let only_market = match markets {
        [market] => market.market.as_ref().map(|found| found.value.clone()),
        _ => None,
    };
    let every = generic.span("keep_alive_every", &KEEP_ALIVE, report).map(|found| found.value);
    let keep_alive = text(generic, "keep_alive", report)
        .map(|text| KeepAlive { every: every.unwrap_or(Span::from_secs(20)), text });
    Some(GenericSettings {
        name: name?.value.clone(),
        // Their values are the table's; here it only matters whether there are any.
        websocket: websocket.as_ref().map_or_else(String::new, |it| it.masked()),
        rest: rest.as_ref().map_or_else(String::new, |it| it.masked()),
        subscribe: text(generic, "subscribe", report).into_iter().collect(),
        keep_alive,
        frame,
        count,
        only_market: only_market.unwrap_or_default(),
        quote_path: text(generic, "quote_path", report).unwrap_or_default(),
        answer,
        book_path: text(generic, "book_path", report).unwrap_or_default(),
        bids,
        asks,
    })
}

fn pointer(table: &Reader<'_>, key: &str, report: &mut Report<'_>) -> Option<Pointer> {
    let accepted = "a place in JSON, such as \"/data/0/bid\"";
    let found = table.text(key, accepted, report, |text| {
        Pointer::new(text).ok_or_else(|| format!("{} is no place", shown(text)))
    });
    found.map(|found| found.value)
}

fn text(table: &Reader<'_>, key: &str, report: &mut Report<'_>) -> Option<String> {
    let found = table.text(key, "a text", report, |text| Ok(text.to_owned()));
    found.map(|found| found.value)
}
