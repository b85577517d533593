//! Names of streams.

use std::fmt;

use crate::json::ToJson;
use crate::text::{ListenKey, Symbol};
use crate::words::Interval;

/// Longest name of a stream, in bytes; no name there is comes near it.
pub const NAME_MAX: usize = 128;

/// A stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// Changes of a book.
    Depth(Symbol, DepthSpeed),
    /// The best levels of a book, whole each time.
    PartialDepth(Symbol, DepthLevels, DepthSpeed),
    /// Trades, one by one.
    Trade(Symbol),
    /// Trades, those of one order at one price together.
    AggTrade(Symbol),
    /// The most important of what happened within a day.
    MiniTicker(Symbol),
    /// The same of all markets.
    AllMiniTickers,
    /// What happened within a day.
    Ticker(Symbol),
    /// The same of all markets.
    AllTickers,
    /// The best bid and ask.
    BookTicker(Symbol),
    /// The same of all markets.
    AllBookTickers,
    /// Mark and funding; each second, or every third.
    MarkPrice(Symbol, bool),
    /// The same of all markets.
    AllMarkPrices(bool),
    /// Candles.
    Kline(Symbol, Interval),
    /// Liquidations.
    ForceOrder(Symbol),
    /// Liquidations of all markets.
    AllForceOrders,
    /// What concerns one account.
    User(ListenKey),
}

/// How many levels of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DepthLevels {
    /// Five.
    Five,
    /// Ten.
    Ten,
    /// Twenty.
    Twenty,
}

impl DepthLevels {
    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Five => 5,
            Self::Ten => 10,
            Self::Twenty => 20,
        }
    }
}

/// How often a book is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DepthSpeed {
    /// Every 100 ms.
    Fast,
    /// Every 250 ms: where it is not said.
    #[default]
    Usual,
    /// Every 500 ms.
    Slow,
}

impl DepthSpeed {
    /// How often, in milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        match self {
            Self::Fast => 100,
            Self::Usual => 250,
            Self::Slow => 500,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "@250ms" => Some(Self::Usual),
            "@100ms" => Some(Self::Fast),
            "@500ms" => Some(Self::Slow),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "@100ms",
            Self::Usual => "",
            Self::Slow => "@500ms",
        }
    }
}

impl StreamName {
    /// The stream of a name; `None` where there is none of it. A symbol may stand in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > NAME_MAX {
            return None;
        }
        match text {
            "!miniTicker@arr" => return Some(Self::AllMiniTickers),
            "!ticker@arr" => return Some(Self::AllTickers),
            "!bookTicker" => return Some(Self::AllBookTickers),
            "!markPrice@arr" => return Some(Self::AllMarkPrices(false)),
            "!markPrice@arr@1s" => return Some(Self::AllMarkPrices(true)),
            "!forceOrder@arr" => return Some(Self::AllForceOrders),
            _ => {}
        }
        let Some((symbol, kind)) = text.split_once('@') else {
            // Nothing but a user's stream has a name without an at sign, and those are long.
            return ListenKey::new(text)
                .filter(|_| text.len() >= ListenKey::LENGTH_MAX / 2)
                .map(Self::User);
        };
        Self::of_market(Symbol::new(&symbol.to_ascii_uppercase())?, kind)
    }

    fn of_market(symbol: Symbol, kind: &str) -> Option<Self> {
        match kind {
            "trade" => return Some(Self::Trade(symbol)),
            "aggTrade" => return Some(Self::AggTrade(symbol)),
            "miniTicker" => return Some(Self::MiniTicker(symbol)),
            "ticker" => return Some(Self::Ticker(symbol)),
            "bookTicker" => return Some(Self::BookTicker(symbol)),
            "markPrice" => return Some(Self::MarkPrice(symbol, false)),
            "markPrice@1s" => return Some(Self::MarkPrice(symbol, true)),
            "forceOrder" => return Some(Self::ForceOrder(symbol)),
            _ => {}
        }
        if let Some(interval) = kind.strip_prefix("kline_") {
            return Interval::parse(interval).map(|interval| Self::Kline(symbol, interval));
        }
        let depth = kind.strip_prefix("depth")?;
        let partial =
            [("20", DepthLevels::Twenty), ("10", DepthLevels::Ten), ("5", DepthLevels::Five)];
        for (count, levels) in partial {
            if let Some(speed) = depth.strip_prefix(count) {
                return Some(Self::PartialDepth(symbol, levels, DepthSpeed::parse(speed)?));
            }
        }
        Some(Self::Depth(symbol, DepthSpeed::parse(depth)?))
    }

    /// The market that it is of; `None` where it is of all, or of a user.
    #[must_use]
    pub const fn symbol(&self) -> Option<Symbol> {
        match self {
            Self::Depth(symbol, _)
            | Self::PartialDepth(symbol, ..)
            | Self::Trade(symbol)
            | Self::AggTrade(symbol)
            | Self::MiniTicker(symbol)
            | Self::Ticker(symbol)
            | Self::BookTicker(symbol)
            | Self::MarkPrice(symbol, _)
            | Self::Kline(symbol, _)
            | Self::ForceOrder(symbol) => Some(*symbol),
            Self::AllMiniTickers
            | Self::AllTickers
            | Self::AllBookTickers
            | Self::AllMarkPrices(_)
            | Self::AllForceOrders
            | Self::User(_) => None,
        }
    }

    /// What stands behind the market.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Depth(..) => "@depth",
            Self::PartialDepth(_, DepthLevels::Five, _) => "@depth5",
            Self::PartialDepth(_, DepthLevels::Ten, _) => "@depth10",
            Self::PartialDepth(_, DepthLevels::Twenty, _) => "@depth20",
            Self::Trade(_) => "@trade",
            Self::AggTrade(_) => "@aggTrade",
            Self::MiniTicker(_) => "@miniTicker",
            Self::AllMiniTickers => "!miniTicker@arr",
            Self::Ticker(_) => "@ticker",
            Self::AllTickers => "!ticker@arr",
            Self::BookTicker(_) => "@bookTicker",
            Self::AllBookTickers => "!bookTicker",
            Self::MarkPrice(_, false) => "@markPrice",
            Self::MarkPrice(_, true) => "@markPrice@1s",
            Self::AllMarkPrices(false) => "!markPrice@arr",
            Self::AllMarkPrices(true) => "!markPrice@arr@1s",
            Self::Kline(..) => "@kline_",
            Self::ForceOrder(_) => "@forceOrder",
            Self::AllForceOrders => "!forceOrder@arr",
            Self::User(_) => "",
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(symbol) = self.symbol() {
            formatter.write_str(&symbol.as_str().to_ascii_lowercase())?;
        }
        formatter.write_str(self.kind())?;
        match self {
            Self::Depth(_, speed) | Self::PartialDepth(_, _, speed) => {
                formatter.write_str(speed.as_str())
            }
            Self::Kline(_, interval) => formatter.write_str(interval.as_str()),
            Self::User(key) => formatter.write_str(key.as_str()),
            Self::Trade(_)
            | Self::AggTrade(_)
            | Self::MiniTicker(_)
            | Self::AllMiniTickers
            | Self::Ticker(_)
            | Self::AllTickers
            | Self::BookTicker(_)
            | Self::AllBookTickers
            | Self::MarkPrice(..)
            | Self::AllMarkPrices(_)
            | Self::ForceOrder(_)
            | Self::AllForceOrders => Ok(()),
        }
    }
}

impl ToJson for StreamName {
    fn write(&self, out: &mut Vec<u8>) {
        self.to_string().write(out);
    }
}
