//! What the core finds wrong with feeds and sources as a whole, told at the key that it is about.

use std::collections::BTreeMap;

use ::oracle::config::OracleConfig;
use oracle_core::{ConfigMistake, Plan};

use super::super::reader::Found;
use super::super::report::{Place, Report};
use super::OracleDraft;
use super::feed::FeedDraft;
use super::fundamental::Rate;

/// Checks the oracle as a whole, as far as every value could be read; otherwise what is missing would be told twice.
pub(in super::super) fn check(draft: &OracleDraft, config: &OracleConfig, report: &mut Report<'_>) {
    if !draft.sound {
        return;
    }
    rates(draft, report);
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

/// An exchange rate that a feed names and nobody reads would be awaited for ever.
fn rates(draft: &OracleDraft, report: &mut Report<'_>) {
    let read = draft.chains.iter().flat_map(|chain| &chain.rates);
    let names: Vec<&str> =
        read.filter_map(|rate| rate.name.as_ref()).map(|name| name.value.as_str()).collect();
    let fundamentals = draft.feeds.iter().filter_map(|feed| feed.fundamental.as_ref());
    for rate in fundamentals.filter_map(|fundamental| fundamental.rate.as_ref()) {
        if let Rate::Named(name) = &rate.value
            && !names.contains(&name.as_str())
        {
            let message = format!(
                "no [[oracle.chain.rate]] has the name {name:?}; accepted: a number, or one of those that are read{}",
                if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
            );
            report.mistake(&rate.place, message);
        }
    }
}

/// Where a source is.
struct SourceAt<'a> {
    name: &'a Place,
    feed: Option<&'a Found<String>>,
    quote: Option<&'a Found<String>>,
}

/// Where feeds and sources are, the last of those that have the same name.
struct Places<'a> {
    oracle: &'a Place,
    feeds: BTreeMap<&'a str, &'a FeedDraft>,
    sources: BTreeMap<String, SourceAt<'a>>,
}

impl<'a> Places<'a> {
    fn of(draft: &'a OracleDraft) -> Self {
        let named =
            |feed: &'a FeedDraft| feed.symbol.as_ref().map(|symbol| (symbol.value.as_str(), feed));
        let mut sources = BTreeMap::new();
        for venue in &draft.venues {
            for market in &venue.markets {
                let Some((venue, name)) = venue.name.as_ref().zip(market.market.as_ref()) else {
                    continue;
                };
                let (feed, quote) = (market.feed.as_ref(), market.quote.as_ref());
                let at = SourceAt { name: &name.place, feed, quote };
                sources.insert(format!("{}:{}", venue.value, name.value), at);
            }
        }
        for chain in &draft.chains {
            for source in &chain.sources {
                let name = chain.name.as_ref().and_then(|chain| source.full_name(&chain.value));
                let Some(name) = name else { continue };
                let place = source.name.as_ref().map_or(&source.place, |name| &name.place);
                let (feed, quote) = (source.feed.as_ref(), source.quote.as_ref());
                sources.insert(name, SourceAt { name: place, feed, quote });
            }
        }
        let feeds = draft.feeds.iter().filter_map(named).collect();
        Self { oracle: &draft.place, feeds, sources }
    }

    fn feed(&self, symbol: &str) -> &'a Place {
        let feed = self.feeds.get(symbol);
        feed.and_then(|feed| feed.symbol.as_ref()).map_or(self.oracle, |found| &found.place)
    }

    fn source(&self, name: &str) -> &'a Place {
        self.sources.get(name).map_or(self.oracle, |source| source.name)
    }

    fn of_mistake(&self, mistake: &ConfigMistake) -> Place {
        let place = match mistake {
            ConfigMistake::Twice(name) if self.sources.contains_key(name) => self.source(name),
            ConfigMistake::Twice(name) => self.feed(name),
            ConfigMistake::NoSuchFeed { of, feed } => self.naming(of, feed),
            ConfigMistake::NoSource(symbol) => self.feed(symbol),
            ConfigMistake::TwoKinds { feed, .. } => self.feed(feed),
            ConfigMistake::Circle(row) | ConfigMistake::LongConversion { row, .. } => {
                self.converted(row)
            }
            ConfigMistake::TooMany { .. } => self.oracle,
        };
        place.clone()
    }

    /// The key under which the first of a row of feeds needs the second.
    fn converted(&self, row: &[String]) -> &'a Place {
        let [feed, next, ..] = row else { return self.oracle };
        let of_feed = |at: &&SourceAt<'_>| at.feed.is_some_and(|found| found.value == *feed);
        let quotes = self.sources.values().filter(of_feed).filter_map(|at| at.quote);
        let quote = quotes.into_iter().find(|quote| quote.value == *next);
        quote.map_or_else(|| self.naming(feed, next), |quote| &quote.place)
    }

    /// The key under which a source or a feed names a feed.
    fn naming(&self, of: &str, named: &str) -> &'a Place {
        if let Some(source) = self.sources.get(of) {
            let quote = source.quote.filter(|quote| quote.value == named);
            return quote.or(source.feed).map_or(source.name, |found| &found.place);
        }
        let feed = self.feeds.get(of);
        let base = feed.and_then(|feed| feed.fundamental.as_ref()).and_then(|it| it.base.as_ref());
        base.map_or_else(|| self.feed(of), |base| &base.place)
    }
}
