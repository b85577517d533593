//! The `[[oracle.feed]]` tables.

use ::oracle::config::FeedConfig;
use oracle_core::{Class, FeedSettings, Parameters};

use super::super::reader::{Found, Reader};
use super::super::report::Report;
use super::super::value::{self, shown};
use super::fundamental::{self, FundamentalDraft};
use super::parameters;

/// The keys of `[[oracle.feed]]`.
pub(super) const KEYS: &[&str] = &{
    let mut keys = [""; 5 + parameters::KEYS.len()];
    let own = ["symbol", "class", "fundamental", "coingecko", "hermes"];
    let mut place = 0;
    while place < keys.len() {
        keys[place] =
            if place < own.len() { own[place] } else { parameters::KEYS[place - own.len()] };
        place += 1;
    }
    keys
};

/// What a symbol looks like.
pub(super) const SYMBOL: &str = "an asset and its unit, such as \"BTC/USD\"";

const CLASSES: [(&str, Class); 3] =
    [("major", Class::Major), ("alternative", Class::Alternative), ("pegged", Class::Pegged)];

/// A feed as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct FeedDraft {
    /// Its symbol.
    pub symbol: Option<Found<String>>,
    /// What it can be redeemed for.
    pub fundamental: Option<FundamentalDraft>,
    class: Option<Found<Class>>,
    parameters: Parameters,
    coingecko: Option<Found<String>>,
    hermes: Option<Found<[u8; 32]>>,
}

/// Reads one feed.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> FeedDraft {
    table.missing("symbol", SYMBOL, report);
    let classes = "\"major\", \"alternative\" or \"pegged\": what the asset is like, which the defaults depend on";
    table.missing("class", classes, report);
    let class = table.choice("class", &CLASSES, report);
    let defaults = Parameters::of(class.as_ref().map(|class| class.value).unwrap_or_default());
    let fundamental = table.table("fundamental", fundamental::KEYS, report);
    FeedDraft {
        symbol: table.text("symbol", SYMBOL, report, symbol),
        fundamental: fundamental.map(|table| fundamental::read(&table, report)),
        class,
        parameters: parameters::read(table, defaults, report),
        coingecko: table.text(
            "coingecko",
            "what CoinGecko calls the asset, such as \"bitcoin\"",
            report,
            value::label,
        ),
        hermes: table.text(
            "hermes",
            "the id of a Pyth price feed: \"0x\" and 64 hexadecimal digits",
            report,
            value::hash,
        ),
    }
}

/// The symbol of a feed, which is part of paths and a metrics label.
pub(super) fn symbol(text: &str) -> Result<String, String> {
    let plain = |part: &str| {
        let sign = |sign: char| {
            sign.is_ascii_uppercase() || sign.is_ascii_digit() || matches!(sign, '-' | '.')
        };
        !part.is_empty() && part.len() <= 24 && part.chars().all(sign)
    };
    match text.split_once('/') {
        Some((asset, unit)) if plain(asset) && plain(unit) => Ok(text.to_owned()),
        _ => Err(format!("{} is no symbol of capital letters and digits", shown(text))),
    }
}

impl FeedDraft {
    /// The feed, where every value could be read.
    pub(super) fn finish(self) -> Option<FeedConfig> {
        self.class?;
        let (fundamental, rate) = match self.fundamental {
            Some(draft) => draft.finish().map(|(settings, rate)| (Some(settings), rate))?,
            None => (None, None),
        };
        let (symbol, parameters) = (self.symbol?.value, self.parameters);
        Some(FeedConfig {
            settings: FeedSettings { symbol, parameters, fundamental },
            rate,
            coingecko: self.coingecko.map(|found| found.value),
            hermes: self.hermes.map(|found| found.value),
        })
    }
}
