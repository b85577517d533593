//! What a day is made of: the parameters, read.

use incident::{Parameter, Values};
use venue::config::VenueConfig;

use crate::market::asset::{Asset, assets, for_each};
use crate::market::path::{Noise, Path};
use crate::market::population::{self, Holder};
use crate::market::portfolio;

/// A day.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) assets: Vec<Asset>,
    pub(crate) seed: u64,
    /// Everybody, in the order in which they come.
    pub(crate) holders: Vec<Holder>,
    pub(crate) hours: f64,
    /// Seconds of a step, in the storm and outside of it, and when the storm is.
    pub(crate) step: f64,
    pub(crate) calm_step: f64,
    pub(crate) storm: (f64, f64),
    /// The fundamental price of the first asset in per cent of the beginning, and by asset how many times that.
    pub(crate) news: Path,
    pub(crate) times: Vec<f64>,
    /// Deviations of the noise in per cent, calm and in the storm.
    pub(crate) noise: [f64; 2],
    /// How far makers have left, from 0 to 1, and by asset how many of them stay at 1.
    pub(crate) away: Path,
    pub(crate) stay: Vec<f64>,
    /// By asset: dollars a side within each per cent, with all makers there; and how much further away the best price is
    /// when they have left, in hundredths of a per cent.
    pub(crate) depth: Vec<f64>,
    pub(crate) wider: Vec<f64>,
    /// How much of their impact sales have: 1 as the depth says, 0 none.
    pub(crate) impact: f64,
    /// Seconds in which half of what sales did to the price is made good.
    pub(crate) half_life: f64,
    /// What part of that other markets follow.
    pub(crate) followed: f64,
    pub(crate) backstop: f64,
    pub(crate) measures_gain: bool,
}

impl Terms {
    pub(crate) fn read(
        parameters: &Values,
        config: &VenueConfig,
        seed: u64,
        portfolio: Option<&str>,
    ) -> Result<Self, String> {
        let settings = config.markets.iter().map(|market| &market.settings);
        let assets = assets(settings, &parameters.numbers("start_usd")?)?;
        let drawn = match parameters.count("population_seed")? {
            0 => seed,
            fixed => fixed,
        };
        let mut holders = match portfolio {
            Some(text) => portfolio::read(text, &assets)?,
            None => {
                population::longs(&assets, &population::Terms::read(parameters, &assets)?, drawn)
            }
        };
        let shorts = usize::try_from(parameters.count("short_accounts")?).unwrap_or(0);
        if portfolio.is_none() {
            let leverage = parameters.number("short_leverage")?;
            let shorts = population::shorts(&assets, &holders, (shorts, leverage), drawn);
            holders.extend(shorts);
        }
        let part = |name: &str| Ok::<f64, String>(parameters.number(name)? / 100.0);
        let storm = parameters.numbers("storm_minutes")?;
        let &[from, to] = storm.as_slice() else {
            return Err("`storm_minutes` has to be when the storm begins and ends".to_owned());
        };
        let depth_times = parameters.number("depth_times")?;
        let terms = Self {
            seed,
            holders,
            hours: parameters.number("hours")?,
            step: parameters.number("step_seconds")?,
            calm_step: parameters.number("calm_step_seconds")?,
            storm: (from * 60.0, to * 60.0),
            news: Path::read(parameters, "news_minutes", "news_percent")?,
            times: for_each(parameters, "news_times", &assets)?,
            noise: [parameters.number("noise_percent")?, parameters.number("storm_noise_percent")?],
            away: Path::read(parameters, "away_minutes", "away_share")?,
            stay: for_each(parameters, "makers_stay_percent", &assets)?
                .into_iter()
                .map(|percent| percent / 100.0)
                .collect(),
            // Both sides within one per cent: half of it a side.
            depth: for_each(parameters, "depth_usd", &assets)?
                .into_iter()
                .map(|dollars| dollars / 2.0 * depth_times)
                .collect(),
            wider: for_each(parameters, "wider_bps", &assets)?,
            impact: part("impact_percent")?,
            half_life: parameters.number("half_life_seconds")?,
            followed: part("followed_percent")?,
            backstop: parameters.number("backstop_usd")?,
            measures_gain: parameters.count("measure_gain")? > 0,
            assets,
        };
        terms.check()?;
        Ok(terms)
    }

    fn check(&self) -> Result<(), String> {
        let steps = [self.step, self.calm_step];
        if !steps.iter().all(|step| (0.25..=30.0).contains(step)) {
            // Above 30 s the venue takes the silence for an outage.
            return Err("steps have to be from 0.25 to 30 seconds".to_owned());
        }
        if !(0.0..=24.0).contains(&self.hours) || self.half_life <= 0.0 || self.impact < 0.0 {
            return Err("`hours` has to be up to 24, `half_life_seconds` above 0, and `impact_percent` not below 0".to_owned());
        }
        let shares = self.stay.iter().chain(std::iter::once(&self.followed));
        if !shares.clone().all(|share| (0.0..=1.0).contains(share))
            || !self.depth.iter().all(|dollars| *dollars > 0.0)
        {
            return Err("depths have to be above 0, and shares from 0 to 100 per cent".to_owned());
        }
        Ok(())
    }

    /// How long the step at a second of the day is.
    pub(crate) fn step_at(&self, second: f64) -> f64 {
        if self.is_stormy(second) { self.step } else { self.calm_step }
    }

    /// The deviation of the noise then, in per cent.
    pub(crate) fn noise_at(&self, second: f64) -> f64 {
        let [calm, storm] = self.noise;
        if self.is_stormy(second) { storm } else { calm }
    }

    /// What an asset is worth by the news alone, in dollars.
    pub(crate) fn fundamental(&self, place: usize, second: f64, noise: &Noise) -> f64 {
        let start = self.assets.get(place).map_or(1.0, |asset| asset.start);
        let times = self.times.get(place).copied().unwrap_or(1.0);
        let news = self.news.at(second) * times / 100.0;
        start * (1.0 + news).max(0.01) * libm::exp(noise.of(place))
    }

    /// Whether a second of the day is in the storm.
    fn is_stormy(&self, second: f64) -> bool {
        (self.storm.0..self.storm.1).contains(&second)
    }
}

/// The parameters, with what they are where a file does not say.
pub(super) fn parameters() -> Vec<Parameter> {
    let mut all = people();
    all.extend(world());
    all
}

fn people() -> Vec<Parameter> {
    vec![
        Parameter::number(
            "accounts",
            "accounts with leverage that are drawn; as many as `people` is the whole population",
            6_000.0,
        ),
        Parameter::number("people", "people with leverage that they stand for", 2_500_000.0),
        Parameter::number(
            "population_seed",
            "what the population is drawn from; 0 is the run's seed",
            0.0,
        ),
        Parameter::given("start_usd", "by market: the price when the day begins"),
        Parameter::given("open_interest_usd", "by market: open interest in dollars, of all venues"),
        Parameter::number(
            "hot_percent",
            "how much of the open interest is held with a lot of leverage",
            14.2,
        ),
        Parameter::number("leverage_median", "median of that leverage", 9.1),
        Parameter::given("leverage_times", "by market: how many times that median it is there"),
        Parameter::number("leverage_sigma", "deviation of the logarithm of leverage", 0.83),
        Parameter::number("size_sigma", "deviation of the logarithm of what an account holds", 2.2),
        Parameter::number(
            "entry_percent",
            "how far from the price they entered at most, either way",
            4.0,
        ),
        Parameter::number("short_accounts", "accounts on the short side, a market", 100.0),
        Parameter::number("short_leverage", "their leverage, from half to twice of it", 2.0),
        Parameter::number(
            "backstop_usd",
            "what the backstop has, where the configuration names one",
            0.0,
        ),
    ]
}

fn world() -> Vec<Parameter> {
    vec![
        Parameter::number("hours", "how long the day is", 8.0),
        Parameter::number("step_seconds", "a step in the storm", 2.0),
        Parameter::number("calm_step_seconds", "a step outside of it; up to 30", 20.0),
        Parameter::given("storm_minutes", "when the storm begins and ends, in minutes of the day"),
        Parameter::given(
            "news_minutes",
            "when the fundamental price is at the points of `news_percent`",
        ),
        Parameter::given(
            "news_percent",
            "how far it is from the beginning then, for the first market",
        ),
        Parameter::given("news_times", "by market: how many times that it is"),
        Parameter::number(
            "noise_percent",
            "deviation of the noise around it in calm, half a minute to and fro",
            0.1,
        ),
        Parameter::number("storm_noise_percent", "the same in the storm", 0.5),
        Parameter::numbers(
            "away_minutes",
            "when makers are as far gone as `away_share` says",
            &[50.0, 72.0, 80.0, 95.0],
        ),
        Parameter::numbers(
            "away_share",
            "how far they have left: 0 not at all, 1 down to `makers_stay_percent`",
            &[0.0, 1.0, 1.0, 0.0],
        ),
        Parameter::given(
            "makers_stay_percent",
            "by market: how much of the depth stays at the worst",
        ),
        Parameter::given(
            "depth_usd",
            "by market: dollars within 1 % of the price, both sides, of all venues",
        ),
        Parameter::number(
            "depth_times",
            "how many times that there is in truth, with what comes when the price has moved",
            5.0,
        ),
        Parameter::given(
            "wider_bps",
            "by market: how much further away the best price is at the worst, in hundredths of a per cent",
        ),
        Parameter::number(
            "impact_percent",
            "how much sales move the price: 100 as the depth says, 0 not at all",
            100.0,
        ),
        Parameter::number(
            "half_life_seconds",
            "in which half of what sales did is made good while all makers are there; longer with fewer",
            60.0,
        ),
        Parameter::number(
            "followed_percent",
            "how much of what sales did to the price here is followed by the other markets that the index is made of",
            40.0,
        ),
        Parameter::number(
            "measure_gain",
            "whether the day is run again without impact, for the gain of the loop",
            1.0,
        ),
    ]
}
