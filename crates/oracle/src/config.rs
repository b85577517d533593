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

use crate::chain::ChainConfig;

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

/// How often best prices are asked for unless told otherwise: often enough for a source that is silent after five
/// seconds.
pub const DEFAULT_POLL: Span = Span::from_secs(2);

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
    /// Where it streams; `None` where it is only asked.
    pub websocket: Option<Endpoint>,
    /// Where it answers questions; `None` where it is not asked any.
    pub rest: Option<Endpoint>,
    /// How often each market's best prices are asked for while nothing is streamed.
    pub poll: Span,
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

impl OracleConfig {
    /// What the core needs to know: the feeds, and the sources in order: each venue's markets, then each chain's.
    #[must_use]
    pub fn settings(&self) -> OracleSettings {
        let markets = self.venues.iter().flat_map(VenueConfig::sources);
        let chains = self.chains.iter().flat_map(ChainConfig::source_settings);
        OracleSettings {
            feeds: self.feeds.iter().map(|feed| feed.settings.clone()).collect(),
            sources: markets.chain(chains).collect(),
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
