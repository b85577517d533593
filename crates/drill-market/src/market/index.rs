//! The index of contracts out of the real oracle: every market of a feed is told what the asset costs elsewhere.

use oracle::config::OracleConfig;
use oracle_core::{Depth, FeedId, Input, Moment, Oracle, Quote, SourceId};
use units::{Money, Price, Span, Timestamp};
use venue_core::{PriceOf, PriceUpdate};

use super::asset::Asset;
use super::told::{self, update};

/// 2025-10-10 20:00 UTC in seconds: when the clock of a day stands at zero. Which day it is makes no difference.
const DAY_UNIX_SECONDS: u64 = 1_760_126_400;

/// Half of the spread of every book, in parts of the price: a hundredth of a per cent.
const HALF_SPREAD_PARTS: i128 = 10_000;

/// Dollars on each side of every book within one per cent: more than any guard asks for.
const DEPTH_USD: i128 = 10_000_000;

/// Depth is looked at every so many times: it is averaged over a day anyway.
const DEPTH_EVERY: u64 = 10;

/// How long before a price the oracle has heard it once already: its guard wants a step to be shown twice, and it works
/// out its prices four times a second.
const BEFORE: Span = Span::from_millis(250);

/// The oracle, and which of its sources are of which asset.
#[derive(Debug)]
pub(crate) struct Index {
    oracle: Oracle,
    /// By asset.
    feeds: Vec<FeedId>,
    /// Each source, and the place of its asset; dollars that others are converted with have none.
    sources: Vec<(SourceId, Option<usize>)>,
    told: u64,
    /// When it heard something last.
    heard: Timestamp,
}

/// When the oracle hears prices of now: once more what they were, and twice what they are. In this order, since its clock
/// never goes back.
fn moments(now: Timestamp) -> [Timestamp; 3] {
    let before = now.before(BEFORE);
    [before.before(BEFORE), before, now]
}

impl Index {
    /// The oracle of a configuration; by asset the symbol of its feed is given.
    ///
    /// # Errors
    /// Where the configuration is none, or has no feed for an asset.
    pub(crate) fn open<'a>(
        config: &OracleConfig,
        symbols: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let oracle = Oracle::new(config.settings()).map_err(|mistakes| {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        let symbols: Vec<&str> = symbols.collect();
        let feed = |symbol: &&str| {
            oracle.plan().feed(symbol).ok_or_else(|| format!("the oracle has no feed {symbol}"))
        };
        let feeds = symbols.iter().map(feed).collect::<Result<_, _>>()?;
        let place = |feed: &str| symbols.iter().position(|symbol| *symbol == feed);
        let sources = oracle.plan().sources();
        let sources = sources.map(|(id, source)| (id, place(&source.feed))).collect();
        Ok(Self { oracle, feeds, sources, told: 0, heard: Timestamp::ZERO })
    }

    /// Tells every market what each asset costs now, in dollars, and has the prices worked out.
    pub(crate) fn tell(&mut self, now: Timestamp, assets: &[Asset], dollars: &[f64]) {
        let [_, before, now] = moments(now);
        self.shows(&[before, now], assets, dollars);
    }

    /// Tells every market that each asset cost until now what it was told last, before it is told what they cost now.
    pub(crate) fn tell_again(&mut self, now: Timestamp, assets: &[Asset], dollars: &[f64]) {
        let [again, ..] = moments(now);
        self.shows(&[again], assets, dollars);
    }

    fn shows(&mut self, moments: &[Timestamp], assets: &[Asset], dollars: &[f64]) {
        let prices: Vec<Price> =
            assets.iter().zip(dollars).map(|(asset, dollars)| asset.price(*dollars)).collect();
        for at in moments.iter().copied() {
            debug_assert!(self.heard <= at, "time goes on for an oracle");
            self.heard = at;
            let unix_ms = DAY_UNIX_SECONDS * 1_000 + at.as_nanos() / 1_000_000;
            self.hear(Moment { now: at, unix_ms }, &prices);
        }
    }

    fn hear(&mut self, at: Moment, prices: &[Price]) {
        for (source, place) in &self.sources {
            let price = match place {
                Some(place) => prices.get(*place).copied().unwrap_or(Price::ZERO),
                None => Price::whole(1),
            };
            let half = Price::from_raw(price.raw() / HALF_SPREAD_PARTS);
            let (bid, ask) = (price.minus(half), price.plus(half));
            let (time_ms, sequence) = (Some(at.unix_ms), self.told + 1);
            if self.told.is_multiple_of(DEPTH_EVERY) {
                let side = Money::whole(DEPTH_USD);
                let depth = Depth { bids: side, asks: side, complete: true };
                self.oracle.apply(at, Input::Depth(*source, depth));
            }
            self.oracle.apply(at, Input::Quote(*source, Quote { bid, ask, time_ms, sequence }));
        }
        self.told += 1;
        self.oracle.tick(at);
    }

    /// What the venue is told of an asset, by its place; nothing before there is a price.
    pub(crate) fn update(
        &self,
        place: usize,
        asset: &Asset,
        now: Timestamp,
    ) -> Option<PriceUpdate> {
        let tick = self.oracle.published(*self.feeds.get(place)?)?;
        Some(update(PriceOf::Index(asset.market), tick, now))
    }

    /// The price of an asset that is published, in dollars, by its place.
    pub(crate) fn dollars(&self, place: usize) -> Option<f64> {
        let tick = self.oracle.published(*self.feeds.get(place)?)?;
        tick.market.map(told::dollars)
    }
}

#[cfg(test)]
mod tests {
    use oracle_core::OracleSettings;

    use super::*;

    #[test]
    fn what_was_told_is_told_again_before_what_is_new() {
        // An oracle that is told of a moment before its last one holds the newest price for an old one, where steps are
        // longer than a price lasts.
        let oracle = Oracle::new(OracleSettings { feeds: Vec::new(), sources: Vec::new() });
        let oracle = oracle.expect("there may be no feeds");
        let mut index = Index {
            oracle,
            feeds: Vec::new(),
            sources: Vec::new(),
            told: 0,
            heard: Timestamp::ZERO,
        };
        let mut heard = Vec::new();
        for second in [10, 20] {
            let now = Timestamp::ZERO.after(Span::from_secs(second));
            index.tell_again(now, &[], &[]);
            heard.push(index.heard);
            index.tell(now, &[], &[]);
            heard.push(index.heard);
        }
        assert_eq!(index.told, 6, "old prices once, and new ones twice");
        let millis = heard.iter().map(|at| at.since(Timestamp::ZERO).as_millis());
        assert_eq!(millis.collect::<Vec<_>>(), [9_500, 10_000, 19_500, 20_000]);
        // And within a tell.
        assert!(moments(Timestamp::MAX).is_sorted_by(|one, next| one < next));
    }
}
