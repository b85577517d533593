//! The `[venue]` table with its assets, markets and keys.

mod asset;
mod check;
mod key;
mod market;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use ::venue::config::{
    AdmissionMode, ClientLimits, JournalConfig, LiquidationFeed, OrderNames, Secret, TlsFiles,
    VenueConfig,
};
use runtime::client::Endpoint;
use units::Money;

use super::exact;
use super::oracle::OracleDraft;
use super::reader::{Found, Reader};
use super::report::Report;
use super::{status, value};

use asset::AssetDraft;
pub(super) use check::check;
use key::KeyDraft;
use market::MarketDraft;

/// The keys of `[venue]`.
pub(super) const KEYS: &[&str] = &[
    "listen",
    "workers",
    "data",
    "journal_segment_kib",
    "snapshot_every",
    "digest_every",
    "prices",
    "tls_certificate",
    "tls_key",
    "admission",
    "capacity_per_second",
    "liquidation_feed",
    "order_names",
    "weight_per_minute",
    "orders_per_ten_seconds",
    "orders_per_minute",
    "connections_per_address",
    "master_secret",
    "webhooks",
    "settlement",
    "settlement_feed",
    "backstop",
    "fund",
    "asset",
    "market",
    "key",
];

/// Where clients connect unless the file says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8700);

/// Where the journal is unless the file says otherwise.
const DEFAULT_DATA: &str = "seawall-data/venue";

/// What everything is settled in unless the file says otherwise.
const DEFAULT_SETTLEMENT: &str = "USDT";

/// More threads than any machine has cores.
const WORKERS: RangeInclusive<u64> = 1..=1_024;

/// From what a person can type to beyond what the engine can do.
const CAPACITY: RangeInclusive<u64> = 1..=100_000_000;

/// From what the journal's largest write needs to what is read into memory at once, in KiB.
const SEGMENT_KIB: RangeInclusive<u64> = 256..=1_048_576;

/// Entries or commands between snapshots or digests: from what a test of them wants to what takes minutes to do again.
const EVERY: RangeInclusive<u64> = 100..=1_000_000_000;

/// What one client may be bounded to.
const OF_ONE: RangeInclusive<u64> = 1..=100_000_000;

/// Most webhooks: an alarm is told to each of them.
const WEBHOOKS_MAX: usize = 8;

/// What an asset's name looks like.
const ASSET: &str = "capital letters and digits, up to 16, such as \"USDT\"";

/// What a feed looks like.
const FEED: &str = "a feed of the oracle, such as \"BTC/USD\"";

/// The venue as far as it could be read.
#[derive(Debug)]
pub(super) struct VenueDraft {
    /// Where clients connect.
    pub listen: Option<Found<SocketAddr>>,
    workers: Option<Found<u64>>,
    data: Option<Found<PathBuf>>,
    segment_kib: Option<Found<u64>>,
    snapshot_every: Option<Found<u64>>,
    digest_every: Option<Found<u64>>,
    prices: Option<Endpoint>,
    tls_certificate: Option<Found<PathBuf>>,
    tls_key: Option<Found<PathBuf>>,
    admission: Option<Found<AdmissionMode>>,
    capacity: Option<Found<u64>>,
    liquidation_feed: Option<Found<LiquidationFeed>>,
    order_names: Option<Found<OrderNames>>,
    limits: ClientLimits,
    master_secret: Option<Found<Secret>>,
    webhooks: Vec<Found<Endpoint>>,
    settlement: Option<Found<String>>,
    settlement_feed: Option<Found<String>>,
    backstop: Option<Found<String>>,
    fund: Option<Found<Money>>,
    assets: Vec<AssetDraft>,
    markets: Vec<MarketDraft>,
    keys: Vec<KeyDraft>,
    /// Whether every value that is there could be read.
    sound: bool,
}

/// Reads `[venue]` and everything below it.
pub(super) fn read(
    table: &Reader<'_>,
    oracle: Option<&OracleDraft>,
    report: &mut Report<'_>,
) -> VenueDraft {
    let before = report.mistake_count();
    let settlement = table.text("settlement", ASSET, report, asset_name);
    let quote = settlement.as_ref().map_or(DEFAULT_SETTLEMENT, |found| &found.value);
    let markets: Vec<MarketDraft> = table
        .tables("market", market::KEYS, report)
        .iter()
        .map(|market| market::read(market, quote, report))
        .collect();
    if markets.is_empty() {
        table.missing_table("market", "at least one [[venue.market]]", report);
    }
    let assets = table.tables("asset", asset::KEYS, report);
    let assets = assets.iter().map(|table| asset::read(table, report)).collect();
    let keys = table.tables("key", key::KEYS, report);
    let keys = keys.iter().map(|table| key::read(table, report)).collect();
    let webhook = |text: &str| value::endpoint(text, ["http", "https"], ["", ""], "");
    let webhooks = table.list("webhooks", "http:// or https:// URLs", report, webhook);
    if let Some(one_more) = webhooks.get(WEBHOOKS_MAX) {
        report.mistake(&one_more.place, format!("accepted: up to {WEBHOOKS_MAX} of them"));
    }
    let mut draft = VenueDraft {
        listen: status::listen(table, DEFAULT_LISTEN, report),
        workers: table.number("workers", WORKERS, report),
        data: table.text("data", "the path of a folder", report, value::path),
        segment_kib: table.number("journal_segment_kib", SEGMENT_KIB, report),
        snapshot_every: table.number("snapshot_every", EVERY, report),
        digest_every: table.number("digest_every", EVERY, report),
        prices: prices(table, oracle, report),
        tls_certificate: table.text(
            "tls_certificate",
            "the path of a PEM file",
            report,
            value::path,
        ),
        tls_key: table.text("tls_key", "the path of a PEM file", report, value::path),
        admission: table.choice("admission", &ADMISSION, report),
        capacity: table.number("capacity_per_second", CAPACITY, report),
        liquidation_feed: table.choice("liquidation_feed", &LIQUIDATION_FEED, report),
        order_names: table.choice("order_names", &ORDER_NAMES, report),
        limits: limits(table, report),
        master_secret: table.text("master_secret", key::SECRET, report, key::secret),
        webhooks,
        settlement,
        settlement_feed: table.text("settlement_feed", FEED, report, feed),
        backstop: table.text("backstop", key::ACCOUNT, report, key::account),
        fund: exact::money(table, "fund", report),
        assets,
        markets,
        keys,
        sound: false,
    };
    let pair = (&draft.tls_certificate, &draft.tls_key);
    if let (Some(one), None) | (None, Some(one)) = pair {
        report.mistake(
            &one.place,
            "tls_certificate and tls_key belong together; accepted: both, or neither",
        );
    }
    draft.sound = report.mistake_count() == before;
    draft
}

const ADMISSION: [(&str, AdmissionMode); 2] =
    [("fair", AdmissionMode::Fair), ("fifo", AdmissionMode::Fifo)];

const LIQUIDATION_FEED: [(&str, LiquidationFeed); 2] =
    [("every", LiquidationFeed::Every), ("latest", LiquidationFeed::Latest)];

/// For how long a client's name of an order is taken.
const ORDER_NAMES: [(&str, OrderNames); 2] =
    [("open", OrderNames::Open), ("once", OrderNames::Once)];

/// What one client may ask for.
fn limits(table: &Reader<'_>, report: &mut Report<'_>) -> ClientLimits {
    let mut read = |key: &str| {
        let found = table.number(key, OF_ONE, report);
        found.and_then(|found| u32::try_from(found.value).ok())
    };
    ClientLimits {
        weight_per_minute: read("weight_per_minute"),
        orders_per_ten_seconds: read("orders_per_ten_seconds"),
        orders_per_minute: read("orders_per_minute"),
        connections_per_address: read("connections_per_address"),
    }
}

/// The oracle: the one that is named, or the one of the same file.
fn prices(
    table: &Reader<'_>,
    oracle: Option<&OracleDraft>,
    report: &mut Report<'_>,
) -> Option<Endpoint> {
    let accepted = "an oracle's URL, such as \"http://127.0.0.1:8600\"";
    let own = oracle.and_then(|oracle| oracle.listen.as_ref());
    match own {
        Some(own) if !table.has("prices") => {
            // An address that means all of this machine is reached at loopback.
            let reach = match own.value.ip() {
                ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
                ip => ip,
            };
            Endpoint::parse(&format!("http://{}", SocketAddr::new(reach, own.value.port()))).ok()
        }
        _ => {
            table.missing("prices", accepted, report);
            let url =
                |text: &str| value::endpoint(text, ["http", "https"], ["ws", "wss"], "no key");
            table.text("prices", accepted, report, url).map(|found| found.value)
        }
    }
}

/// The name of an asset, which is part of a market's symbol.
fn asset_name(text: &str) -> Result<String, String> {
    let fits = text.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit());
    if text.is_empty() || text.len() > 16 || !fits {
        return Err(format!("{} is no name of an asset", value::shown(text)));
    }
    Ok(text.to_owned())
}

fn feed(text: &str) -> Result<String, String> {
    match text.split_once('/') {
        Some((asset, unit)) if !asset.is_empty() && !unit.is_empty() && text.len() <= 48 => {
            Ok(text.to_owned())
        }
        _ => Err(format!("{} is no feed", value::shown(text))),
    }
}

impl VenueDraft {
    /// The venue's configuration, where every value could be read.
    pub(super) fn finish(self) -> Option<VenueConfig> {
        if !self.sound {
            return None;
        }
        let journal = JournalConfig::default();
        let value = |found: Option<Found<String>>| found.map(|found| found.value);
        let tls = self.tls_certificate.zip(self.tls_key);
        let workers = self.workers.and_then(|found| usize::try_from(found.value).ok());
        let settlement = value(self.settlement).unwrap_or_else(|| DEFAULT_SETTLEMENT.to_owned());
        Some(VenueConfig {
            listen: self.listen?.value,
            workers: workers.unwrap_or_else(|| {
                std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
            }),
            data: self.data.map_or_else(|| PathBuf::from(DEFAULT_DATA), |found| found.value),
            journal: JournalConfig {
                segment_bytes: self
                    .segment_kib
                    .map_or(journal.segment_bytes, |found| found.value.saturating_mul(1_024)),
                snapshot_every: self
                    .snapshot_every
                    .map_or(journal.snapshot_every, |found| found.value),
                digest_every: self.digest_every.map_or(journal.digest_every, |found| found.value),
                ..journal
            },
            prices: self.prices?,
            tls: tls.map(|(certificate, key)| TlsFiles {
                certificate: certificate.value,
                key: key.value,
            }),
            admission: self.admission.map(|found| found.value).unwrap_or_default(),
            capacity_per_second: self.capacity.and_then(|found| u32::try_from(found.value).ok()),
            liquidation_feed: self.liquidation_feed.map(|found| found.value).unwrap_or_default(),
            order_names: self.order_names.map(|found| found.value).unwrap_or_default(),
            limits: self.limits,
            master_secret: self.master_secret.map(|found| found.value),
            webhooks: self.webhooks.into_iter().map(|found| found.value).collect(),
            settlement,
            settlement_feed: value(self.settlement_feed),
            backstop: value(self.backstop),
            fund: self.fund.map_or(Money::ZERO, |found| found.value),
            assets: self.assets.into_iter().map(AssetDraft::finish).collect::<Option<_>>()?,
            markets: self.markets.into_iter().map(MarketDraft::finish).collect::<Option<_>>()?,
            keys: self.keys.into_iter().map(KeyDraft::finish).collect::<Option<_>>()?,
        })
    }
}
