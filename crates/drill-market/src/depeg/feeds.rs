//! The real oracle, and what markets tell it.

use machine::Prng;
use oracle::config::OracleConfig;
use oracle_core::{
    Depth, FeedId, Input, Moment, Oracle, Quote, RateReading, SourceId, Tick, Trade,
};
use units::{Money, Quantity, Ratio, Span, Timestamp};

use super::loans::uniform;
use super::terms::Terms;
use crate::market::told::{dollars, price};

/// Seconds between two blocks, at which an exchange rate is read.
const BLOCK_SECONDS: f64 = 12.0;

/// Half of the spread of every book but the venue's own, as a part of the price.
const HALF_SPREAD: f64 = 0.000_1;

/// Depth of every book but the venue's own: more than any guard asks for.
const ELSEWHERE_USD: f64 = 2e6;

/// A book as it is told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) bid: f64,
    pub(crate) ask: f64,
    /// Dollars within one per cent of the middle.
    pub(crate) depth: f64,
}

/// What a source is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// The asset: its place among the asset's markets; `in_base` where its prices are in the base.
    Asset { place: usize, in_base: bool },
    /// What comes out of the asset.
    Base,
    /// A dollar that others are converted with.
    Dollar,
}

/// The oracle, and who tells it what.
#[derive(Debug)]
pub(crate) struct Feeds {
    oracle: Oracle,
    /// The feed of the asset.
    pub(crate) asset: FeedId,
    sources: Vec<(SourceId, Of)>,
    /// Whether an exchange rate of the asset is read.
    is_read: bool,
    prng: Prng,
    blocks: u64,
    step: u64,
}

/// A moment of the day, for the oracle.
fn moment(terms: &Terms, second: f64) -> Moment {
    let now = Timestamp::ZERO.after(Span::from_millis((second * 1_000.0) as u64 + 3_600_000));
    Moment { now, unix_ms: terms.start_unix * 1_000 + (second * 1_000.0) as u64 }
}

impl Feeds {
    /// The oracle of a configuration; the asset's is the feed of this symbol.
    ///
    /// # Errors
    /// Where the configuration is none, or its markets are not those of the parameters.
    pub(crate) fn open(
        config: &OracleConfig,
        symbol: &str,
        terms: &Terms,
        seed: u64,
    ) -> Result<Self, String> {
        let settings = config.settings();
        let fundamental = settings.feeds.iter().find(|feed| feed.symbol == symbol);
        let fundamental = fundamental.and_then(|feed| feed.fundamental.clone());
        let base = fundamental.as_ref().and_then(|fundamental| fundamental.base.clone());
        let is_read = fundamental.is_some_and(|fundamental| fundamental.rate.fixed.is_none());
        let oracle = Oracle::new(settings).map_err(|mistakes| {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        let asset =
            oracle.plan().feed(symbol).ok_or_else(|| format!("there is no feed {symbol}"))?;
        let mut places = 0..;
        let sources: Vec<(SourceId, Of)> = oracle
            .plan()
            .sources()
            .map(|(id, source)| {
                let of = if source.feed == symbol {
                    let in_base = source.quote.is_some() && source.quote == base;
                    Of::Asset { place: places.next().unwrap_or_default(), in_base }
                } else if Some(&source.feed) == base.as_ref() {
                    Of::Base
                } else {
                    Of::Dollar
                };
                (id, of)
            })
            .collect();
        let count = sources.iter().filter(|(_, of)| matches!(of, Of::Asset { .. })).count();
        if count != terms.traded.len() {
            return Err(format!(
                "{symbol} has {count} markets in the configuration, and `traded_usd` has {}",
                terms.traded.len()
            ));
        }
        Ok(Self { oracle, asset, sources, is_read, prng: Prng::new(seed), blocks: 0, step: 0 })
    }

    /// Tells the oracle everything of a second, and lets it work out its prices. `own` is the venue's own book, `traded`
    /// what was sold and bought there by orders of the venue, in dollars, `gap` how far it is from what the asset is
    /// worth, as a part of that. Gives what others stand at, in the middle.
    pub(crate) fn tell(
        &mut self,
        terms: &Terms,
        second: f64,
        own: Option<Shown>,
        (traded, gap): (f64, f64),
    ) -> f64 {
        self.step += 1;
        let at = moment(terms, second);
        let (reference, base) = (terms.reference(second), terms.base.at(second));
        let mut elsewhere = Vec::new();
        for (source, of) in self.sources.clone() {
            let noise = 1.0 + terms.noise * (2.0 * uniform(&mut self.prng) - 1.0);
            let (shown, volume) = match of {
                Of::Asset { place: 0, in_base } => {
                    let unit = if in_base { base } else { 1.0 };
                    let shown = own.map(|own| Shown {
                        bid: own.bid / unit,
                        ask: own.ask / unit,
                        depth: own.depth,
                    });
                    (shown, self.volume(terms, second, 0) + traded)
                }
                Of::Asset { place, in_base } => {
                    let follows = place.checked_sub(1).and_then(|place| terms.follow.get(place));
                    let follows = follows.copied().unwrap_or_default();
                    let middle = reference * (1.0 - follows * gap) * noise;
                    elsewhere.push(middle);
                    let unit = if in_base { base } else { 1.0 };
                    (Some(book(middle / unit)), self.volume(terms, second, place))
                }
                Of::Base => (Some(book(base * noise)), 0.0),
                Of::Dollar => (Some(book(noise)), 0.0),
            };
            let Some(shown) = shown else {
                self.oracle.apply(at, Input::NoPrice(source));
                continue;
            };
            self.say(at, source, shown, volume);
        }
        self.read_rate(terms, second, at);
        self.oracle.tick(at);
        elsewhere.sort_by(f64::total_cmp);
        elsewhere.get(elsewhere.len() / 2).copied().unwrap_or(reference)
    }

    /// Dollars traded in a step in one of the asset's markets, for no reason that matters here.
    fn volume(&self, terms: &Terms, second: f64, place: usize) -> f64 {
        let all = if terms.is_thin(second) { &terms.crowded } else { &terms.traded };
        all.get(place).copied().unwrap_or_default() * terms.step / 60.0
    }

    fn say(&mut self, at: Moment, source: SourceId, shown: Shown, volume: f64) {
        let (bid, ask) = (price(shown.bid), price(shown.ask));
        let (time_ms, sequence) = (Some(at.unix_ms), self.step);
        if volume > 0.0 {
            let middle = bid.midpoint(ask);
            let units = volume / dollars(middle).max(1e-9);
            let quantity = Quantity::from_raw(libm::round(units * 1e6) as i128 * 1_000_000);
            let trade = Trade { price: middle, quantity, time_ms, sequence };
            self.oracle.apply(at, Input::Trade(source, trade));
        }
        self.oracle.apply(at, Input::Quote(source, Quote { bid, ask, time_ms, sequence }));
        // Books are looked at every ten steps or so, and depth is slow anyway.
        if self.step % 10 == 1 {
            let side = Money::whole(shown.depth as i128);
            let depth = Depth { bids: side, asks: side, complete: true };
            self.oracle.apply(at, Input::Depth(source, depth));
        }
    }

    /// The exchange rate, read at each block.
    fn read_rate(&mut self, terms: &Terms, second: f64, at: Moment) {
        let due = (second / BLOCK_SECONDS) as u64 + 1;
        if !self.is_read || second < terms.rate_from || due <= self.blocks {
            return;
        }
        self.blocks = due;
        let ratio = Ratio::from_raw(price(terms.rate).raw());
        let reading = RateReading { reader: 0, ratio, block: due, time_ms: at.unix_ms };
        self.oracle.apply(at, Input::Rate(self.asset, reading));
    }

    /// What is published of the asset.
    pub(crate) fn published(&self) -> Option<&Tick> {
        self.oracle.published(self.asset)
    }
}

/// A book around a price.
fn book(middle: f64) -> Shown {
    let (bid, ask) = (middle * (1.0 - HALF_SPREAD), middle * (1.0 + HALF_SPREAD));
    Shown { bid, ask, depth: ELSEWHERE_USD }
}
