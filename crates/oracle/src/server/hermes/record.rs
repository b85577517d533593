//! One feed in a Hermes message.

use std::sync::Arc;

use oracle_core::{Digest, Moment, Status};
use serde::Serialize;
use units::Price;

use super::number::{base64, exponent, hex, scaled};
use crate::published::FeedView;
use crate::server::past::{Mean, Point};
use crate::server::shown::Shown;

/// What a message says of a feed.
#[derive(Debug)]
pub(super) struct Record {
    id: Arc<str>,
    symbol: Arc<str>,
    status: Status,
    age_ms: Option<u64>,
    tick: u64,
    digest: Option<Digest>,
    pub(super) price: Option<RecordPrice>,
    /// Why there is none.
    pub(super) refusal: String,
    causes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct RecordPrice {
    market: Price,
    confidence: Price,
    ema: Price,
    as_of_ms: u64,
}

/// A message; `parsed` is left out where it is not asked for.
#[derive(Serialize)]
pub(super) struct Update<'a, P> {
    binary: Binary,
    parsed: Option<Vec<P>>,
    seawall: Vec<Standing<'a>>,
}

/// For each feed the digest of its tick: whoever replays a recording finds the same.
#[derive(Serialize)]
struct Binary {
    encoding: &'static str,
    data: Vec<String>,
}

/// How a feed stands; in no message of Hermes itself.
#[derive(Serialize)]
pub(super) struct Standing<'a> {
    id: &'a str,
    symbol: &'a str,
    status: &'static str,
    age_ms: Option<u64>,
    causes: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Parsed<'a> {
    id: &'a str,
    price: Number,
    ema_price: Number,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Number {
    price: String,
    conf: String,
    expo: i32,
    publish_time: u64,
}

#[derive(Serialize)]
struct Metadata<'a> {
    slot: u64,
    proof_available_time: u64,
    prev_publish_time: Option<u64>,
    seawall_status: &'static str,
    seawall_age_ms: Option<u64>,
    seawall_symbol: &'a str,
}

#[derive(Serialize)]
pub(super) struct ParsedTwap<'a> {
    id: &'a str,
    start_timestamp: u64,
    end_timestamp: u64,
    twap: Number,
    down_slots_ratio: String,
    metadata: Metadata<'a>,
}

impl Record {
    pub(super) fn of_shown(id: Arc<str>, shown: &Shown<'_>) -> Self {
        let tick = &shown.view.tick;
        let price = shown.market.zip(shown.confidence).zip(shown.as_of);
        let price = price.map(|((market, confidence), as_of)| RecordPrice {
            market,
            confidence,
            ema: tick.averages.ema.unwrap_or(market),
            as_of_ms: as_of.unix_ms,
        });
        Self {
            id,
            symbol: Arc::clone(&shown.view.symbol),
            status: shown.status,
            age_ms: shown.age.map(units::Span::as_millis),
            tick: tick.number,
            digest: Some(tick.digest),
            price,
            refusal: shown.refusal(),
            causes: shown.causes.clone(),
        }
    }

    /// What was, with its age as of now.
    pub(super) fn of_point(id: Arc<str>, view: &FeedView, point: &Point, now: Moment) -> Self {
        let price = point.price.map(|price| RecordPrice {
            market: price.market,
            confidence: price.confidence,
            ema: price.ema,
            as_of_ms: price.as_of.unix_ms,
        });
        let age = point.price.map(|price| now.now.since(price.as_of.now).as_millis());
        let symbol = Arc::clone(&view.symbol);
        let refusal = format!("{symbol} had no price then: {}", point.status.name());
        Self {
            id,
            symbol,
            status: point.status,
            age_ms: age,
            tick: point.tick,
            digest: None,
            price,
            refusal,
            causes: Vec::new(),
        }
    }

    pub(super) fn standing(&self) -> Standing<'_> {
        Standing {
            id: &self.id,
            symbol: &self.symbol,
            status: self.status.name(),
            age_ms: self.age_ms,
            causes: &self.causes,
        }
    }

    pub(super) fn parsed(&self) -> Option<Parsed<'_>> {
        let price = self.price.as_ref()?;
        let expo = exponent(price.market);
        let publish_time = price.as_of_ms / 1_000;
        Some(Parsed {
            id: &self.id,
            price: number(price.market, price.confidence, expo, publish_time),
            ema_price: number(price.ema, price.confidence, expo, publish_time),
            metadata: self.metadata(publish_time),
        })
    }

    fn metadata(&self, publish_time: u64) -> Metadata<'_> {
        Metadata {
            slot: self.tick,
            proof_available_time: publish_time,
            prev_publish_time: None,
            seawall_status: self.status.name(),
            seawall_age_ms: self.age_ms,
            seawall_symbol: &self.symbol,
        }
    }
}

fn number(price: Price, confidence: Price, expo: i32, publish_time: u64) -> Number {
    Number {
        price: scaled(price, expo, false).to_string(),
        conf: scaled(confidence, expo, true).to_string(),
        expo,
        publish_time,
    }
}

/// A mean as Hermes shows it; the status and age are the present price's.
pub(super) fn parsed_twap<'a>(record: &'a Record, mean: &Mean, window: u64) -> ParsedTwap<'a> {
    let expo = exponent(mean.price);
    let down = window.saturating_sub(mean.seen).saturating_mul(100_000);
    let down = down.checked_div(window).unwrap_or(0);
    ParsedTwap {
        id: &record.id,
        start_timestamp: mean.from,
        end_timestamp: mean.to,
        twap: number(mean.price, mean.confidence, expo, mean.to),
        down_slots_ratio: format!("{}.{:05}", down / 100_000, down % 100_000),
        metadata: record.metadata(mean.to),
    }
}

/// A message of these feeds.
pub(super) fn update_of<P>(
    records: &[Record],
    as_base64: bool,
    parsed: Option<Vec<P>>,
) -> Update<'_, P> {
    let digests = records.iter().filter(|record| record.price.is_some());
    let digests = digests.filter_map(|record| record.digest);
    let encode = if as_base64 { base64 } else { hex };
    let encoding = if as_base64 { "base64" } else { "hex" };
    let data = digests.map(|digest| encode(&digest.0)).collect();
    let seawall = records.iter().map(Record::standing).collect();
    Update { binary: Binary { encoding, data }, parsed, seawall }
}
