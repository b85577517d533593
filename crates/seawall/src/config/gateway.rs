//! The `[gateway]` table with its chains and their upstreams.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use ::gateway::config::{
    AdmissionConfig, AdmissionMode, ChainConfig, ClientLimits, GatewayConfig, Secret,
    UpstreamConfig,
};
use gateway_core::QuotaSettings;
use runtime::client::Endpoint;
use runtime::http::HeaderName;
use units::Span;

use super::contest::{self, ContestDraft};
use super::forks::{self, ForkDraft};
use super::reader::{Found, Reader};
use super::report::{Place, Report};
use super::{chains, status, value};

/// The keys of `[gateway]`.
pub(super) const KEYS: &[&str] = &[
    "listen",
    "workers",
    "timeout",
    "timeout_ms",
    "max_body_bytes",
    "max_batch_items",
    "max_depth",
    "max_response_bytes",
    "admin_token",
    "admission",
    "max_queue",
    "client_header",
    "chain",
];

/// The keys of `[[gateway.chain]]`.
const CHAIN_KEYS: &[&str] = &[
    "name",
    "id",
    "block_time",
    "block_time_ms",
    "genesis",
    "retry_budget_percent",
    "second_opinion_per_mille",
    "cache_bytes",
    "fork",
    contest::KEYS[0],
    contest::KEYS[1],
    contest::KEYS[2],
    contest::KEYS[3],
    contest::KEYS[4],
    "upstream",
];

/// The keys of `[[gateway.chain.upstream]]`.
const UPSTREAM_KEYS: &[&str] = &[
    "name",
    "http",
    "ws",
    "operator",
    "cloud",
    "client",
    "trusted",
    "requests_per_second",
    "requests_per_day",
];

/// Where clients connect unless the file says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8545);

/// A call shorter than this could not even be hedged; one longer than this has lost its client.
const TIMEOUT: RangeInclusive<Span> = Span::from_millis(100)..=Span::from_secs(600);
/// From the fastest chains known (50 ms) to ones that hardly move.
const BLOCK_TIME: RangeInclusive<Span> = Span::from_millis(50)..=Span::from_secs(3_600);
/// What an administrator's token looks like.
const ADMIN_TOKEN: &str =
    "16 characters or more, best from the environment: \"${SEAWALL_ADMIN_TOKEN}\"";
/// More threads than any machine has cores.
const WORKERS: RangeInclusive<u64> = 1..=1_024;
/// A call needs some 100 bytes; a gibibyte would be read into memory before it is refused.
const BYTES: RangeInclusive<u64> = 1_024..=1 << 30;
/// More memory than one machine has; 0 keeps nothing.
const CACHE_BYTES: RangeInclusive<u64> = 0..=1 << 40;
/// From one a second, which the probes of a fast chain need alone, to more than any node answers.
const PER_SECOND: RangeInclusive<u64> = 1..=10_000_000;
/// From what a slow chain's probes need to more than any node answers.
const PER_DAY: RangeInclusive<u64> = 1_000..=1_000_000_000_000;
/// Longer batches than any client sends.
const BATCH_ITEMS: RangeInclusive<u64> = 1..=100_000;
/// A plain call nests four levels; beyond a thousand a parser needs more stack than a thread has.
const DEPTH: RangeInclusive<u64> = 4..=1_000;

/// None at all to as many as memory bears: one that waits takes some kilobytes.
const QUEUE: RangeInclusive<u64> = 0..=1_000_000;

/// The gateway as far as it could be read.
#[derive(Debug)]
pub(super) struct GatewayDraft {
    /// Where clients connect.
    pub listen: Option<Found<SocketAddr>>,
    /// Longest a call may take.
    pub timeout: Option<Found<Span>>,
    /// The chains.
    pub chains: Vec<ChainDraft>,
    workers: Option<Found<u64>>,
    body_bytes: Option<Found<u64>>,
    batch_items: Option<Found<u64>>,
    depth: Option<Found<u64>>,
    response_bytes: Option<Found<u64>>,
    admin_token: Option<Found<Secret>>,
    admission: Option<Found<AdmissionMode>>,
    max_queue: Option<Found<u64>>,
    client_header: Option<Found<HeaderName>>,
}

/// A chain as far as it could be read.
#[derive(Debug)]
pub(super) struct ChainDraft {
    /// Where its table begins.
    pub place: Place,
    /// Its name.
    pub name: Option<Found<String>>,
    /// Its chain id.
    pub id: Option<Found<u64>>,
    /// The time between two blocks, where the file gives it.
    pub block_time: Option<Found<Span>>,
    /// Its upstreams.
    pub upstreams: Vec<UpstreamDraft>,
    /// Changes of its rules that are known beforehand.
    pub forks: Vec<ForkDraft>,
    genesis: Option<Found<[u8; 32]>>,
    contest: ContestDraft,
    retry_budget_percent: Option<Found<u64>>,
    second_opinion_per_mille: Option<Found<u64>>,
    cache_bytes: Option<Found<u64>>,
}

/// An upstream as far as it could be read.
#[derive(Debug)]
pub(super) struct UpstreamDraft {
    /// Its name.
    pub name: Option<Found<String>>,
    /// Where it answers over HTTP.
    pub http: Option<Found<Url>>,
    /// Where it tells new heads.
    pub ws: Option<Found<Url>>,
    /// Who runs it.
    pub operator: Option<Found<String>>,
    cloud: Option<Found<String>>,
    client: Option<Found<String>>,
    trusted: Option<Found<bool>>,
    per_second: Option<Found<u64>>,
    /// Requests a day that it lets us send.
    pub per_day: Option<Found<u64>>,
}

/// A URL with the text it was read from, which may hold a key and is only ever compared.
#[derive(Clone)]
pub(super) struct Url {
    /// The text, secrets and all.
    pub text: String,
    /// The endpoint, which prints without secrets.
    pub endpoint: Endpoint,
}

impl std::fmt::Debug for Url {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.endpoint.masked())
    }
}

/// Reads `[gateway]` and everything below it.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> GatewayDraft {
    let chains: Vec<ChainDraft> = table
        .tables("chain", CHAIN_KEYS, report)
        .iter()
        .map(|chain| read_chain(chain, report))
        .collect();
    if chains.is_empty() {
        table.missing_table("chain", "at least one [[gateway.chain]]", report);
    }
    GatewayDraft {
        listen: status::listen(table, DEFAULT_LISTEN, report),
        timeout: table.span("timeout", &TIMEOUT, report),
        chains,
        workers: table.number("workers", WORKERS, report),
        body_bytes: table.number("max_body_bytes", BYTES, report),
        batch_items: table.number("max_batch_items", BATCH_ITEMS, report),
        depth: table.number("max_depth", DEPTH, report),
        response_bytes: table.number("max_response_bytes", BYTES, report),
        admin_token: table.text("admin_token", ADMIN_TOKEN, report, value::secret),
        admission: table.text("admission", "\"fair\" or \"fifo\"", report, admission_mode),
        max_queue: table.number("max_queue", QUEUE, report),
        client_header: table.text(
            "client_header",
            "the name of a header, such as \"x-forwarded-for\"",
            report,
            |text| {
                HeaderName::try_from(text).map_err(|_| format!("{text:?} is no name of a header"))
            },
        ),
    }
}

fn read_chain(table: &Reader<'_>, report: &mut Report<'_>) -> ChainDraft {
    let accepted = "1 to 64 small letters, digits and dashes, such as \"ethereum\"";
    table.missing("name", accepted, report);
    table.missing("id", "the chain id (EIP-155), such as 1 for Ethereum", report);
    let upstreams: Vec<UpstreamDraft> = table
        .tables("upstream", UPSTREAM_KEYS, report)
        .iter()
        .map(|one| read_upstream(one, report))
        .collect();
    if upstreams.is_empty() {
        table.missing_table("upstream", "at least one [[gateway.chain.upstream]]", report);
    }
    let id = table.number("id", 1..=i64::MAX.unsigned_abs(), report);
    if id.as_ref().is_some_and(|id| chains::block_time(id.value).is_none())
        && !table.has("block_time_ms")
    {
        let accepted = "the usual time between two blocks, such as \"2s\" (it is known only for well-known chains)";
        table.missing("block_time", accepted, report);
    }
    ChainDraft {
        place: table.place.clone(),
        name: table.text("name", accepted, report, value::chain_name),
        id,
        block_time: table.span("block_time", &BLOCK_TIME, report),
        upstreams,
        forks: table
            .tables("fork", forks::KEYS, report)
            .iter()
            .map(|fork| forks::read(fork, report))
            .collect(),
        genesis: table.text(
            "genesis",
            "the hash of block 0: \"0x\" and 64 hexadecimal digits",
            report,
            value::hash,
        ),
        retry_budget_percent: table.number("retry_budget_percent", 0..=100, report),
        second_opinion_per_mille: table.number("second_opinion_per_mille", 0..=1_000, report),
        cache_bytes: table.number("cache_bytes", CACHE_BYTES, report),
        contest: ContestDraft::read(table, report),
    }
}

fn read_upstream(table: &Reader<'_>, report: &mut Report<'_>) -> UpstreamDraft {
    let name = "1 to 64 letters, digits, \"-\", \"_\" and \".\", such as \"own-geth\"";
    let http = "a URL with http:// or https://, such as \"https://rpc.example.org/v2/${RPC_KEY}\"";
    let ws = "a URL with ws:// or wss://, such as \"ws://10.0.0.5:8546\"";
    let operator = "who runs it, such as \"self\" or \"alchemy\": votes are counted per operator, not per endpoint";
    table.missing("name", name, report);
    table.missing("http", http, report);
    table.missing("operator", operator, report);
    UpstreamDraft {
        name: table.text("name", name, report, value::upstream_name),
        http: table
            .text("http", http, report, |text| url(text, ["http", "https"], ["ws", "wss"], "ws")),
        ws: table
            .text("ws", ws, report, |text| url(text, ["ws", "wss"], ["http", "https"], "http")),
        operator: table.text("operator", operator, report, value::label),
        cloud: table.text(
            "cloud",
            "where it runs, such as \"aws/us-east-1\"",
            report,
            value::label,
        ),
        per_second: table.number("requests_per_second", PER_SECOND, report),
        per_day: table.number("requests_per_day", PER_DAY, report),
        client: table.text("client", "its client software, such as \"geth\"", report, value::label),
        trusted: table.flag("trusted", report),
    }
}

fn admission_mode(text: &str) -> Result<AdmissionMode, String> {
    let modes = [AdmissionMode::Fair, AdmissionMode::Fifo];
    let known = modes.into_iter().find(|mode| mode.name() == text);
    known.ok_or_else(|| format!("{text:?} is no mode"))
}

pub(super) fn url(
    text: &str,
    schemes: [&str; 2],
    other: [&str; 2],
    other_key: &str,
) -> Result<Url, String> {
    let endpoint = value::endpoint(text, schemes, other, other_key)?;
    Ok(Url { text: text.to_owned(), endpoint })
}

impl GatewayDraft {
    /// The gateway's configuration, where every value could be read.
    pub(super) fn finish(self) -> Option<GatewayConfig> {
        let defaults = ClientLimits::default();
        let limits = ClientLimits {
            body_bytes: size(self.body_bytes.as_ref(), defaults.body_bytes),
            batch_items: size(self.batch_items.as_ref(), defaults.batch_items),
            depth: size(self.depth.as_ref(), defaults.depth),
            response_bytes: size(self.response_bytes.as_ref(), defaults.response_bytes),
            timeout: self.timeout.map_or(defaults.timeout, |found| found.value),
        };
        let admission = AdmissionConfig {
            mode: self.admission.map(|found| found.value).unwrap_or_default(),
            max_queue: size(self.max_queue.as_ref(), AdmissionConfig::default().max_queue),
            client_header: self.client_header.map(|found| found.value),
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Some(GatewayConfig {
            listen: self.listen?.value,
            workers: size(self.workers.as_ref(), cores),
            limits,
            admin_token: self.admin_token.map(|found| found.value),
            admission,
            chains: self.chains.into_iter().map(ChainDraft::finish).collect::<Option<_>>()?,
        })
    }
}

impl ChainDraft {
    fn finish(self) -> Option<ChainConfig> {
        let id = self.id?.value;
        let small =
            |found: Option<Found<u64>>| found.and_then(|found| u32::try_from(found.value).ok());
        let block_time = self.block_time.map(|found| found.value);
        let block_time = block_time.or_else(|| chains::block_time(id))?;
        let upstreams = self.upstreams.into_iter().map(UpstreamDraft::finish);
        let chain =
            ChainConfig::new(&self.name?.value, id, block_time, upstreams.collect::<Option<_>>()?);
        Some(ChainConfig {
            genesis: self.genesis.map(|found| found.value),
            retry_budget_percent: small(self.retry_budget_percent)
                .unwrap_or(chain.retry_budget_percent),
            second_opinion_per_mille: small(self.second_opinion_per_mille)
                .unwrap_or(chain.second_opinion_per_mille),
            cache_bytes: size(self.cache_bytes.as_ref(), chain.cache_bytes),
            forks: self.forks.into_iter().map(ForkDraft::finish).collect::<Option<_>>()?,
            contest: self.contest.finish(),
            ..chain
        })
    }
}

impl UpstreamDraft {
    fn finish(self) -> Option<UpstreamConfig> {
        let (name, operator) = (self.name?.value, self.operator?.value);
        Some(UpstreamConfig {
            ws: self.ws.map(|found| found.value.endpoint),
            cloud: self.cloud.map(|found| found.value),
            client: self.client.map(|found| found.value),
            quota: QuotaSettings {
                per_second: self.per_second.map(|found| found.value),
                per_day: self.per_day.map(|found| found.value),
            },
            trusted: self.trusted.is_some_and(|found| found.value),
            ..UpstreamConfig::new(&name, self.http?.value.endpoint, &operator)
        })
    }
}

fn size(found: Option<&Found<u64>>, default: usize) -> usize {
    found.and_then(|found| usize::try_from(found.value).ok()).unwrap_or(default)
}
