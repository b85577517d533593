//! The page's input about the oracle: what it publishes of each asset, as plain values.
//!
//! The binary fills these about once a second. Prices are exact; times are milliseconds since 1970, ages milliseconds.

use units::{Money, Price};

/// What a price is good for, in the oracle's own words; the worst is last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceStatus {
    /// All lanes are good.
    Live,
    /// An exchange rate is held at a bound.
    Capped,
    /// Too few sources, or too little confidence.
    Degraded,
    /// The last price, for a moment.
    Held,
    /// Two markets, and no single price.
    Split,
    /// No price.
    #[default]
    Halted,
}

impl PriceStatus {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Capped => "capped",
            Self::Degraded => "degraded",
            Self::Held => "held",
            Self::Split => "split",
            Self::Halted => "halted",
        }
    }
}

/// One asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceView {
    /// Such as `BTC/USD`.
    pub symbol: String,
    /// What the price is good for.
    pub status: PriceStatus,
    /// Why it is not better, each in words without a full stop; the worst first.
    pub causes: Vec<String>,
    /// What it trades at.
    pub market: Option<Price>,
    /// What it is worth by what it can be redeemed for.
    pub fundamental: Option<Price>,
    /// What collateral is valued at.
    pub liquidation: Option<Price>,
    /// One standard error of the market price.
    pub confidence: Option<Price>,
    /// How old the market price is; where there is none, the statement that there is none.
    pub age_ms: Option<u64>,
    /// The last good price and its age.
    pub last_good: Option<(Price, u64)>,
    /// The prices of the markets that sources have parted into.
    pub clusters: Vec<Price>,
    /// Independent sources that are used, and how many make it live.
    pub groups: (usize, usize),
    /// What it costs at least to move it by one per cent: down, up.
    pub cost: [Option<CostView>; 2],
    /// Every source, in configured order.
    pub sources: Vec<SourceView>,
}

/// What it costs to move a price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostView {
    /// At least so much.
    pub at_least: Money,
    /// On whom it would be spent.
    pub on: Vec<String>,
    /// Those of them whose book is not seen.
    pub not_seen: Vec<String>,
}

/// One source of an asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceView {
    /// Such as `binance:BTCUSDT`.
    pub name: String,
    /// Its price, the last one where it is refused.
    pub price: Option<Price>,
    /// Why it is refused, in words without a full stop; `None` where it is used.
    pub refused: Option<String>,
    /// Its share in the price, in hundredths of a per cent.
    pub weight_bps: i64,
}
