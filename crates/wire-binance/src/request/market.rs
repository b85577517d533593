//! What is asked about markets.

use crate::failure::{ErrorCode, Failure};
use crate::params::{Limit, parameters};
use crate::text::Symbol;
use crate::value::Value;
use crate::words::{ContractType, Interval};

parameters! {
    /// One market.
    OneSymbol {
        /// Which.
        symbol: Symbol = "symbol",
    }
}
parameters! {
    /// One market, or all.
    MaybeSymbol {
        /// Which.
        symbol: Option<Symbol> = "symbol",
    }
}
parameters! {
    /// A book.
    Depth {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// Levels of a side; 500 where it is not said.
        limit: Option<DepthLimit> = "limit",
    }
}
parameters! {
    /// The latest trades.
    LatestTrades {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}
parameters! {
    /// Trades from a number on.
    HistoricalTrades {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
        /// The number of the first; the latest where it is not said.
        from: Option<u64> = "fromId",
    }
}
parameters! {
    /// Trades, those of one order at one price together.
    AggTrades {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// The number of the first.
        from: Option<u64> = "fromId",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}
parameters! {
    /// Candles of a market.
    Klines {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// How long each is.
        interval: Interval = "interval",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_500>> = "limit",
    }
}
parameters! {
    /// Candles of a pair.
    PairKlines {
        /// Of which pair.
        pair: Symbol = "pair",
        /// How long each is.
        interval: Interval = "interval",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_500>> = "limit",
    }
}
parameters! {
    /// Candles of a pair and a kind of contract.
    ContinuousKlines {
        /// Of which pair.
        pair: Symbol = "pair",
        /// Of which kind.
        contract_type: ContractType = "contractType",
        /// How long each is.
        interval: Interval = "interval",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_500>> = "limit",
    }
}
parameters! {
    /// Funding that was charged.
    FundingRates {
        /// In which market; in all where it is not said.
        symbol: Option<Symbol> = "symbol",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 100 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}

parameters! {
    /// Something at the ends of spans of time.
    DataHistory {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// How long each span is; from five minutes to a day.
        period: Interval = "period",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 30 where it is not said.
        limit: Option<Limit<500>> = "limit",
    }
}

/// How many levels of a side: one of the numbers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthLimit(u32);

impl DepthLimit {
    /// The numbers that there are.
    pub const ALL: [u32; 7] = [5, 10, 20, 50, 100, 500, 1_000];

    /// So many; `None` where that is none of them.
    #[must_use]
    pub fn new(levels: u32) -> Option<Self> {
        Self::ALL.contains(&levels).then_some(Self(levels))
    }

    /// How many.
    #[must_use]
    pub const fn levels(self) -> u32 {
        self.0
    }
}

impl Value for DepthLimit {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        let levels = u32::read(text, name)?;
        Self::new(levels).ok_or_else(|| Failure::with(ErrorCode::InvalidDepthLimit, &[text]))
    }

    fn print(&self, out: &mut String) {
        self.0.print(out);
    }
}
