//! The oracle under random markets, some of whose venues lie: what must hold at every tick.

mod liar;
mod world;

use std::collections::BTreeMap;

use machine::Prng;
use oracle_core::{
    Class, FeedId, FeedSettings, GroupKind, Input, Moment, Oracle, OracleSettings, Parameters,
    Quote, SourceId, SourceSettings, Tick, WEIGHT,
};
use units::{Price, Ratio, Timestamp};

use world::World;

/// Worlds in the default run, of some hundred and fifty ticks each; `SEAWALL_SEEDS` asks for more.
const WORLDS: u64 = 40;

/// Things that must have happened in some world, or the tests are blind to them.
const SOMETIMES: [&str; 20] = [
    "live",
    "degraded",
    "held",
    "split",
    "halted",
    "refused outlier",
    "refused returning",
    "refused silent",
    "refused lost",
    "refused gap",
    "refused crossed_book",
    "refused wide_spread",
    "refused skewed",
    "refused frozen",
    "refused conversion",
    "as old as a conversion",
    "a lie beyond the honest",
    "a lie beside the honest",
    "a lie about the time",
    "a lie about the number",
];

#[expect(clippy::disallowed_methods, reason = "which worlds are run is the caller's choice")]
fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn fewer_than_half_who_lie_carry_no_price_away() {
    // A price outside of what honest venues say liquidates those who owe nothing.
    if let Some(seed) = from_environment("SEAWALL_SEED") {
        println!("{:?}", World::run(seed));
        return;
    }
    let mut tallies: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 0..from_environment("SEAWALL_SEEDS").unwrap_or(WORLDS) {
        for (what, count) in World::run(seed) {
            *tallies.entry(what).or_default() += count;
        }
    }
    println!("{tallies:?}");
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !tallies.contains_key(**what)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
}

/// An oracle of one feed with these groups at these prices, after its first tick.
fn first_tick(prices: &[Price], weights: &[u64]) -> Tick {
    let feed = FeedSettings {
        symbol: "A/USD".to_owned(),
        parameters: Parameters::of(Class::Major),
        fundamental: None,
    };
    let source = |place: usize| {
        let group = format!("venue{place}");
        SourceSettings::new(&format!("{group}:1"), "A/USD", &group, GroupKind::Exchange)
    };
    let sources = (0..prices.len()).map(source).collect();
    let mut oracle =
        Oracle::new(OracleSettings { feeds: vec![feed], sources }).expect("a sound configuration");
    let at = Moment { now: Timestamp::from_nanos(1), unix_ms: 1 };
    for (place, price) in prices.iter().enumerate() {
        let quote = Quote { bid: *price, ask: *price, ..Quote::default() };
        oracle.apply(at, Input::Quote(SourceId::new(place), quote));
    }
    for (place, weight) in weights.iter().enumerate() {
        let money = units::Money::whole(i128::from(*weight));
        let depth = oracle_core::Depth { bids: money, asks: money, complete: true };
        oracle.apply(at, Input::Depth(SourceId::new(place), depth));
    }
    oracle.tick(at);
    oracle.published(FeedId::new(0)).expect("there is one feed").clone()
}

fn used(tick: &Tick) -> Vec<bool> {
    tick.sources.iter().map(|report| report.refusal.is_none()).collect()
}

fn random_prices(prng: &mut Prng) -> Vec<Price> {
    let count = 2 + prng.index(8);
    let spread = [3, 30, 300, 3_000][prng.index(4)];
    let price = |prng: &mut Prng| {
        Price::from_raw(1_000_000_000_000 + i128::from(prng.below(spread)) * 100_000_000)
    };
    (0..count).map(|_| price(prng)).collect()
}

fn random_depths(prng: &mut Prng, count: usize) -> Vec<u64> {
    (0..count).map(|_| 50_000 + (prng.next_u64() >> (30 + prng.below(34)))).collect()
}

#[test]
fn a_venue_that_goes_up_never_takes_the_price_down() {
    // Whoever could move the price against its own would be paid for a lie.
    let mut compared = 0;
    for seed in 0..from_environment("SEAWALL_SEEDS").unwrap_or(WORLDS) * 10 {
        let mut prng = Prng::new(seed);
        let prices = random_prices(&mut prng);
        let depths = random_depths(&mut prng, prices.len());
        let mut higher = prices.clone();
        let place = prng.index(higher.len());
        higher[place] = higher[place].plus(Price::from_raw(i128::from(prng.below(1 << 33))));
        let (before, after) = (first_tick(&prices, &depths), first_tick(&higher, &depths));
        if used(&before) != used(&after) {
            continue;
        }
        if let Some((before, after)) = before.market.zip(after.market) {
            compared += 1;
            assert!(after >= before, "seed {seed}: {prices:?} to {higher:?}: {before} to {after}");
        }
    }
    assert!(compared > 100, "{compared} were compared");
}

#[test]
fn the_cap_holds_whoever_drops_out() {
    // Fixed weights leave one venue with the vote where the others have gone.
    for seed in 0..from_environment("SEAWALL_SEEDS").unwrap_or(WORLDS) * 10 {
        let mut prng = Prng::new(seed);
        let count = 2 + prng.index(9);
        let depths = random_depths(&mut prng, count);
        let tick = first_tick(&vec![Price::ONE; count], &depths);
        let equal = 1_000_000_000_000 / i128::try_from(count).expect("it is small");
        let cap = Ratio::from_bps(3_000).raw().max(equal);
        let weights: Vec<i128> = tick.sources.iter().map(|report| report.weight.raw()).collect();
        assert!(weights.iter().all(|weight| *weight <= cap), "seed {seed}: {weights:?}");
        let sum: i128 = weights.iter().sum();
        let short = 1_000_000_000_000 - sum;
        assert!((0..=i128::from(WEIGHT)).contains(&short), "seed {seed}: {weights:?}");
    }
}
