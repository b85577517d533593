//! What the oracle says of its feeds, as what the venue's core is told: a plain struct, to which the time is told.

use std::collections::BTreeMap;

use serde::Deserialize;
use units::{Price, Rounding, Span, Timestamp};
use venue_core::{PriceOf, PriceStatus, PriceUpdate};

/// What a feed is the price of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPlan {
    /// The feed's symbol at the oracle, such as `BTC/USD`.
    pub feed: String,
    /// What it is the price of.
    pub of: PriceOf,
}

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// By the one that never jumps, for spans.
    pub clock: Timestamp,
    /// By the venue's: Unix time.
    pub unix: Timestamp,
}

/// The oracle's word on a feed, as far as the venue needs it.
#[derive(Clone, Debug, Deserialize)]
struct Said {
    symbol: String,
    status: String,
    market: Option<String>,
    liquidation: Option<String>,
    confidence: Option<String>,
    age_ms: Option<u64>,
    clusters: Option<Vec<String>>,
}

/// A price as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    status: PriceStatus,
    market: Price,
    liquidation: Price,
    confidence: Price,
    as_of: Timestamp,
}

/// Feeds, and what they are the prices of.
#[derive(Debug)]
pub struct Feeds {
    of: BTreeMap<String, Vec<PriceOf>>,
    /// The feed of the settlement asset, by which all others are turned into it.
    settlement: Option<String>,
    known: BTreeMap<String, Known>,
    /// After how long without a word everything is halted.
    halted_after: Span,
    heard_at: Timestamp,
    /// Whether everything was halted since the last word.
    halted: bool,
}

impl Feeds {
    /// Feeds that were not heard yet; as if the oracle had been there until now.
    #[must_use]
    pub fn new(
        plans: &[FeedPlan],
        settlement: Option<String>,
        halted_after: Span,
        now: Now,
    ) -> Self {
        let mut feeds = Self {
            of: BTreeMap::new(),
            settlement,
            known: BTreeMap::new(),
            halted_after,
            heard_at: now.clock,
            halted: false,
        };
        feeds.plan(plans);
        feeds
    }

    /// Takes over what feeds are the prices of from now on; what is known of them stays.
    pub fn plan(&mut self, plans: &[FeedPlan]) {
        self.of.clear();
        for plan in plans {
            self.of.entry(plan.feed.clone()).or_default().push(plan.of);
        }
    }

    /// The symbols that are to be asked for.
    #[must_use]
    pub fn symbols(&self) -> Vec<&str> {
        let all = self.of.keys().chain(&self.settlement);
        let mut all: Vec<_> = all.map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Takes in the data of an event. What cannot be read says nothing.
    pub fn heard(&mut self, data: &[u8], now: Now) -> Vec<PriceUpdate> {
        let Ok(said) = serde_json::from_slice::<Said>(data) else { return Vec::new() };
        let before = self.known.get(&said.symbol).map_or(Timestamp::ZERO, |known| known.as_of);
        let Some(known) = known(&said, before, now.unix) else { return Vec::new() };
        (self.heard_at, self.halted) = (now.clock, false);
        let Some(of) = self.of.get(&said.symbol) else {
            self.known.insert(said.symbol, known);
            return Vec::new();
        };
        let updates = of.iter().map(|of| self.update(*of, known)).collect();
        self.known.insert(said.symbol, known);
        updates
    }

    /// What is to be told where nothing has been heard for too long: once, that there is no price.
    pub fn silent(&mut self, now: Now) -> Vec<PriceUpdate> {
        if self.halted || now.clock.since(self.heard_at) < self.halted_after {
            return Vec::new();
        }
        self.halted = true;
        let mut updates = Vec::new();
        for (symbol, all) in &self.of {
            // As of the last word, so that the next one is not older.
            let as_of = self.known.get(symbol).map_or(now.unix, |known| known.as_of);
            let halted = |of: &PriceOf| PriceUpdate {
                status: PriceStatus::Halted,
                ..PriceUpdate::live(*of, Price::ZERO, as_of)
            };
            updates.extend(all.iter().map(halted));
        }
        updates
    }

    /// A price in the settlement asset. It is as good as the worse of the two that it is made of.
    fn update(&self, of: PriceOf, known: Known) -> PriceUpdate {
        let Known { status, market, liquidation, confidence, as_of } = known;
        let plain = PriceUpdate { of, status, market, liquidation, confidence, as_of };
        let Some(settlement) = &self.settlement else { return plain };
        let none = PriceUpdate { status: PriceStatus::Halted, ..plain };
        let Some(unit) = self.known.get(settlement) else { return none };
        let status = status.max(unit.status);
        if !status.has_values() {
            return PriceUpdate { status, ..plain };
        }
        let turned = |price: Price| {
            price.over(unit.market, Rounding::Down).map(|ratio| Price::from_raw(ratio.raw()))
        };
        let (Some(market), Some(liquidation), Some(confidence)) =
            (turned(market), turned(liquidation), turned(confidence))
        else {
            return none;
        };
        PriceUpdate { status, market, liquidation, confidence, ..plain }
    }
}

/// Reads what was said; `None` where it makes no sense. Its time never goes back, whatever the way has taken.
fn known(said: &Said, before: Timestamp, now: Timestamp) -> Option<Known> {
    let price = |text: &Option<String>| match text {
        None => Some(None),
        Some(text) => Price::parse(text.as_bytes()).ok().map(Some),
    };
    let status = match said.status.as_str() {
        "live" => PriceStatus::Live,
        "capped" => PriceStatus::Capped,
        "degraded" => PriceStatus::Degraded,
        "held" => PriceStatus::Held,
        "split" => PriceStatus::Split,
        "halted" => PriceStatus::Halted,
        _ => return None,
    };
    let clusters = said.clusters.iter().flatten();
    let clusters: Option<Vec<Price>> =
        clusters.map(|text| Price::parse(text.as_bytes()).ok()).collect();
    let clusters = clusters?;
    let (mut market, mut liquidation) = (price(&said.market)?, price(&said.liquidation)?);
    if status == PriceStatus::Split
        && let (None, Some(low), Some(high)) =
            (market, clusters.iter().min(), clusters.iter().max())
    {
        (market, liquidation) = (Some(*low), Some(*high));
    }
    let as_of = now.before(Span::from_millis(said.age_ms.unwrap_or(0))).max(before);
    let Some(at) = market else {
        let status = if status == PriceStatus::Held { status } else { PriceStatus::Halted };
        let none = Price::ZERO;
        return Some(Known { status, market: none, liquidation: none, confidence: none, as_of });
    };
    Some(Known {
        status,
        market: at,
        liquidation: liquidation.unwrap_or(at),
        confidence: price(&said.confidence)?.unwrap_or(Price::ZERO),
        as_of,
    })
}
