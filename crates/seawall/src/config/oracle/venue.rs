//! The `[[oracle.venue]]` tables and their markets.

use std::ops::RangeInclusive;

use ::oracle::QUESTION_GAP;
use ::oracle::config::{DEFAULT_POLL, MarketConfig, VenueConfig, VenueReader};
use oracle_core::GroupKind;
use runtime::client::Endpoint;
use units::Span;
use wire_market::Venue;

use super::super::reader::{Found, Reader};
use super::super::report::{Place, Report};
use super::super::value::{self, shown};
use super::{feed, generic};

/// The keys of `[[oracle.venue]]`.
pub(super) const KEYS: &[&str] = &[
    "name",
    "venue",
    "websocket",
    "rest",
    "poll",
    "poll_ms",
    "group",
    "kind",
    "silent_after",
    "silent_after_ms",
    "age_max",
    "age_max_ms",
    "markets",
    generic::GENERIC,
];

/// The keys of a market.
const MARKET_KEYS: &[&str] = &["market", "feed", "quote", "invert"];

/// From a few heartbeats of the fastest venue to what nobody would call alive.
const SILENT: RangeInclusive<Span> = Span::from_secs(1)..=Span::from_secs(300);
/// From one tick to what is no price of now any more.
const POLL: RangeInclusive<Span> = Span::from_millis(250)..=Span::from_secs(60);
/// From a few ticks to a day.
const AGE: RangeInclusive<Span> = Span::from_secs(1)..=Span::from_secs(86_400);

/// Every venue here sends something every second or three, or a heartbeat.
const SILENT_AFTER: Span = Span::from_secs(5);

const KINDS: [(&str, GroupKind); 4] = [
    ("exchange", GroupKind::Exchange),
    ("pool", GroupKind::Pool),
    ("redemption", GroupKind::Redemption),
    ("reference", GroupKind::Reference),
];

/// A venue as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct VenueDraft {
    /// Its name.
    pub name: Option<Found<String>>,
    /// Its markets.
    pub markets: Vec<MarketDraft>,
    reader: Option<VenueReader>,
    websocket: Option<Endpoint>,
    rest: Option<Endpoint>,
    poll: Span,
    group: Option<Found<String>>,
    kind: Option<Found<GroupKind>>,
    silent_after: Option<Span>,
    age_max: Option<Found<Span>>,
}

/// A market as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct MarketDraft {
    /// The venue's own name of it.
    pub market: Option<Found<String>>,
    /// The feed that it is a source of.
    pub feed: Option<Found<String>>,
    /// The feed that its prices are converted with.
    pub quote: Option<Found<String>>,
    invert: Option<Found<bool>>,
}

/// Reads one venue.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> VenueDraft {
    let known: Vec<String> =
        wire_market::VENUES.iter().map(|venue| format!("{:?}", venue.name())).collect();
    let accepted = format!("{}, {:?}", known.join(", "), generic::GENERIC);
    table.missing("venue", &accepted, report);
    let venue = table.text("venue", &accepted, report, |text| match wire_market::venue(text) {
        None if text != generic::GENERIC => Err(format!("{} is not known", shown(text))),
        found => Ok(found),
    });
    let named = table.text("name", NAME, report, value::upstream_name);
    let built_in = venue.as_ref().and_then(|found| found.value);
    let name = named.or_else(|| {
        let place = Place { key: format!("{}.name", table.place.key), ..table.place.clone() };
        built_in.map(|venue| Found { value: venue.name().to_owned(), place })
    });
    let markets: Vec<MarketDraft> = table
        .tables("markets", MARKET_KEYS, report)
        .iter()
        .map(|market| read_market(market, report))
        .collect();
    if markets.is_empty() {
        let accepted = "at least one, such as [{ market = \"BTCUSDT\", feed = \"BTC/USD\", quote = \"USDT/USD\" }]";
        table.missing_table("markets", accepted, report);
    }
    let endpoints = endpoints(table, built_in, report);
    let reader = match (venue, built_in) {
        (None, _) => None,
        (Some(_), Some(venue)) => Some(VenueReader::BuiltIn(venue)),
        (Some(_), None) => generic::read(table, name.as_ref(), &markets, &endpoints, report),
    };
    let poll = table.span("poll", &POLL, report).map_or(DEFAULT_POLL, |found| found.value);
    let silent_after = table.span("silent_after", &SILENT, report);
    let (websocket, rest) = endpoints;
    let silent_after = match (&websocket, &rest) {
        (None, None) if reader.is_some() => {
            let message = "nothing is streamed and nothing is asked for; accepted: one of `websocket` and `rest`";
            report.mistake(&table.place, message);
            None
        }
        (None, Some(_)) => Some(asked_only(silent_after, poll, markets.len(), report)),
        _ => silent_after.map(|found| found.value),
    };
    VenueDraft {
        name,
        markets,
        reader,
        websocket,
        rest,
        poll,
        silent_after,
        group: table.text(
            "group",
            "who is behind it, such as \"binance\": all that one company runs is one vote",
            report,
            value::label,
        ),
        kind: table.choice("kind", &KINDS, report),
        age_max: table.span("age_max", &AGE, report),
    }
}

/// What a name looks like.
const NAME: &str = "1 to 64 letters, digits, \"-\", \"_\" and \".\", such as \"binance\"";

/// What an address is called that is not to be used.
pub(super) const OFF: &str = "off";

/// Where a venue streams, and where it answers questions.
pub(super) type Endpoints = (Option<Endpoint>, Option<Endpoint>);

/// Where the venue streams, and where it answers questions: its own addresses unless the file says otherwise.
fn endpoints(
    table: &Reader<'_>,
    built_in: Option<&dyn Venue>,
    report: &mut Report<'_>,
) -> Endpoints {
    let websocket = table.text(
        "websocket",
        "a URL with ws:// or wss://, such as \"wss://stream.example.org\", or \"off\" to take no stream",
        report,
        |text| match text {
            OFF => Ok(None),
            _ => value::endpoint(text, ["ws", "wss"], ["http", "https"], "rest").map(Some),
        },
    );
    let rest = table.text(
        "rest",
        "a URL with http:// or https://, or \"off\" to ask for nothing",
        report,
        |text| match text {
            OFF => Ok(None),
            _ => value::endpoint(text, ["http", "https"], ["ws", "wss"], "websocket").map(Some),
        },
    );
    let own = |url: &str| Endpoint::parse(url).ok();
    let websocket = match websocket {
        Some(found) => found.value,
        None => built_in.and_then(|venue| own(venue.websocket())),
    };
    let rest = match rest {
        Some(found) => found.value,
        None => built_in.and_then(|venue| own(venue.rest())),
    };
    (websocket, rest)
}

/// After how long the sources of a venue are silent that is only asked: an answer may be missing, two may not. One that
/// is sooner silent than it is asked again would come and go.
fn asked_only(
    silent_after: Option<Found<Span>>,
    poll: Span,
    markets: usize,
    report: &mut Report<'_>,
) -> Span {
    let round = poll.max(QUESTION_GAP.times(u64::try_from(markets).unwrap_or(u64::MAX)));
    let Some(found) = silent_after else { return SILENT_AFTER.max(round.times(3)) };
    if found.value < round.times(2) {
        let message = format!(
            "{} is too short where each market is asked for every {}; accepted: at least {}",
            value::span_text(found.value),
            value::span_text(round),
            value::span_text(round.times(2))
        );
        report.mistake(&found.place, message);
    }
    found.value
}

fn read_market(table: &Reader<'_>, report: &mut Report<'_>) -> MarketDraft {
    let market = "the venue's own name of it, such as \"BTCUSDT\"";
    table.missing("market", market, report);
    table.missing("feed", feed::SYMBOL, report);
    MarketDraft {
        market: table.text("market", market, report, market_name),
        feed: table.text("feed", feed::SYMBOL, report, feed::symbol),
        quote: table.text("quote", feed::SYMBOL, report, feed::symbol),
        invert: table.flag("invert", report),
    }
}

fn market_name(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic());
    if sound { Ok(text.to_owned()) } else { Err(format!("{} is no name of a market", shown(text))) }
}

impl VenueDraft {
    /// The venue, where every value could be read.
    pub(super) fn finish(self) -> Option<VenueConfig> {
        let (name, reader) = (self.name?.value, self.reader?);
        Some(VenueConfig {
            group: self.group.map_or_else(|| reader.name().to_owned(), |found| found.value),
            websocket: self.websocket,
            rest: self.rest,
            poll: self.poll,
            kind: self.kind.map(|found| found.value).unwrap_or_default(),
            silent_after: self.silent_after.unwrap_or(SILENT_AFTER),
            age_max: self.age_max.map(|found| found.value),
            markets: self.markets.into_iter().map(MarketDraft::finish).collect::<Option<_>>()?,
            name,
            reader,
        })
    }
}

impl MarketDraft {
    fn finish(self) -> Option<MarketConfig> {
        Some(MarketConfig {
            market: self.market?.value,
            feed: self.feed?.value,
            quote: self.quote.map(|found| found.value),
            invert: self.invert.is_some_and(|found| found.value),
        })
    }
}
