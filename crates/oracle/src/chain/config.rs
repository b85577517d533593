//! What is read on chains, and over which endpoints.

use oracle_core::{GroupKind, SourceSettings};
use runtime::client::Endpoint;
use units::Span;
use wire_eth::{Address, RateKind};

/// Most endpoints of one chain: more readers than that say nothing more.
pub const ENDPOINTS_MAX: usize = 8;

/// Rounds that may fail in a row before what is read on a chain counts as silent. One is missed for every block that
/// comes late.
const ROUNDS_MISSED: u64 = 3;

/// How many polls old the newest block may be.
const BLOCK_AGE_POLLS: u64 = 10;

/// Blocks come late now and then even on chains whose blocks are fast.
const BLOCK_AGE_MIN: Span = Span::from_secs(60);

/// One chain, and what is read on it.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Its name, such as `ethereum`; unique.
    pub name: String,
    /// Where it is read: the gateway, or several endpoints that have to agree. Up to [`ENDPOINTS_MAX`].
    pub endpoints: Vec<Endpoint>,
    /// How many endpoints must say the same of the same block.
    pub agree: usize,
    /// How often everything is read; best one block time.
    pub poll: Span,
    /// The longest wait for an answer.
    pub timeout: Span,
    /// How old the newest block may be, by its own time. What is read at an older one is refused.
    pub block_age_max: Span,
    /// Calls in one request, at most.
    pub batch_max: usize,
    /// Whether calls name the block by its number, for nodes that do not take its hash (EIP-1898). A reorg in between
    /// may then put another block in its place.
    pub by_number: bool,
    /// What prices are read of.
    pub sources: Vec<ChainSource>,
    /// What exchange rates are read of.
    pub rates: Vec<ChainRate>,
}

/// A contract that says a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSource {
    /// Such as `ethereum:chainlink:ETH/USD`; unique among all sources.
    pub name: String,
    /// The feed that it is a source of.
    pub feed: String,
    /// Who is behind it: one vote for each.
    pub group: String,
    /// The feed that turns its prices into the feed's unit, such as `USDC/USD`; `None` where they are in it.
    pub quote: Option<String>,
    /// Whether its prices are of the unit in the asset.
    pub invert: bool,
    /// What it is.
    pub contract: SourceContract,
}

/// How a contract is asked for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceContract {
    /// A Chainlink aggregator: `latestRoundData()`.
    Chainlink {
        /// Where it is; best the proxy, which stays.
        address: Address,
        /// How old its round may be when the block is mined: its heartbeat and some room.
        age_max: Span,
    },
    /// A Uniswap v3 pool: `observe(uint32[])`.
    UniswapV3 {
        /// Where it is.
        address: Address,
        /// The token that is priced.
        asset: Address,
        /// The token that it is priced in.
        unit: Address,
        /// Over how many seconds the mean is.
        window_secs: u32,
        /// The least harmonic mean liquidity over the window, as the pool counts it; below it the price is too cheap
        /// to move.
        liquidity_min: u128,
    },
}

/// A contract that says an exchange rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRate {
    /// What feeds call it, such as `wsteth`; unique.
    pub name: String,
    /// How it is asked.
    pub kind: RateKind,
    /// Where it is.
    pub address: Address,
    /// What comes out, for a vault whose asset has other decimals than its shares may have; it is checked against what
    /// the vault says.
    pub asset: Option<Address>,
}

impl ChainConfig {
    /// A chain with the defaults, of which nothing is read yet.
    #[must_use]
    pub fn new(name: &str, endpoints: Vec<Endpoint>, poll: Span) -> Self {
        Self {
            name: name.to_owned(),
            // More than half: two that are alike cannot both be more than half of three.
            agree: endpoints.len().checked_div(2).unwrap_or(0).saturating_add(1),
            endpoints,
            poll,
            timeout: Span::from_secs(5),
            block_age_max: poll.times(BLOCK_AGE_POLLS).max(BLOCK_AGE_MIN),
            // What providers' smaller plans take in one request.
            batch_max: 50,
            by_number: false,
            sources: Vec::new(),
            rates: Vec::new(),
        }
    }

    /// What the core has to know of the sources on this chain.
    #[must_use]
    pub fn source_settings(&self) -> Vec<SourceSettings> {
        let settings = |source: &ChainSource| {
            let mut settings = SourceSettings::new(
                &source.name,
                &source.feed,
                &source.group,
                source.contract.group_kind(),
            );
            settings.quote.clone_from(&source.quote);
            settings.invert = source.invert;
            settings.silent_after =
                self.poll.times(ROUNDS_MISSED).plus(self.timeout).max(settings.silent_after);
            settings
        };
        self.sources.iter().map(settings).collect()
    }
}

impl SourceContract {
    /// What kind of group it makes.
    #[must_use]
    pub const fn group_kind(self) -> GroupKind {
        match self {
            Self::Chainlink { .. } => GroupKind::Reference,
            Self::UniswapV3 { .. } => GroupKind::Pool,
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn address(self) -> Address {
        match self {
            Self::Chainlink { address, .. } | Self::UniswapV3 { address, .. } => address,
        }
    }

    /// The group that it is in, unless the configuration says otherwise: every pool is one of its own, and all that
    /// repeat one network's answers are one.
    #[must_use]
    pub fn default_group(self) -> String {
        match self {
            Self::Chainlink { .. } => "chainlink".to_owned(),
            Self::UniswapV3 { address, .. } => format!("uniswap_v3:{address}"),
        }
    }
}
