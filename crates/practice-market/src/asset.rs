//! What is traded, and where.

use std::fmt;

/// Something that has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asset {
    /// The dollar, which everything is measured in.
    Usd,
    /// Bitcoin.
    Btc,
    /// Ether.
    Eth,
    /// A stablecoin that most of the venues price in.
    Usdt,
    /// Another stablecoin.
    Usdc,
    /// A pegged token: the one that one venue dumped on 2025-10-10.
    Usde,
    /// Staked ether in a wrapper: worth an exchange rate times an ether.
    Wbeth,
}

/// Every asset but the dollar.
pub(crate) const ASSETS: [Asset; 6] =
    [Asset::Btc, Asset::Eth, Asset::Usdt, Asset::Usdc, Asset::Usde, Asset::Wbeth];

impl Asset {
    /// Its ticker, such as `BTC`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Btc => "BTC",
            Self::Eth => "ETH",
            Self::Usdt => "USDT",
            Self::Usdc => "USDC",
            Self::Usde => "USDE",
            Self::Wbeth => "WBETH",
        }
    }

    /// The asset of a ticker, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        ASSETS.into_iter().find(|asset| asset.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is meant to stay at something.
    pub(crate) const fn is_pegged(self) -> bool {
        matches!(self, Self::Usdt | Self::Usdc | Self::Usde)
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Where prices are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Binance spot.
    Binance,
    /// Coinbase Exchange.
    Coinbase,
    /// Kraken, second version of its WebSocket.
    Kraken,
    /// OKX, fifth version.
    Okx,
    /// Bybit spot, fifth version.
    Bybit,
    /// Bitstamp.
    Bitstamp,
    /// The pools on the practice chain.
    Pool,
}

/// The places with sockets of their own.
pub(crate) const VENUES: [Place; 6] =
    [Place::Binance, Place::Coinbase, Place::Kraken, Place::Okx, Place::Bybit, Place::Bitstamp];

/// Every place, in the order of their numbers.
pub(crate) const PLACES: [Place; 7] = [
    Place::Binance,
    Place::Coinbase,
    Place::Kraken,
    Place::Okx,
    Place::Bybit,
    Place::Bitstamp,
    Place::Pool,
];

impl Place {
    /// Its name in URLs and in the oracle's configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Coinbase => "coinbase",
            Self::Kraken => "kraken",
            Self::Okx => "okx",
            Self::Bybit => "bybit",
            Self::Bitstamp => "bitstamp",
            Self::Pool => "pool",
        }
    }

    /// The place of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        PLACES.into_iter().find(|place| place.name() == name)
    }

    /// Its number, for tables and seeds.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::Binance => 0,
            Self::Coinbase => 1,
            Self::Kraken => 2,
            Self::Okx => 3,
            Self::Bybit => 4,
            Self::Bitstamp => 5,
            Self::Pool => 6,
        }
    }

    /// How deep its books are, in hundredths of those of the deepest.
    pub(crate) const fn depth(self) -> i128 {
        match self {
            Self::Binance => 100,
            Self::Coinbase | Self::Okx | Self::Bybit => 60,
            Self::Kraken | Self::Pool => 40,
            Self::Bitstamp => 15,
        }
    }

    /// What is traded there.
    pub(crate) const fn listings(self) -> &'static [Listing] {
        match self {
            Self::Binance => &[BTC_USDT, ETH_USDT, USDC_USDT, USDE_USDT, WBETH_USDT, WBETH_ETH],
            Self::Okx | Self::Bybit => &[BTC_USDT, ETH_USDT, USDC_USDT, USDE_USDT, WBETH_USDT],
            // Coinbase takes USDC for dollars, so there is no such market.
            Self::Coinbase => &[BTC_USD, ETH_USD, USDT_USD, USDE_USD, WBETH_USD],
            Self::Kraken | Self::Bitstamp => {
                &[BTC_USD, ETH_USD, USDT_USD, USDC_USD, USDE_USD, WBETH_USD]
            }
            Self::Pool => &[USDE_USDT, WBETH_ETH],
        }
    }
}

/// A market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// What is bought and sold.
    pub(crate) base: Asset,
    /// What is paid with.
    pub(crate) quote: Asset,
    /// Decimal places of its prices.
    pub(crate) places: u32,
}

const fn listing(base: Asset, quote: Asset, places: u32) -> Listing {
    Listing { base, quote, places }
}

const BTC_USDT: Listing = listing(Asset::Btc, Asset::Usdt, 2);
const ETH_USDT: Listing = listing(Asset::Eth, Asset::Usdt, 2);
const USDC_USDT: Listing = listing(Asset::Usdc, Asset::Usdt, 5);
const USDE_USDT: Listing = listing(Asset::Usde, Asset::Usdt, 4);
const WBETH_USDT: Listing = listing(Asset::Wbeth, Asset::Usdt, 2);
const WBETH_ETH: Listing = listing(Asset::Wbeth, Asset::Eth, 4);
const BTC_USD: Listing = listing(Asset::Btc, Asset::Usd, 2);
const ETH_USD: Listing = listing(Asset::Eth, Asset::Usd, 2);
const USDT_USD: Listing = listing(Asset::Usdt, Asset::Usd, 5);
const USDC_USD: Listing = listing(Asset::Usdc, Asset::Usd, 5);
const USDE_USD: Listing = listing(Asset::Usde, Asset::Usd, 4);
const WBETH_USD: Listing = listing(Asset::Wbeth, Asset::Usd, 2);

impl Listing {
    /// The market's name with something between the two.
    pub(crate) fn joined(self, between: &str) -> String {
        format!("{}{between}{}", self.base, self.quote)
    }
}
