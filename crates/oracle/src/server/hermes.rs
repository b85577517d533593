//! Hermes v2: the REST and SSE interface of Pyth's price service, so that clients made for it can read ours.
//!
//! A Hermes message has no word for a price that is not good, and the service goes on giving the last one. Here a feed
//! without a price is answered 503, and what the status is rides in fields that its clients hand through: in the
//! metadata of each price, and for all that were asked for in `seawall`.

mod number;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;

use runtime::http::{Response, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use units::Timestamp;

use super::json::written;
use super::past::{Past, SECONDS_MAX};
use super::query::Query;
use super::shown::Shown;
use super::stream::{Writer, put};
use crate::config::FeedConfig;
use crate::published::Published;
use record::{Record, Standing, Update, parsed_twap, update_of};

/// Ids that one request may ask for.
const IDS_MAX: usize = 500;

/// The price id of each feed, in configured order, and which feed each is of.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    ids: Vec<Arc<str>>,
    places: BTreeMap<Arc<str>, usize>,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Ids, with the places of their feeds.
    feeds: Vec<(Arc<str>, usize)>,
    base64: bool,
    parsed: bool,
    /// Whether feeds without a price are left out rather than the whole refused.
    lenient: bool,
}

/// The price id of a symbol: 64 hexadecimal digits of SHA-256 over `seawall:BTC/USD`.
pub(crate) fn price_id(symbol: &str) -> String {
    let digest = Sha256::new().chain_update("seawall:").chain_update(symbol).finalize();
    number::hex(&digest)
}

impl Catalogue {
    /// The ids of feeds; those that the configuration does not give are made of the symbols.
    pub(crate) fn new(feeds: &[FeedConfig]) -> Self {
        let id = |feed: &FeedConfig| {
            let made = || price_id(&feed.settings.symbol);
            Arc::from(feed.hermes.map_or_else(made, |id| number::hex(&id)))
        };
        let ids: Vec<Arc<str>> = feeds.iter().map(id).collect();
        let places = ids.iter().cloned().enumerate().map(|(place, id)| (id, place)).collect();
        Self { ids, places }
    }

    /// Reads what a request asks for.
    ///
    /// # Errors
    /// The answer to one that asks for what there is not.
    pub(crate) fn asked(&self, query: &Query) -> Result<Asked, Box<Response>> {
        let ids = query.list("ids");
        if ids.is_empty() || ids.len() > IDS_MAX {
            let words = format!("ids[] takes 1 to {IDS_MAX} price ids; {} were given", ids.len());
            return Err(Box::new(Response::text(StatusCode::BAD_REQUEST, words)));
        }
        let base64 = match query.get("encoding") {
            None | Some("hex") => false,
            Some("base64") => true,
            Some(_) => {
                let words = "encoding is hex or base64";
                return Err(Box::new(Response::text(StatusCode::BAD_REQUEST, words)));
            }
        };
        let lenient = query.is_on("ignore_invalid_price_ids");
        let (mut feeds, mut unknown) = (Vec::new(), Vec::new());
        for asked in ids {
            let id = asked.strip_prefix("0x").unwrap_or(asked).to_ascii_lowercase();
            match self.places.get_key_value(&*id) {
                Some((id, place)) => feeds.push((Arc::clone(id), *place)),
                None => unknown.push(format!("0x{id}")),
            }
        }
        if !unknown.is_empty() && !lenient {
            let words = format!("Price ids not found: {}", unknown.join(", "));
            return Err(Box::new(Response::text(StatusCode::NOT_FOUND, words)));
        }
        let parsed = query.get("parsed").is_none() || query.is_on("parsed");
        Ok(Asked { feeds, base64, parsed, lenient })
    }

    /// `/v2/price_feeds`.
    pub(crate) fn price_feeds(&self, published: &Published, query: &Query) -> Response {
        let wanted = query.get("query").unwrap_or("").to_ascii_lowercase();
        let crypto = query.get("asset_type").is_none_or(|of| of.eq_ignore_ascii_case("crypto"));
        let feeds = self.ids.iter().zip(&published.feeds);
        let feeds =
            feeds.filter(|(_, view)| crypto && view.symbol.to_ascii_lowercase().contains(&wanted));
        let feeds = feeds.map(|(id, view)| {
            let (base, quote) = view.symbol.split_once('/').unwrap_or((&view.symbol, ""));
            let attributes = [
                ("asset_type", "Crypto"),
                ("base", base),
                ("display_symbol", &view.symbol),
                ("generic_symbol", &view.symbol),
                ("quote_currency", quote),
                ("symbol", &view.symbol),
            ];
            Metadata { id, attributes: attributes.into_iter().collect() }
        });
        Response::json(StatusCode::OK, written(&feeds.collect::<Vec<_>>()))
    }
}

impl Asked {
    /// `/v2/updates/price/latest`.
    pub(crate) fn latest(&self, published: &Published, now: Timestamp) -> Response {
        self.answer(&self.records(published, now))
    }

    /// `/v2/updates/price/{unix}`.
    pub(crate) fn at(&self, published: &Published, past: &Past, second: u64) -> Response {
        let mut records = Vec::new();
        for (id, place) in &self.feeds {
            let view = published.feeds.get(*place);
            let point = past.at(*place, second);
            let (Some(view), Some(point)) = (view, point) else {
                let words = format!(
                    "No price of that time is kept; up to {SECONDS_MAX} seconds back there may be one"
                );
                return Response::text(StatusCode::NOT_FOUND, words);
            };
            records.push(Record::of_point(Arc::clone(id), view, &point, published.at));
        }
        self.answer(&records)
    }

    /// `/v2/updates/twap/{seconds}/latest`.
    pub(crate) fn twap(
        &self,
        published: &Published,
        past: &Past,
        window: u64,
        now: Timestamp,
    ) -> Response {
        let longest = u64::try_from(SECONDS_MAX).unwrap_or(u64::MAX);
        if window == 0 || window > longest {
            let words = format!("the window is 1 to {longest} seconds");
            return Response::text(StatusCode::BAD_REQUEST, words);
        }
        let records = self.records(published, now);
        if let Some(refusal) = self.refusal(&records) {
            return refusal;
        }
        let means = records.iter().zip(&self.feeds).filter(|(record, _)| record.price.is_some());
        let parsed = means.filter_map(|(record, (_, place))| {
            Some(parsed_twap(record, &past.mean(*place, window)?, window))
        });
        let parsed = Some(parsed.collect()).filter(|_| self.parsed);
        let body = written(&update_of(&records, self.base64, parsed));
        Response::json(StatusCode::OK, body)
    }

    fn records(&self, published: &Published, now: Timestamp) -> Vec<Record> {
        let feeds = self.feeds.iter();
        let records = feeds.filter_map(|(id, place)| {
            let view = published.feeds.get(*place)?;
            Some(Record::of_shown(Arc::clone(id), &Shown::of(view, now)))
        });
        records.collect()
    }

    fn answer(&self, records: &[Record]) -> Response {
        self.refusal(records)
            .unwrap_or_else(|| Response::json(StatusCode::OK, written(&self.update(records))))
    }

    fn update<'a>(&self, records: &'a [Record]) -> Update<'a, record::Parsed<'a>> {
        let parsed = self.parsed.then(|| records.iter().filter_map(Record::parsed).collect());
        update_of(records, self.base64, parsed)
    }

    /// The answer where a price that was asked for is not there.
    fn refusal(&self, records: &[Record]) -> Option<Response> {
        let missing = records.iter().filter(|record| record.price.is_none());
        let missing: Vec<&str> = missing.map(|record| record.refusal.as_str()).collect();
        let none = missing.len() == records.len();
        if missing.is_empty() || (self.lenient && !none) {
            return None;
        }
        let seawall = records.iter().map(Record::standing).collect();
        let refused = Refused { error: missing.join("; "), seawall };
        Some(Response::json(StatusCode::SERVICE_UNAVAILABLE, written(&refused)))
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    error: String,
    seawall: Vec<Standing<'a>>,
}

/// Streams what is asked for: a message a tick. Feeds without a price are not in `parsed`, and say why in `seawall`.
impl Writer for Asked {
    fn write(&mut self, published: &Published, out: &mut String) {
        let records = self.records(published, runtime::clock::now());
        put(out, None, None, &written(&self.update(&records)));
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    id: &'a str,
    attributes: BTreeMap<&'static str, &'a str>,
}

/// `/v2/updates/publisher_stake_caps/latest`: nobody has a stake here.
pub(crate) fn publisher_stake_caps(query: &Query) -> Response {
    let encoding = if query.get("encoding") == Some("base64") { "base64" } else { "hex" };
    let body = format!(
        r#"{{"binary":{{"encoding":"{encoding}","data":[]}},"parsed":[{{"publisher_stake_caps":[]}}]}}"#
    );
    Response::json(StatusCode::OK, body)
}
