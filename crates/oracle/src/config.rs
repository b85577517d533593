//! What the oracle needs to know, as plain values; the binary reads them from the file.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use oracle_core::{FeedSettings, GroupKind, OracleSettings, SourceSettings};
use runtime::client::Endpoint;
use units::Span;
use wire_market::Venue;

/// The oracle: feeds, and where their prices come from.
#[derive(Clone, Debug)]
pub struct OracleConfig {
    /// Where readers connect; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Where everything that comes in is written down, if anywhere.
    pub record: Option<RecordConfig>,
    /// The feeds, each with a symbol of its own.
    pub feeds: Vec<FeedConfig>,
    /// The venues, each with a name of its own.
    pub venues: Vec<VenueConfig>,
    /// The chains that prices and exchange rates are read from, each with a name of its own.
    pub chains: Vec<ChainConfig>,
    /// The oracle's tables as text, from which the same configuration can be read again: a recording begins with it.
    pub text: ConfigText,
}

/// The oracle's tables as text. It prints as nothing, since it repeats what stands beside it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigText(Arc<str>);

impl ConfigText {
    /// The text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ConfigText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ConfigText")
    }
}

/// A recording of everything that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordConfig {
    /// The file; what was there is replaced.
    pub file: PathBuf,
    /// Its largest size; there the recording ends.
    pub bytes_max: u64,
}

/// How large a recording may grow unless told otherwise: a day of a few dozen busy markets.
pub const DEFAULT_RECORD_BYTES: u64 = 16 << 30;

/// One asset's price.
#[derive(Clone, Debug)]
pub struct FeedConfig {
    /// What the core needs to know.
    pub settings: FeedSettings,
    /// The name of the exchange rate that its fundamental price takes, where that is read from a chain.
    pub rate: Option<String>,
    /// What CoinGecko calls the asset, such as `bitcoin`, where its clients should find it.
    pub coingecko: Option<String>,
    /// The id under which Pyth's clients find it; made of the symbol where the file does not say.
    pub hermes: Option<[u8; 32]>,
}

/// How a venue's bytes are read.
#[derive(Clone, Debug)]
pub enum VenueReader {
    /// One that is built in.
    BuiltIn(&'static dyn Venue),
    /// One that the file describes.
    Described(Arc<dyn Venue>),
}

impl Deref for VenueReader {
    type Target = dyn Venue;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::BuiltIn(venue) => *venue,
            Self::Described(venue) => &**venue,
        }
    }
}

/// One venue and what is wanted of it.
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// Its name, which its sources' names begin with.
    pub name: String,
    /// How its bytes are read.
    pub reader: VenueReader,
    /// Where it streams.
    pub websocket: Endpoint,
    /// Where it answers questions; `None` where it is not asked any.
    pub rest: Option<Endpoint>,
    /// Who is behind it: all that one company runs is one group.
    pub group: String,
    /// What kind of market it is.
    pub kind: GroupKind,
    /// Without anything from its connection for so long its sources are silent.
    pub silent_after: Span,
    /// How old its newest price may be, where that is limited.
    pub age_max: Option<Span>,
    /// Its markets, at least one.
    pub markets: Vec<MarketConfig>,
}

/// One market of a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// The venue's own name of it, such as `BTCUSDT`.
    pub market: String,
    /// The feed that it is a source of.
    pub feed: String,
    /// The feed that its prices are converted with, where they are not in the feed's unit.
    pub quote: Option<String>,
    /// Whether it is quoted the other way round.
    pub invert: bool,
}

/// A chain that prices and exchange rates are read from.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Its name, which its sources' names begin with.
    pub name: String,
    /// Where it answers JSON-RPC over HTTP.
    pub http: Endpoint,
    /// How often it is read.
    pub every: Span,
    /// The prices that are read from it.
    pub sources: Vec<ChainSourceConfig>,
    /// The exchange rates that are read from it.
    pub rates: Vec<ChainRateConfig>,
}

/// A price that is read from a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSourceConfig {
    /// Its name among all sources.
    pub name: String,
    /// The contract.
    pub address: [u8; 20],
    /// What it is, and how it is read.
    pub kind: ChainSourceKind,
    /// The feed that it is a source of.
    pub feed: String,
    /// The feed that its prices are converted with, where they are not in the feed's unit.
    pub quote: Option<String>,
    /// Whether it is quoted the other way round.
    pub invert: bool,
    /// Who is behind it: a pool is a group of its own, all that one oracle publishes are one.
    pub group: String,
    /// How old its newest price may be, where that is limited.
    pub age_max: Option<Span>,
}

/// What kind of contract says a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainSourceKind {
    /// A Chainlink aggregator: the answer of its latest round, with the places that it names itself.
    Chainlink,
    /// A Uniswap v3 pool: the time-weighted average of its price.
    UniswapV3 {
        /// Over how long.
        window: Span,
        /// Decimals of the pool's tokens, 0 and 1.
        decimals: [u8; 2],
    },
}

impl ChainSourceKind {
    /// What kind of group it is.
    #[must_use]
    pub const fn group_kind(&self) -> GroupKind {
        match self {
            Self::Chainlink => GroupKind::Reference,
            Self::UniswapV3 { .. } => GroupKind::Pool,
        }
    }
}

/// An exchange rate that is read from a chain. Several of one name are readers of the same rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRateConfig {
    /// Its name, which feeds name.
    pub name: String,
    /// The contract.
    pub address: [u8; 20],
    /// How it is read.
    pub kind: RateKind,
}

/// How an exchange rate is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateKind {
    /// Lido's wrapped staked ether: `stEthPerToken()`.
    WstEth,
    /// Binance's wrapped beacon ether: `exchangeRate()`.
    WbEth,
    /// Rocket Pool's ether: `getExchangeRate()`.
    REth,
    /// A vault after ERC-4626: `convertToAssets(10^shares)`.
    Erc4626 {
        /// Decimals of its shares.
        shares: u8,
        /// Decimals of what comes out.
        assets: u8,
    },
}

impl OracleConfig {
    /// What the core needs to know: the feeds, and the sources in order: each venue's markets, then each chain's.
    #[must_use]
    pub fn settings(&self) -> OracleSettings {
        let markets = self.venues.iter().flat_map(VenueConfig::sources);
        let chains = self.chains.iter().flat_map(|chain| &chain.sources);
        OracleSettings {
            feeds: self.feeds.iter().map(|feed| feed.settings.clone()).collect(),
            sources: markets.chain(chains.map(ChainSourceConfig::settings)).collect(),
        }
    }
}

impl VenueConfig {
    /// The name of one of its markets among all sources.
    #[must_use]
    pub fn source_name(&self, market: &str) -> String {
        format!("{}:{market}", self.name)
    }

    fn sources(&self) -> impl Iterator<Item = SourceSettings> + '_ {
        self.markets.iter().map(|market| SourceSettings {
            quote: market.quote.clone(),
            invert: market.invert,
            silent_after: self.silent_after,
            age_max: self.age_max,
            ..SourceSettings::new(
                &self.source_name(&market.market),
                &market.feed,
                &self.group,
                self.kind,
            )
        })
    }
}

impl ChainSourceConfig {
    fn settings(&self) -> SourceSettings {
        SourceSettings {
            quote: self.quote.clone(),
            invert: self.invert,
            // A chain is read every few seconds, and the way to it may be slow for a while.
            silent_after: CHAIN_SILENT,
            age_max: self.age_max,
            ..SourceSettings::new(&self.name, &self.feed, &self.group, self.kind.group_kind())
        }
    }
}

/// Without an answer from a chain for so long its sources are silent: two blocks and a half of Ethereum's.
const CHAIN_SILENT: Span = Span::from_secs(30);
