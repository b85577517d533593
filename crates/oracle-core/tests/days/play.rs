//! A day, played to the oracle and to the rules of others.

use machine::Prng;
use oracle_core::{
    Class, FeedId, FeedSettings, FundamentalSettings, GroupKind, Input, Moment, Oracle,
    OracleSettings, Parameters, Quote, RateReading, RateSettings, Rule, SourceId, SourceSettings,
    Tick, Trade,
};
use units::{Price, Quantity, Ratio, Span, Timestamp};

use super::day::{Day, Scene, Worth};
use super::rules::{RULES, Said};
use super::score::{LIQUIDATION, MARKET, Rows, Score};

/// Between two ticks, in milliseconds.
const STEP: u64 = 250;
const START_MS: u64 = 1_760_130_000_000;
const YEAR_MS: u64 = 365 * 86_400_000;
/// Who says what tether and ether cost.
const DIRECT: [&str; 4] = ["coinbase", "kraken", "bitstamp", "gemini"];
/// What the exchange rate may grow to in a year.
const GROWTH: Ratio = Ratio::from_bps(1_000);

/// What others know: what tether was last said to be worth, and what each showed last.
#[derive(Default)]
struct Others {
    tether: Option<Price>,
    shown: [Option<Price>; RULES.len()],
}

/// Plays a day; `each` sees every tick of the asset, and when it is.
pub(crate) fn play(day: &Day, each: impl FnMut(u64, &Tick)) -> Rows {
    play_by(day, |_| {}, each)
}

/// Plays a day to an oracle whose feed is set otherwise; where its rule is one of others, what is traded is told, too.
pub(crate) fn play_by(
    day: &Day,
    set: impl Fn(&mut FeedSettings),
    each: impl FnMut(u64, &Tick),
) -> Rows {
    let mut settings = settings(day);
    set(&mut settings.feeds[0]);
    play_settings(day, settings, each)
}

fn play_settings(day: &Day, settings: OracleSettings, mut each: impl FnMut(u64, &Tick)) -> Rows {
    let trades = settings.feeds[0].parameters.rule != Rule::Guarded;
    let mut oracle = Oracle::new(settings).expect("a day's configuration is sound");
    let mut rows: Rows = RULES.iter().map(|(name, _)| (*name, Score::default())).collect();
    let capped = matches!(day.worth, Worth::Ether { .. });
    if capped {
        rows.push(("rate x base, capped", Score::default()));
    }
    rows.extend([MARKET, LIQUIDATION].map(|name| (name, Score::default())));
    let mut others = Others::default();
    for step in 1..=day.minutes * 60_000 / STEP {
        let at = step * STEP;
        let scene = noisy((day.at)(at), step);
        if trades {
            tell_trades(&mut oracle, &scene, step);
        }
        tell(&mut oracle, day, &scene, step);
        let tick = oracle.published(FeedId::new(0)).expect("the asset is there");
        each(at, tick);
        let mut shown = others.show(day, &scene);
        if capped {
            shown.push(
                capped_rate(day, at).zip(scene.ether).and_then(|(rate, ether)| times(ether, rate)),
            );
        }
        shown.extend([tick.market, tick.liquidation]);
        // A minute to get going.
        if at > 60_000 {
            for ((_, score), shown) in rows.iter_mut().zip(shown) {
                score.count(shown, scene.truth, (at, STEP), day.moved_at);
            }
        }
    }
    rows
}

fn settings(day: &Day) -> OracleSettings {
    let feed = |symbol: &str, class, fundamental| FeedSettings {
        symbol: symbol.to_owned(),
        parameters: Parameters::of(class),
        fundamental,
    };
    let fundamental = match day.worth {
        Worth::Market => None,
        Worth::Dollar => {
            let rate = RateSettings { fixed: Some(Ratio::ONE), ..RateSettings::default() };
            Some(FundamentalSettings { base: None, rate })
        }
        Worth::Ether { snapshot, fresh, .. } => {
            let since = if fresh { START_MS } else { START_MS - YEAR_MS };
            let snapshot = Some((Ratio::from_raw(snapshot.raw()), since));
            let rate = RateSettings { snapshot, growth_max: GROWTH, ..RateSettings::default() };
            Some(FundamentalSettings { base: Some("ETH/USD".to_owned()), rate })
        }
    };
    let feeds = vec![
        feed("ASSET/USD", day.class, fundamental),
        feed("USDT/USD", Class::Pegged, None),
        feed("ETH/USD", Class::Major, None),
    ];
    let mut sources = Vec::new();
    for venue in &day.venues {
        let source = SourceSettings::new(
            &format!("{}:asset", venue.name),
            "ASSET/USD",
            venue.name,
            venue.kind,
        );
        let quote = venue.in_tether.then(|| "USDT/USD".to_owned());
        sources.push(SourceSettings { quote, ..source });
    }
    for symbol in ["USDT/USD", "ETH/USD"] {
        sources.extend(DIRECT.iter().map(|name| {
            SourceSettings::new(&format!("{name}:{symbol}"), symbol, name, GroupKind::Exchange)
        }));
    }
    OracleSettings { feeds, sources }
}

/// Trembles: every book is some millionths off, another way each tick.
fn noisy(mut scene: Scene, step: u64) -> Scene {
    let mut prng = Prng::new(step);
    for price in scene.said.iter_mut().flatten() {
        let off = i128::from(prng.below(401)) - 200;
        *price = Price::from_raw(price.raw() + price.raw() / 1_000_000 * off);
    }
    scene
}

/// Says what has been traded since the last step.
fn tell_trades(oracle: &mut Oracle, scene: &Scene, step: u64) {
    let now = Timestamp::ZERO.after(Span::from_millis(step * STEP));
    let at = Moment { now, unix_ms: START_MS + step * STEP };
    for (source, (price, volume)) in scene.said.iter().zip(&scene.volumes).enumerate() {
        let (Some(price), quantity) = (*price, Quantity::whole(i128::from(*volume))) else {
            continue;
        };
        let trade = Trade { price, quantity, time_ms: Some(at.unix_ms), sequence: step };
        oracle.apply(at, Input::Trade(SourceId::new(source), trade));
    }
}

fn tell(oracle: &mut Oracle, day: &Day, scene: &Scene, step: u64) {
    let passed = step * STEP;
    let now = Timestamp::ZERO.after(Span::from_millis(passed));
    let at = Moment { now, unix_ms: START_MS + passed };
    let mut say = |source: usize, price: Option<Price>| {
        let Some(price) = price else { return };
        let half = Price::from_raw(price.raw() / 20_000);
        let (bid, ask) = (price.minus(half), price.plus(half));
        let quote = Quote { bid, ask, time_ms: Some(at.unix_ms), sequence: step };
        oracle.apply(at, Input::Quote(SourceId::new(source), quote));
    };
    for (source, price) in scene.said.iter().enumerate() {
        say(source, *price);
    }
    for (place, price) in [scene.tether, scene.ether].into_iter().enumerate() {
        for one in 0..DIRECT.len() {
            // A dozen millionths of difference, so that no book stands quite still.
            let off = i128::from((step + u64::try_from(one).unwrap_or(0)) % 12);
            let price =
                price.map(|price| Price::from_raw(price.raw() + price.raw() / 1_000_000 * off));
            say(day.venues.len() + place * DIRECT.len() + one, price);
        }
    }
    if let Worth::Ether { rate, .. } = day.worth
        && step % 240 == 1
    {
        let ratio = Ratio::from_raw(rate.raw());
        let reading = RateReading { reader: 0, ratio, block: step, time_ms: at.unix_ms };
        oracle.apply(at, Input::Rate(FeedId::new(0), reading));
    }
    oracle.tick(at);
}

impl Others {
    /// What each rule shows. Where it has nothing to go by it shows what it showed last.
    fn show(&mut self, day: &Day, scene: &Scene) -> Vec<Option<Price>> {
        self.tether = scene.tether.or(self.tether);
        let venues = day.venues.iter().zip(&scene.said).zip(&scene.volumes).enumerate();
        let said: Vec<Said> = venues
            .filter_map(|(venue, ((settings, said), volume))| {
                // In tether it is worth what tether was last said to be worth.
                let tether = self.tether.filter(|_| settings.in_tether).unwrap_or(Price::ONE);
                Some(Said { venue, price: times((*said)?, tether)?, volume: *volume })
            })
            .collect();
        for (shown, (_, rule)) in self.shown.iter_mut().zip(RULES) {
            *shown = rule(&said).or(*shown);
        }
        self.shown.to_vec()
    }
}

/// The rate as a cap would have it: the smaller of what is read and what it may have grown to.
fn capped_rate(day: &Day, at: u64) -> Option<Price> {
    let Worth::Ether { rate, snapshot, fresh } = day.worth else { return None };
    let passed = i128::from(if fresh { at } else { at + YEAR_MS });
    let grown = snapshot.raw() * GROWTH.raw() / Price::ONE.raw() * passed / i128::from(YEAR_MS);
    Some(rate.min(snapshot.plus(Price::from_raw(grown))))
}

fn times(price: Price, by: Price) -> Option<Price> {
    price.times(Ratio::from_raw(by.raw()), units::Rounding::Nearest)
}
