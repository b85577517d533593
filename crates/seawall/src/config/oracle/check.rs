//! What the core finds wrong with feeds and sources as a whole, told at the key that it is about.

use std::collections::BTreeMap;

use ::oracle::config::OracleConfig;
use oracle_core::{ConfigMistake, Plan};

use super::super::report::{Place, Report};
use super::OracleDraft;
use super::venue::MarketDraft;

/// Checks the oracle as a whole, as far as every value could be read; otherwise what is missing would be told twice.
pub(in super::super) fn check(draft: &OracleDraft, config: &OracleConfig, report: &mut Report<'_>) {
    if !draft.sound {
        return;
    }
    let places = Places::of(draft);
    match Plan::new(config.settings()) {
        Ok(plan) => {
            for warning in plan.warnings() {
                let symbol = warning.split(' ').next().unwrap_or_default();
                report.warning(places.feed(symbol), warning.as_str());
            }
        }
        Err(mistakes) => {
            for mistake in mistakes {
                report.mistake(&places.of_mistake(&mistake), mistake.to_string());
            }
        }
    }
}

/// Where feeds and sources are, the last of those that have the same name.
struct Places<'a> {
    oracle: &'a Place,
    feeds: BTreeMap<&'a str, &'a super::feed::FeedDraft>,
    sources: BTreeMap<String, &'a MarketDraft>,
}

impl<'a> Places<'a> {
    fn of(draft: &'a OracleDraft) -> Self {
        let named = |feed: &'a super::feed::FeedDraft| {
            feed.symbol.as_ref().map(|symbol| (symbol.value.as_str(), feed))
        };
        let mut sources = BTreeMap::new();
        for venue in &draft.venues {
            for market in &venue.markets {
                if let (Some(venue), Some(name)) = (&venue.name, &market.market) {
                    sources.insert(format!("{}:{}", venue.value, name.value), market);
                }
            }
        }
        Self {
            oracle: &draft.place,
            feeds: draft.feeds.iter().filter_map(named).collect(),
            sources,
        }
    }

    fn feed(&self, symbol: &str) -> &'a Place {
        let feed = self.feeds.get(symbol);
        feed.and_then(|feed| feed.symbol.as_ref()).map_or(self.oracle, |found| &found.place)
    }

    fn source(&self, name: &str) -> &'a Place {
        let market = self.sources.get(name);
        market.and_then(|market| market.market.as_ref()).map_or(self.oracle, |found| &found.place)
    }

    fn of_mistake(&self, mistake: &ConfigMistake) -> Place {
        let place = match mistake {
            ConfigMistake::Twice(name) if self.sources.contains_key(name) => self.source(name),
            ConfigMistake::Twice(name) => self.feed(name),
            ConfigMistake::NoSuchFeed { of, feed } => self.naming(of, feed),
            ConfigMistake::ConvertedConversion { source_name, .. } => {
                let market = self.sources.get(source_name);
                let quote = market.and_then(|market| market.quote.as_ref());
                quote.map_or_else(|| self.source(source_name), |quote| &quote.place)
            }
            ConfigMistake::NoSource(symbol) => self.feed(symbol),
            ConfigMistake::TwoKinds { feed, .. } => self.feed(feed),
            ConfigMistake::Circle(symbols) => {
                self.feed(symbols.split(", ").next().unwrap_or_default())
            }
            ConfigMistake::TooMany { .. } => self.oracle,
        };
        place.clone()
    }

    /// The key under which a source or a feed names a feed.
    fn naming(&self, of: &str, named: &str) -> &'a Place {
        if let Some(market) = self.sources.get(of) {
            let quote = market.quote.as_ref().filter(|quote| quote.value == named);
            let found = quote.or(market.feed.as_ref());
            return found.map_or(&market.place, |found| &found.place);
        }
        let feed = self.feeds.get(of);
        let base = feed.and_then(|feed| feed.fundamental.as_ref()).and_then(|it| it.base.as_ref());
        base.map_or_else(|| self.feed(of), |base| &base.place)
    }
}
