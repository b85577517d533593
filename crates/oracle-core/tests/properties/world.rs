//! A market of honest venues and fewer liars, its prices drawn from a seed; every tick is checked.

use std::collections::BTreeMap;

use machine::Prng;
use oracle_core::{
    Class, Depth, FeedId, FeedSettings, FundamentalSettings, GroupKind, Input, Moment, Oracle,
    OracleSettings, Parameters, Quote, RateSettings, Refusal, SourceId, SourceSettings, Status,
    Tick, Trade,
};
use units::{Money, Price, Ratio, Span, Timestamp};

use crate::liar::Lie;

const TICK_MS: u64 = 250;
const START_MS: u64 = 1_760_130_000_000;

/// One venue's market of one feed.
#[derive(Clone, Copy)]
struct Venue {
    liar: bool,
    lie: Lie,
    /// Whether its prices are converted with the feed before.
    converted: bool,
    /// How far its clock is behind.
    behind_ms: u64,
    /// How far it is from the truth, in millionths.
    off: i64,
    last: Option<Quote>,
}

/// One feed's market.
struct Market {
    truth: Price,
    venues: Vec<Venue>,
    /// How many source ids come before its own.
    first: usize,
    /// How far honest venues are from one another, in millionths.
    noise: u64,
    /// Whether trades are told, too.
    trades: bool,
    /// Whether nothing moves.
    quiet: bool,
    up: bool,
}

pub(crate) struct World {
    prng: Prng,
    oracle: Oracle,
    /// Gets the same in another order.
    mirror: Oracle,
    markets: [Market; 3],
    ticks: u64,
    sequence: u64,
    tallies: BTreeMap<&'static str, u64>,
    seed: u64,
}

impl World {
    /// Runs the world of a seed: three feeds, some sources of each of which are converted with the feed before.
    pub(crate) fn run(seed: u64) -> BTreeMap<&'static str, u64> {
        let mut world = Self::new(seed);
        for tick in 0..80 + seed % 80 {
            if tick % 40 == 0 {
                world.change();
            }
            world.tick(true);
        }
        // In some worlds all goes on for so long that a book can be found dead; then everything is cut.
        for _ in 0..if seed.is_multiple_of(5) { 140 } else { 0 } {
            world.tick(true);
        }
        for _ in 0..40 {
            world.tick(false);
        }
        for feed in 0..3 {
            let tick = world.published(feed);
            assert_eq!(tick.status, Status::Halted, "seed {seed}: everything is cut");
        }
        world.tallies
    }

    fn new(seed: u64) -> Self {
        let mut prng = Prng::new(seed);
        let class = [Class::Major, Class::Alternative, Class::Pegged][prng.index(3)];
        let rate = RateSettings { fixed: Some(Ratio::ONE), ..RateSettings::default() };
        let fundamental = FundamentalSettings { base: None, rate };
        let feed = |symbol: &str, class, fundamental| FeedSettings {
            symbol: symbol.to_owned(),
            parameters: Parameters::of(class),
            fundamental,
        };
        let pegged = (class == Class::Pegged).then_some(fundamental);
        let feeds = vec![
            feed("USDT/USD", Class::Pegged, None),
            feed("A/USD", class, pegged.clone()),
            feed("B/USD", class, pegged),
        ];
        let counts = [3 + prng.index(4), 3 + prng.index(7), 3 + prng.index(4)];
        let (mut sources, mut all) = (Vec::new(), Vec::new());
        let before = [None, Some("USDT/USD"), Some("A/USD")];
        for ((feed, count), before) in feeds.iter().zip(counts).zip(before) {
            for place in 0..count {
                let group = format!("venue{place}");
                let name = format!("{group}:{}", feed.symbol);
                let kind = if prng.below(4) == 0 { GroupKind::Pool } else { GroupKind::Exchange };
                let quote = before.filter(|_| prng.below(2) == 0).map(str::to_owned);
                let converted = quote.is_some();
                let source = SourceSettings::new(&name, &feed.symbol, &group, kind);
                sources.push(SourceSettings { quote, ..source });
                all.push(converted);
            }
        }
        let settings = OracleSettings { feeds, sources };
        let oracle = Oracle::new(settings.clone()).expect("a sound configuration");
        let mirror = Oracle::new(settings).expect("a sound configuration");
        let mut first = 0;
        let markets = counts.map(|count| {
            let market = Market::new(&all[first..first + count], first, &mut prng);
            first += count;
            market
        });
        Self {
            prng,
            oracle,
            mirror,
            markets,
            ticks: 0,
            sequence: 0,
            tallies: BTreeMap::new(),
            seed,
        }
    }

    fn published(&self, feed: usize) -> &Tick {
        self.oracle.published(FeedId::new(feed)).expect("there are three feeds")
    }

    /// Liars find another lie, and the market another mood.
    fn change(&mut self) {
        for market in &mut self.markets {
            market.up = self.prng.below(2) == 0;
            market.quiet = self.prng.below(3) == 0;
            // Every other time they have agreed on one.
            let agreed = (self.prng.below(2) == 0).then(|| Lie::random(&mut self.prng));
            for venue in market.venues.iter_mut().filter(|venue| venue.liar) {
                venue.lie = agreed.unwrap_or_else(|| Lie::random(&mut self.prng));
                if let Some(word) = venue.lie.word() {
                    *self.tallies.entry(word).or_default() += 1;
                }
            }
        }
    }

    /// Lets all say something, in two orders, and checks the tick that comes of it.
    fn tick(&mut self, alive: bool) {
        self.ticks += 1;
        let mut inputs = Vec::new();
        for place in 0_usize..if alive { 3 } else { 0 } {
            self.sequence += 1;
            // What a dollar is in the unit of the feed before.
            let leg = self.markets[place.saturating_sub(1)].truth;
            let market = &mut self.markets[place];
            let start = self.ticks * TICK_MS - TICK_MS;
            market.speak((start, self.sequence), leg, &mut self.prng, &mut inputs);
        }
        for (at, input) in &inputs {
            self.oracle.apply(*at, *input);
        }
        for place in (1..inputs.len()).rev() {
            inputs.swap(place, self.prng.index(place + 1));
        }
        for (at, input) in &inputs {
            self.mirror.apply(*at, *input);
        }
        let at = moment(self.ticks * TICK_MS);
        self.oracle.tick(at);
        self.mirror.tick(at);
        for feed in 0..3 {
            let mirrored = self.mirror.published(FeedId::new(feed));
            assert_eq!(
                Some(self.published(feed)),
                mirrored,
                "seed {}: another order of arrival gives another tick",
                self.seed
            );
            self.check(feed, alive);
        }
    }

    fn check(&mut self, feed: usize, alive: bool) {
        let seed = self.seed;
        let tick = self.published(feed).clone();
        *self.tallies.entry(tick.status.name()).or_default() += 1;
        if tick.status == Status::Degraded && tick.age > Span::ZERO {
            *self.tallies.entry("as old as a conversion").or_default() += 1;
        }
        let priced = !matches!(tick.status, Status::Split | Status::Halted);
        assert_eq!(tick.market.is_some(), priced, "seed {seed}: a number without its status");
        let mut honest = Vec::new();
        // A leg that trembles moves all that is converted with it, and what needs no conversion seems to stand still.
        let leans = self.markets[feed].venues.iter().any(|venue| venue.converted);
        for (report, venue) in tick.sources.iter().zip(&self.markets[feed].venues) {
            if let Some(refusal) = report.refusal {
                *self.tallies.entry(refusal_word(refusal)).or_default() += 1;
            }
            let gone = matches!(
                report.refusal,
                Some(Refusal::Conversion | Refusal::Outlier | Refusal::Returning)
            ) || (report.refusal == Some(Refusal::Frozen) && leans);
            if !venue.liar && alive {
                assert!(
                    report.refusal.is_none() || gone,
                    "seed {seed}, tick {}: an honest venue is refused: {report:?}",
                    self.ticks
                );
                let says = !matches!(report.refusal, Some(Refusal::Conversion | Refusal::Frozen));
                honest.extend(report.price.filter(|_| says));
            }
        }
        let liars = tick.sources.iter().zip(&self.markets[feed].venues);
        let live = |refusal| matches!(refusal, None | Some(Refusal::Outlier | Refusal::Returning));
        let liars = liars.filter(|(report, venue)| venue.liar && live(report.refusal)).count();
        let fresh = tick.market.filter(|_| tick.status != Status::Held && alive);
        // Where a conversion is gone the honest who need it are too.
        if let Some(market) = fresh.filter(|_| liars < honest.len()) {
            let (low, high) = (honest.iter().min(), honest.iter().max());
            assert!(
                low.is_some_and(|low| market >= *low) && high.is_some_and(|high| market <= *high),
                "seed {seed}, tick {}: {market} is beyond {low:?} and {high:?}: {tick:?}",
                self.ticks
            );
        }
    }
}

impl Market {
    fn new(converted: &[bool], first: usize, prng: &mut Prng) -> Self {
        let noise = [1, 100, 1_000, 8_000][prng.index(4)];
        let liars = prng.index((converted.len() - 1) / 2 + 1);
        let venue = |(place, converted): (usize, &bool)| Venue {
            converted: *converted,
            behind_ms: [15, 15, 3_000][prng.index(3)],
            liar: place < liars,
            lie: Lie::None,
            off: i64::try_from(prng.below(2 * noise)).expect("it is small")
                - i64::try_from(noise).expect("it is small"),
            last: None,
        };
        let venues = converted.iter().enumerate().map(venue).collect();
        let trades = prng.below(2) == 0;
        Self { truth: Price::ONE, venues, first, noise, trades, quiet: false, up: false }
    }

    /// What every venue says in one tick.
    fn speak(
        &mut self,
        (start, sequence): (u64, u64),
        leg: Price,
        prng: &mut Prng,
        inputs: &mut Vec<(Moment, Input)>,
    ) {
        if !self.quiet {
            let step = i128::from(prng.below(2_001)) - 1_000;
            // Now and then it jumps by two per cent.
            let step = if prng.below(60) == 0 { step * 20 } else { step };
            self.truth = self.truth.plus(Price::from_raw(self.truth.raw() / 1_000_000 * step));
        }
        let noise = i64::try_from(self.noise).expect("it is small");
        for venue in self.venues.iter_mut().filter(|_| !self.quiet) {
            let drift = i64::try_from(prng.below(3)).expect("it is small") - 1;
            venue.off = (venue.off + drift * (noise / 50)).clamp(-noise, noise);
        }
        let honest: Vec<Price> = self.venues.iter().map(|venue| self.price(venue, leg)).collect();
        let told = || honest.iter().zip(&self.venues).filter(|(_, venue)| !venue.liar);
        let low = told().map(|(price, _)| *price).min().unwrap_or_default();
        let high = told().map(|(price, _)| *price).max().unwrap_or_default();
        let (first, trades) = (self.first, self.trades);
        for (place, venue) in self.venues.iter_mut().enumerate() {
            let at = moment(start + 1 + prng.below(TICK_MS - 1));
            let half = Price::from_raw(honest[place].raw() / 100_000);
            let honest = Quote {
                bid: honest[place].minus(half),
                ask: honest[place].plus(half),
                time_ms: (place % 3 > 0).then_some(at.unix_ms - venue.behind_ms),
                sequence,
            };
            let source = SourceId::new(first + place);
            let told = venue.lie.told(honest, (low, high), self.up, venue.last, prng);
            venue.last = told.or(venue.last);
            let connection = if venue.liar { prng.below(200) } else { 200 };
            match (connection, told) {
                (0, _) => inputs.push((at, Input::Lost(source))),
                (1, _) => inputs.push((at, Input::Gap(source))),
                (2, _) => inputs.push((at, Input::Resync(source))),
                (_, Some(quote)) => {
                    inputs.push((at, Input::Quote(source, quote)));
                    // A trade at its bid, somewhen else in the same tick, by a clock of its own.
                    let at = moment(start + 1 + prng.below(TICK_MS - 1));
                    let time_ms = quote.time_ms.map(|time_ms| time_ms + prng.below(200));
                    let trade = Trade { price: quote.bid, time_ms, sequence, ..Trade::default() };
                    if trades && prng.below(8) == 0 {
                        inputs.push((at, Input::Trade(source, trade)));
                    }
                }
                (_, None) => {}
            }
            if prng.below(40) == 0 {
                let money = Money::whole(60_000 << prng.below(if venue.liar { 40 } else { 8 }));
                let depth = Depth { bids: money, asks: money, complete: true };
                inputs.push((at, Input::Depth(source, depth)));
            }
        }
    }

    fn price(&self, venue: &Venue, leg: Price) -> Price {
        let off = self.truth.raw() / 1_000_000 * i128::from(venue.off);
        let price = self.truth.plus(Price::from_raw(off));
        if venue.converted {
            return Price::from_raw(price.raw() * Price::ONE.raw() / leg.raw());
        }
        price
    }
}

fn moment(ms: u64) -> Moment {
    Moment { now: Timestamp::ZERO.after(Span::from_millis(ms)), unix_ms: START_MS + ms }
}

const fn refusal_word(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NothingYet => "refused nothing_yet",
        Refusal::Silent => "refused silent",
        Refusal::Lost => "refused lost",
        Refusal::Gap => "refused gap",
        Refusal::EmptyBook => "refused empty_book",
        Refusal::NoPrice => "refused no_price",
        Refusal::CrossedBook => "refused crossed_book",
        Refusal::WideSpread => "refused wide_spread",
        Refusal::ThinBook => "refused thin_book",
        Refusal::OldPrice => "refused old_price",
        Refusal::Skewed => "refused skewed",
        Refusal::Frozen => "refused frozen",
        Refusal::Conversion => "refused conversion",
        Refusal::Outlier => "refused outlier",
        Refusal::Returning => "refused returning",
    }
}
