//! The day, step by step: news, makers, the index, what the venue liquidates, and what that does to the price.

use incident::{Series, Watch};
use oracle::config::OracleConfig;
use units::{Span, Timestamp};
use venue::config::VenueConfig;

use super::terms::Terms;
use crate::market::asset::Asset;
use crate::market::exchange::Exchange;
use crate::market::index::Index;
use crate::market::makers::{Makers, Quote};
use crate::market::path::Noise;

/// A day that is over.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) exchange: Exchange,
    /// When it began, by the venue's clock.
    pub(crate) began: Timestamp,
    /// By asset: the lowest price of its book, as a part of the beginning, and how far it was below the fundamental at
    /// most, as a part of that.
    pub(crate) low: Vec<f64>,
    pub(crate) below: Vec<f64>,
    /// The fund when it began, and the least that was in it.
    pub(crate) fund: f64,
    pub(crate) fund_least: f64,
    /// Curves: by asset its price, its fundamental and its index, then the fund, then the makers of the last asset.
    pub(crate) curves: Vec<Series>,
}

/// The venue's clock at 20:00, so that the day does not begin before time does.
const BEGIN: Timestamp = Timestamp::from_nanos(3_600_000_000_000);

/// With no impact a book is so many times as deep: so deep that nothing moves.
const ENDLESS: f64 = 10_000.0;

/// The world as it moves.
struct World<'a> {
    terms: &'a Terms,
    makers: Makers,
    noise: Noise,
    /// By asset: what sales have done to the price, as a logarithm.
    moved: Vec<f64>,
    /// By asset: what the other markets stood at when it was told last.
    told: Vec<f64>,
    /// What makes an index of that, where there is an oracle; else it is the index itself.
    index: Option<Index>,
}

/// Where an asset stands at a step.
struct Stand {
    fundamental: f64,
    price: f64,
    /// What the other markets stand at.
    elsewhere: f64,
    /// Which part of the makers is there.
    there: f64,
}

/// Runs a day, with an oracle between the other markets and the venue where one is configured.
///
/// # Errors
/// Where the venue does not open as configured, somebody cannot take a position, or the venue breaks one of its own
/// invariants.
pub(crate) fn run(
    (config, oracle): (&VenueConfig, Option<&OracleConfig>),
    terms: &Terms,
    watch: &dyn Watch,
) -> Result<Day, String> {
    watch.progress(0, "everybody takes their positions");
    let mut exchange = Exchange::open(config, &terms.assets, terms.backstop, BEGIN)?;
    exchange.fills(&terms.holders).map_err(|(place, why)| {
        format!("the account at place {} of the population: {why}", place + 1)
    })?;
    let fund = exchange.fund();
    let began = exchange.now.after(Span::from_secs(1));
    exchange.now = began;
    let count = terms.assets.len();
    let mut day = Day {
        exchange,
        began,
        low: vec![1.0; count],
        below: vec![0.0; count],
        fund,
        fund_least: fund,
        curves: curves(&terms.assets),
    };
    let mut world = World {
        terms,
        makers: Makers::new(count),
        noise: Noise::new(count, terms.seed),
        moved: vec![0.0; count],
        told: Vec::new(),
        index: match oracle {
            None => None,
            Some(oracle) => {
                Some(Index::open(oracle, config.markets.iter().map(|it| it.feed.as_str()))?)
            }
        },
    };
    world.foresees(&mut day);
    let end = terms.hours * 3_600.0;
    let mut second = 0.0;
    while second < end {
        let step = terms.step_at(second);
        world.step(&mut day, second, step);
        second += step;
        let done = (second / end * 1_000.0) as u32;
        let minute = second as u64 / 60;
        watch.progress(done, &format!("{:02}:{:02}", (20 + minute / 60) % 24, minute % 60));
    }
    let heard = &day.exchange.heard;
    let broken = day.exchange.venue.audit();
    if heard.broken > 0 || heard.is_torn || !broken.is_empty() {
        return Err(format!("the venue has broken its own invariants: {broken:?}"));
    }
    Ok(day)
}

impl World<'_> {
    /// Looks ahead at what the news alone will do, at its worst for either side: who is solvent even there is liquidated
    /// for nothing but what the venue itself has done to the price.
    fn foresees(&self, day: &mut Day) {
        let terms = self.terms;
        let mut noise = self.noise.clone();
        let mut low = vec![f64::INFINITY; terms.assets.len()];
        let mut high = vec![0.0_f64; terms.assets.len()];
        let mut second = 0.0;
        while second < terms.hours * 3_600.0 {
            let step = terms.step_at(second);
            noise.goes_on(step, terms.noise_at(second));
            for (place, (low, high)) in low.iter_mut().zip(&mut high).enumerate() {
                let price = terms.fundamental(place, second, &noise);
                (*low, *high) = (low.min(price), high.max(price));
            }
            second += step;
        }
        let heard = &mut day.exchange.heard;
        (heard.reference, heard.short_reference) = (low, Some(high));
    }

    fn step(&mut self, day: &mut Day, second: f64, step: f64) {
        self.noise.goes_on(step, self.terms.noise_at(second));
        let assets = &self.terms.assets;
        let stands: Vec<Stand> =
            (0..assets.len()).map(|place| self.stand(place, second, step)).collect();
        if step > PRICE_LASTS && !self.told.is_empty() {
            // Prices come all the time; on one that is old the venue takes nobody's quotes.
            self.tells(day, Index::tell_again);
        }
        for (place, (asset, stand)) in assets.iter().zip(&stands).enumerate() {
            let quote = self.quote(place, stand);
            self.makers.quote(&mut day.exchange, asset, quote);
        }
        self.told = stands.iter().map(|stand| stand.elsewhere).collect();
        self.tells(day, Index::tell);
        for (place, (asset, stand)) in assets.iter().zip(&stands).enumerate() {
            self.sales(day, place, asset, stand);
        }
        self.notes(day, second, &stands);
        day.exchange.waits(step);
    }

    /// Tells the venue the index of each asset.
    fn tells(&mut self, day: &mut Day, tell: fn(&mut Index, Timestamp, &[Asset], &[f64])) {
        let (exchange, assets) = (&mut day.exchange, &self.terms.assets);
        let now = exchange.now;
        if let Some(index) = &mut self.index {
            tell(index, now, assets, &self.told);
        }
        for (place, (asset, dollars)) in assets.iter().zip(&self.told).enumerate() {
            match &self.index {
                None => exchange.prices(asset, *dollars),
                Some(index) => {
                    index.update(place, asset, now).into_iter().for_each(|it| exchange.hears(it));
                }
            }
        }
    }

    fn stand(&mut self, place: usize, second: f64, step: f64) -> Stand {
        let of = |numbers: &[f64], or: f64| numbers.get(place).copied().unwrap_or(or);
        let terms = self.terms;
        let fundamental = terms.fundamental(place, second, &self.noise);
        let there = 1.0 - (1.0 - of(&terms.stay, 1.0)) * terms.away.at(second);
        // Fewer makers take longer to bring it back.
        let half_life = terms.half_life / libm::sqrt(there.max(1e-3));
        let mut moved = 0.0;
        if let Some(at) = self.moved.get_mut(place) {
            *at *= libm::exp2(-step / half_life);
            moved = *at;
        }
        Stand {
            fundamental,
            price: fundamental * libm::exp(moved),
            elsewhere: fundamental * libm::exp(moved * terms.followed),
            there,
        }
    }

    fn quote(&self, place: usize, stand: &Stand) -> Quote {
        let terms = self.terms;
        let wider = terms.wider.get(place).copied().unwrap_or_default();
        Quote {
            price: stand.price,
            depth: self.depth(place, stand),
            // At the worst the makers who stay are as far away as `wider` says.
            wider: if stand.there < 1.0 { wider * (1.0 - stand.there) } else { 0.0 },
        }
    }

    /// Dollars a side for each per cent.
    fn depth(&self, place: usize, stand: &Stand) -> f64 {
        let depth = self.terms.depth.get(place).copied().unwrap_or(1.0);
        let impact = self.terms.impact.max(1.0 / ENDLESS);
        depth * stand.there.max(1e-3) / impact
    }

    /// What was sold into the book since the last look moves the price by what it has eaten of it.
    fn sales(&mut self, day: &mut Day, place: usize, asset: &Asset, stand: &Stand) {
        let lots = day.exchange.heard.takes_sold(asset.market);
        if lots == 0 {
            return;
        }
        self.makers.traded(asset);
        if self.terms.impact <= 0.0 {
            return;
        }
        let dollars = asset.worth(venue_core::Lots::new(lots), stand.price);
        let depth = self.depth(place, stand) * 100.0;
        if let Some(moved) = self.moved.get_mut(place) {
            *moved = (*moved - dollars / depth).max(MOVED_LEAST);
        }
    }

    /// Keeps what the report draws.
    fn notes(&self, day: &mut Day, second: f64, stands: &[Stand]) {
        let fund = day.exchange.fund();
        day.fund_least = day.fund_least.min(fund);
        let mut values = Vec::with_capacity(day.curves.len());
        for (place, stand) in stands.iter().enumerate() {
            let index = self.index.as_ref().and_then(|index| index.dollars(place));
            let index = index.unwrap_or(stand.elsewhere);
            values.extend([stand.price, stand.fundamental, index]);
            let start = self.terms.assets.get(place).map_or(1.0, |asset| asset.start);
            if let Some(low) = day.low.get_mut(place) {
                *low = low.min(stand.price / start);
            }
            if let Some(below) = day.below.get_mut(place) {
                *below = below.min(stand.price / stand.fundamental - 1.0);
            }
        }
        values.push(fund);
        values.extend(stands.iter().map(|stand| stand.there * 100.0));
        for (curve, value) in day.curves.iter_mut().zip(values) {
            curve.points.push((second, value));
        }
    }
}

/// A price is good for five seconds, by the venue's usual settings.
const PRICE_LASTS: f64 = 5.0;

/// However much is sold, somebody bids at a twentieth of the price.
const MOVED_LEAST: f64 = -3.0;

fn curves(assets: &[Asset]) -> Vec<Series> {
    let curve = |id: String, name: String, unit: &str| Series::new(id, name, unit, Vec::new());
    let mut all = Vec::new();
    for asset in assets {
        let (name, small) = (&asset.settings.name, asset.settings.name.to_lowercase());
        all.push(curve(format!("price_{small}"), format!("{name} on the venue"), "USD"));
        all.push(curve(format!("fundamental_{small}"), format!("{name} by the news alone"), "USD"));
        all.push(curve(format!("index_{small}"), format!("{name}, index"), "USD"));
    }
    all.push(curve("fund".to_owned(), "Insurance fund".to_owned(), "USD"));
    for asset in assets {
        let (name, small) = (&asset.settings.name, asset.settings.name.to_lowercase());
        all.push(curve(format!("makers_{small}"), format!("Makers of {name}"), "per cent"));
    }
    all
}
