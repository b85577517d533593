//! The `[[oracle.chain]]` tables: prices and exchange rates that are read from contracts.

use std::ops::RangeInclusive;

use ::oracle::chain::{ChainConfig, ChainRate, ChainSource, ENDPOINTS_MAX, SourceContract};
use runtime::client::Endpoint;
use units::Span;
use wire_eth::{Address, RateKind};

use super::super::chains;
use super::super::gateway::GatewayDraft;
use super::super::reader::{Found, Reader};
use super::super::report::{Place, Report};
use super::super::value::{self, shown};
use super::feed;

/// The keys of `[[oracle.chain]]`.
pub(super) const KEYS: &[&str] = &[
    "name",
    "http",
    "agree",
    "poll",
    "poll_ms",
    "timeout",
    "timeout_ms",
    "block_age_max",
    "block_age_max_ms",
    "batch_max",
    "by_number",
    "source",
    "rate",
];

/// The keys of `[[oracle.chain.source]]`.
const SOURCE_KEYS: &[&str] = &[
    "name",
    "kind",
    "address",
    "feed",
    "quote",
    "invert",
    "group",
    "age_max",
    "age_max_ms",
    "asset",
    "unit",
    "window",
    "window_ms",
    "liquidity_min",
];

/// The keys of `[[oracle.chain.rate]]`.
const RATE_KEYS: &[&str] = &["name", "kind", "address", "asset"];

/// How often a chain is read where nothing is known of its blocks: Ethereum's time between two of them.
const POLL: Span = Span::from_secs(12);
/// A chain's blocks come no faster than 20 a second, and no price may be older than ten minutes.
const POLLS: RangeInclusive<Span> = Span::from_millis(50)..=Span::from_secs(600);
/// From a fast node to one that nobody should rely on.
const TIMEOUTS: RangeInclusive<Span> = Span::from_millis(100)..=Span::from_secs(60);
/// From some blocks of a fast chain to a day.
const AGES: RangeInclusive<Span> = Span::from_secs(1)..=Span::from_secs(86_400);
/// From a minute, which a day's heartbeat does not need, to a week.
const ROUND_AGES: RangeInclusive<Span> = Span::from_secs(60)..=Span::from_secs(7 * 86_400);
/// How old a round may be: an hour, the heartbeat of most of Chainlink's feeds, and some minutes for a slow transaction.
/// Of a feed with a longer one that is to be said: a day without a word must not pass unnoticed.
const ROUND_AGE: Span = Span::from_secs(3_600 + 5 * 60);
/// A shorter mean is moved by one block; of a longer one few pools remember enough.
const WINDOWS: RangeInclusive<Span> = Span::from_secs(12)..=Span::from_secs(86_400);
/// Longer than one producer of blocks has in a row, and short enough that a pool shows a true fall within the time in
/// which it is to be followed.
const WINDOW: Span = Span::from_secs(5 * 60);

const RATE_KINDS: [(&str, RateKind); 4] = [
    (RateKind::WstEth.name(), RateKind::WstEth),
    (RateKind::WbEth.name(), RateKind::WbEth),
    (RateKind::REth.name(), RateKind::REth),
    (RateKind::Erc4626.name(), RateKind::Erc4626),
];

const ADDRESS: &str = "a contract's address: \"0x\" and 40 hexadecimal digits";
const NAME: &str = "1 to 64 letters, digits, \"-\", \"_\" and \".\", such as \"ethereum\"";

/// A chain as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct ChainDraft {
    /// Its name.
    pub name: Option<Found<String>>,
    /// What prices are read of.
    pub sources: Vec<SourceDraft>,
    /// What exchange rates are read of.
    pub rates: Vec<RateDraft>,
    endpoints: Vec<Endpoint>,
    poll: Span,
    agree: Option<Found<u64>>,
    timeout: Option<Found<Span>>,
    block_age_max: Option<Found<Span>>,
    batch_max: Option<Found<u64>>,
    by_number: Option<Found<bool>>,
}

/// A contract that says a price, as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct SourceDraft {
    /// Where its table begins.
    pub place: Place,
    /// Its name among all sources, where the file gives it.
    pub name: Option<Found<String>>,
    /// The feed that it is a source of.
    pub feed: Option<Found<String>>,
    /// The feed that its prices are converted with.
    pub quote: Option<Found<String>>,
    invert: Option<Found<bool>>,
    group: Option<Found<String>>,
    kind: Option<Kind>,
    contract: Option<SourceContract>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chainlink,
    UniswapV3,
}

impl Kind {
    const ALL: [(&'static str, Self); 2] =
        [("chainlink", Self::Chainlink), ("uniswap_v3", Self::UniswapV3)];

    const fn name(self) -> &'static str {
        match self {
            Self::Chainlink => "chainlink",
            Self::UniswapV3 => "uniswap_v3",
        }
    }
}

/// A contract that says an exchange rate, as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct RateDraft {
    /// What feeds call it.
    pub name: Option<Found<String>>,
    kind: Option<Found<RateKind>>,
    address: Option<Found<Address>>,
    asset: Option<Found<Address>>,
}

/// Reads one chain; where it is not said where to read it, the gateway is asked.
pub(super) fn read(
    table: &Reader<'_>,
    gateway: Option<&GatewayDraft>,
    report: &mut Report<'_>,
) -> ChainDraft {
    table.missing("name", NAME, report);
    let name = table.text("name", NAME, report, value::upstream_name);
    let accepted = "a URL with http:// or https://, or a list of up to 8 that have to agree";
    let http = table.list("http", accepted, report, |text| {
        value::endpoint(text, ["http", "https"], ["ws", "wss"], "http")
    });
    if let Some(more) = http.get(ENDPOINTS_MAX) {
        report.mistake(&more.place, format!("found {}; accepted: {accepted}", http.len()));
    }
    let mut endpoints: Vec<Endpoint> = http.into_iter().map(|found| found.value).collect();
    let chain = name.as_ref().and_then(|name| gateway_chain(gateway, &name.value));
    if !table.has("http") {
        match &chain {
            Some((endpoint, _)) => endpoints.push(endpoint.clone()),
            None => table.missing(
                "http",
                &format!("{accepted}; a [[gateway.chain]] of this name is asked by default"),
                report,
            ),
        }
    }
    let poll = table.span("poll", &POLLS, report).map(|found| found.value);
    let sources = table.tables("source", SOURCE_KEYS, report);
    let rates = table.tables("rate", RATE_KEYS, report);
    if sources.is_empty() && rates.is_empty() && !table.has("rate") {
        let accepted = "at least one [[oracle.chain.source]] or [[oracle.chain.rate]]";
        table.missing_table("source", accepted, report);
    }
    let most = u64::try_from(endpoints.len().max(1)).unwrap_or(1);
    ChainDraft {
        sources: sources.iter().map(|source| read_source(source, report)).collect(),
        rates: rates.iter().map(|rate| read_rate(rate, report)).collect(),
        poll: poll.or_else(|| chain.and_then(|(_, block_time)| block_time)).unwrap_or(POLL),
        agree: table.number("agree", 1..=most, report),
        timeout: table.span("timeout", &TIMEOUTS, report),
        block_age_max: table.span("block_age_max", &AGES, report),
        batch_max: table.number("batch_max", 1..=1_000, report),
        by_number: table.flag("by_number", report),
        name,
        endpoints,
    }
}

/// Where the gateway serves a chain of this name, and the time between two of its blocks.
fn gateway_chain(gateway: Option<&GatewayDraft>, name: &str) -> Option<(Endpoint, Option<Span>)> {
    let gateway = gateway?;
    let is_it = |found: &Found<String>| found.value == name;
    let chain = gateway.chains.iter().find(|chain| chain.name.as_ref().is_some_and(is_it))?;
    let endpoint =
        Endpoint::parse(&format!("http://{}/{name}", gateway.listen.as_ref()?.value)).ok()?;
    let known = || chain.id.as_ref().and_then(|id| chains::block_time(id.value));
    let block_time = chain.block_time.as_ref().map(|found| found.value).or_else(known);
    Some((endpoint, block_time))
}

fn read_source(table: &Reader<'_>, report: &mut Report<'_>) -> SourceDraft {
    table.missing("kind", "\"chainlink\" or \"uniswap_v3\"", report);
    table.missing("address", ADDRESS, report);
    table.missing("feed", feed::SYMBOL, report);
    let kind = table.choice("kind", &Kind::ALL, report).map(|found| found.value);
    if kind == Some(Kind::UniswapV3) {
        table.missing("asset", "the address of the token that is priced", report);
        table.missing("unit", "the address of the token that it is priced in", report);
    }
    let (asset, unit) = (address(table, "asset", report), address(table, "unit", report));
    let address = address(table, "address", report);
    let age_max = table.span("age_max", &ROUND_AGES, report).map(|found| found.value);
    let window = table.span("window", &WINDOWS, report).map_or(WINDOW, |found| found.value);
    let least = "a whole number of the pool's units of liquidity, such as \"1000000000000\"";
    let liquidity = table.text("liquidity_min", least, report, |text| {
        text.parse::<u128>().map_err(|_| format!("{} is no whole number", shown(text)))
    });
    let contract = kind.zip(address).and_then(|(kind, address)| match kind {
        Kind::Chainlink => {
            let address = address.value;
            Some(SourceContract::Chainlink { address, age_max: age_max.unwrap_or(ROUND_AGE) })
        }
        Kind::UniswapV3 => Some(SourceContract::UniswapV3 {
            address: address.value,
            asset: asset?.value,
            unit: unit?.value,
            window_secs: u32::try_from(window.as_secs()).ok()?,
            liquidity_min: liquidity.map_or(0, |found| found.value),
        }),
    });
    SourceDraft {
        place: table.place.clone(),
        name: table.text("name", "a name among all sources", report, value::label),
        feed: table.text("feed", feed::SYMBOL, report, feed::symbol),
        quote: table.text("quote", feed::SYMBOL, report, feed::symbol),
        invert: table.flag("invert", report),
        group: table.text("group", "who is behind it: one vote for each", report, value::label),
        kind,
        contract,
    }
}

fn read_rate(table: &Reader<'_>, report: &mut Report<'_>) -> RateDraft {
    let name = "what feeds call it, such as \"wsteth\"";
    table.missing("name", name, report);
    table.missing("kind", "\"wsteth\", \"wbeth\", \"reth\" or \"erc4626\"", report);
    table.missing("address", ADDRESS, report);
    RateDraft {
        name: table.text("name", name, report, value::upstream_name),
        kind: table.choice("kind", &RATE_KINDS, report),
        address: address(table, "address", report),
        asset: address(table, "asset", report),
    }
}

fn address(table: &Reader<'_>, key: &str, report: &mut Report<'_>) -> Option<Found<Address>> {
    table.text(key, ADDRESS, report, |text| {
        Address::parse(text).map_err(|error| format!("{} is none: {error}", shown(text)))
    })
}

impl ChainDraft {
    /// The chain, where every value could be read.
    pub(super) fn finish(self) -> Option<ChainConfig> {
        let name = self.name?.value;
        let defaults = ChainConfig::new(&name, self.endpoints, self.poll);
        let count =
            |found: Option<Found<u64>>| found.and_then(|found| usize::try_from(found.value).ok());
        let source = |source: SourceDraft| source.finish(&name);
        Some(ChainConfig {
            agree: count(self.agree).unwrap_or(defaults.agree),
            timeout: self.timeout.map_or(defaults.timeout, |found| found.value),
            block_age_max: self.block_age_max.map_or(defaults.block_age_max, |found| found.value),
            batch_max: count(self.batch_max).unwrap_or(defaults.batch_max),
            by_number: self.by_number.map_or(defaults.by_number, |found| found.value),
            sources: self.sources.into_iter().map(source).collect::<Option<_>>()?,
            rates: self.rates.into_iter().map(RateDraft::finish).collect::<Option<_>>()?,
            ..defaults
        })
    }
}

impl SourceDraft {
    /// Its name among all sources: the file's, or that of chain, kind and feed.
    pub(super) fn full_name(&self, chain: &str) -> Option<String> {
        if let Some(name) = &self.name {
            return Some(name.value.clone());
        }
        Some(format!("{chain}:{}:{}", self.kind?.name(), self.feed.as_ref()?.value))
    }

    fn finish(self, chain: &str) -> Option<ChainSource> {
        let (name, contract) = (self.full_name(chain)?, self.contract?);
        Some(ChainSource {
            name,
            feed: self.feed?.value,
            group: self.group.map_or_else(|| contract.default_group(), |found| found.value),
            quote: self.quote.map(|found| found.value),
            invert: self.invert.is_some_and(|found| found.value),
            contract,
        })
    }
}

impl RateDraft {
    fn finish(self) -> Option<ChainRate> {
        Some(ChainRate {
            name: self.name?.value,
            kind: self.kind?.value,
            address: self.address?.value,
            asset: self.asset.map(|found| found.value),
        })
    }
}
