//! The parameters of the day, as numbers.

use incident::{Parameter, Values};

/// What the outside world does that day.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// When the day begins, in seconds since 1970.
    pub(crate) start_unix: u64,
    /// How long it is, and how long a step of it is, in seconds.
    pub(crate) seconds: f64,
    pub(crate) step: f64,
    /// What the asset is truly worth, as a share of what is promised.
    pub(crate) worth: Course,
    /// What is promised: so much of the base, and what the base costs in dollars.
    pub(crate) rate: f64,
    pub(crate) base: Course,
    /// From when on the exchange rate can be read, in seconds.
    pub(crate) rate_from: f64,
    /// The sale: dollars at the price of the beginning, when it begins and how long it takes, in seconds.
    pub(crate) sold_usd: f64,
    pub(crate) sold_from: f64,
    pub(crate) sold_seconds: f64,
    /// The venue's own book: dollars for each per cent of the price, at rest and while makers are away, and from when to
    /// when they are, in seconds.
    pub(crate) depth_usd: f64,
    pub(crate) thin_usd: f64,
    pub(crate) thin: (f64, f64),
    /// Its spread, as parts of the price.
    pub(crate) spread: f64,
    pub(crate) thin_spread: f64,
    /// Where those come who buy because it is cheap, as a share of the worth, and how many times the depth they bring.
    pub(crate) bargain: f64,
    pub(crate) bargain_times: f64,
    /// While nothing can be carried between venues, from when to when, in seconds, a gap takes the second of these to
    /// halve, in seconds; otherwise the first.
    pub(crate) halted: (f64, f64),
    pub(crate) open_half_life: f64,
    pub(crate) halted_half_life: f64,
    /// Of each market of the asset but the venue's own book: what part of the gap it shows.
    pub(crate) follow: Vec<f64>,
    /// Of each market of the asset: dollars traded in a minute, on a quiet day and while makers are away.
    pub(crate) traded: Vec<f64>,
    pub(crate) crowded: Vec<f64>,
    /// How far the books of venues are apart for no reason, as a part of the price.
    pub(crate) noise: f64,
    /// Who has borrowed against the asset.
    pub(crate) accounts: usize,
    pub(crate) collateral_usd: f64,
    pub(crate) leverage: Vec<f64>,
    pub(crate) share: Vec<f64>,
    pub(crate) spread_of_leverage: f64,
    pub(crate) size_sigma: f64,
    /// Dollars a minute that are bought of the asset elsewhere and brought here, while the venue lends more on it than
    /// that.
    pub(crate) carried: f64,
}

/// Values at some seconds, and straight lines between them.
#[derive(Clone, Debug)]
pub(crate) struct Course(Vec<(f64, f64)>);

impl Course {
    fn read(values: &Values, minutes: &str, numbers: &str) -> Result<Self, String> {
        let (at, value) = (values.numbers(minutes)?, values.numbers(numbers)?);
        let rises = at.windows(2).all(|pair| pair.first() < pair.last());
        if at.is_empty() || at.len() != value.len() || !rises {
            return Err(format!("`{minutes}` has to rise, and `{numbers}` needs as many numbers"));
        }
        if value.iter().any(|value| *value <= 0.0) {
            return Err(format!("`{numbers}` has to be above 0"));
        }
        Ok(Self(at.into_iter().map(|minute| minute * 60.0).zip(value).collect()))
    }

    /// The value at a second.
    pub(crate) fn at(&self, second: f64) -> f64 {
        let mut before = self.0.first().copied().unwrap_or_default();
        for (at, value) in self.0.iter().copied() {
            if at > second && at > before.0 {
                let part = ((second - before.0) / (at - before.0)).max(0.0);
                return before.1 + (value - before.1) * part;
            }
            before = (at, value);
        }
        before.1
    }

    /// The lowest value.
    pub(crate) fn lowest(&self) -> f64 {
        self.0.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min)
    }
}

/// All parameters.
#[rustfmt::skip]
pub(super) fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::given("start_unix_seconds", "when the day begins, in seconds since 1970"),
        Parameter::given("minutes", "how long the day is; usually 150"),
        Parameter::number("step_seconds", "how long a step is; 1, or 2 in a short form", 1.0),
        Parameter::number("worth_minutes", "minutes of `worth`, from the beginning of the day", 0.0),
        Parameter::number("worth", "what the asset is truly worth at those minutes, as a share of what is promised; 1 while it is sound", 1.0),
        Parameter::number("rate", "how much of the base comes out for one; 1 for a dollar token", 1.0),
        Parameter::number("rate_from_minute", "from when on the exchange rate can be read, where the configuration reads one", 0.0),
        Parameter::number("base_minutes", "minutes of `base_usd`", 0.0),
        Parameter::number("base_usd", "what the base costs at those minutes, in dollars; 1 for a dollar token", 1.0),
        Parameter::number("sold_usd", "the sale on the venue, in dollars at the price of the beginning; usually 60 million", 0.0),
        Parameter::number("sold_from_minute", "when it begins", 10.0),
        Parameter::number("sold_seconds", "how long it takes", 300.0),
        Parameter::number("depth_usd", "money on each side of the venue's own book for each per cent of the price, on a quiet day", 44e6),
        Parameter::number("thin_usd", "the same while makers are away; usually 1 to 1.5 million", 1.4e6),
        Parameter::number("thin_from_minute", "when makers leave", 0.0),
        Parameter::number("thin_until_minute", "when they are back", 0.0),
        Parameter::number("spread_percent", "the spread of that book on a quiet day, in per cent of the price", 0.02),
        Parameter::number("thin_spread_percent", "the same while makers are away", 3.0),
        Parameter::number("bargain_percent", "below so much of its worth, in per cent, those come who buy because it is cheap", 70.0),
        Parameter::number("bargain_times", "how many times the depth they bring; 1 for nobody", 1.0),
        Parameter::number("halted_from_minute", "when transfers between venues stop, and with them arbitrage", 0.0),
        Parameter::number("halted_until_minute", "when they go on", 0.0),
        Parameter::number("open_half_life_seconds", "how fast arbitrage halves the venue's gap to the others", 20.0),
        Parameter::number("halted_half_life_minutes", "how fast it halves by itself while transfers are halted", 15.0),
        Parameter::given("follow_percent", "of each market of the asset after the venue's own book: how much of that book's gap it shows, in per cent"),
        Parameter::given("traded_usd", "of each market of the asset, the venue's own book first: dollars traded in a minute on a quiet day"),
        Parameter::given("crowded_usd", "the same while makers are away"),
        Parameter::number("noise_percent", "how far books are apart for no reason, in per cent", 0.01),
        Parameter::given("accounts", "how many people have borrowed against the asset; usually some thousands"),
        Parameter::given("collateral_usd", "what their collateral is worth together, in dollars at the beginning"),
        Parameter::given("leverage", "how many times their own money they hold, in groups; 5 is a loan of 80 % of the collateral"),
        Parameter::given("share_percent", "how much of the collateral each group holds, in per cent"),
        Parameter::number("leverage_spread", "how far leverage lies around its group's, either way", 0.25),
        Parameter::number("carried_usd", "bought of the asset elsewhere in a minute, and brought here while the venue lends more on it than it costs, in dollars; 0 for nobody", 0.0),
        Parameter::number("size_sigma", "deviation of the logarithm of what one of them holds", 2.0),
    ]
}

impl Terms {
    /// Reads all of them.
    pub(super) fn read(values: &Values) -> Result<Self, String> {
        let number = |name: &str| values.number(name);
        let minutes = |name: &str| values.number(name).map(|minutes| minutes * 60.0);
        let percent = |name: &str| values.number(name).map(|percent| percent / 100.0);
        let parts = |name: &str| -> Result<Vec<f64>, String> {
            Ok(values.numbers(name)?.into_iter().map(|percent| percent / 100.0).collect())
        };
        let terms = Self {
            start_unix: values.count("start_unix_seconds")?,
            seconds: minutes("minutes")?,
            step: number("step_seconds")?,
            worth: Course::read(values, "worth_minutes", "worth")?,
            rate: number("rate")?,
            base: Course::read(values, "base_minutes", "base_usd")?,
            rate_from: minutes("rate_from_minute")?,
            sold_usd: number("sold_usd")?,
            sold_from: minutes("sold_from_minute")?,
            sold_seconds: number("sold_seconds")?,
            depth_usd: number("depth_usd")?,
            thin_usd: number("thin_usd")?,
            thin: (minutes("thin_from_minute")?, minutes("thin_until_minute")?),
            spread: percent("spread_percent")?,
            thin_spread: percent("thin_spread_percent")?,
            bargain: percent("bargain_percent")?,
            bargain_times: number("bargain_times")?,
            halted: (minutes("halted_from_minute")?, minutes("halted_until_minute")?),
            open_half_life: number("open_half_life_seconds")?,
            halted_half_life: minutes("halted_half_life_minutes")?,
            follow: parts("follow_percent")?,
            traded: values.numbers("traded_usd")?,
            crowded: values.numbers("crowded_usd")?,
            noise: percent("noise_percent")?,
            accounts: usize::try_from(values.count("accounts")?).unwrap_or(usize::MAX),
            collateral_usd: number("collateral_usd")?,
            leverage: values.numbers("leverage")?,
            share: parts("share_percent")?,
            spread_of_leverage: number("leverage_spread")?,
            size_sigma: number("size_sigma")?,
            carried: number("carried_usd")?,
        };
        terms.check()?;
        Ok(terms)
    }

    fn check(&self) -> Result<(), String> {
        let above = [
            ("minutes", self.seconds),
            ("step_seconds", self.step),
            ("rate", self.rate),
            ("sold_seconds", self.sold_seconds),
            ("depth_usd", self.depth_usd),
            ("thin_usd", self.thin_usd),
            ("bargain_times", self.bargain_times),
            ("open_half_life_seconds", self.open_half_life),
            ("halted_half_life_minutes", self.halted_half_life),
            ("collateral_usd", self.collateral_usd),
        ];
        if let Some((name, _)) = above.iter().find(|(_, number)| *number <= 0.0) {
            return Err(format!("`{name}` has to be above 0"));
        }
        if self.seconds / self.step > STEPS_MAX {
            return Err(format!("`minutes` makes more than {STEPS_MAX} steps"));
        }
        if self.accounts == 0 || self.accounts > ACCOUNTS_MAX {
            return Err(format!("`accounts` has to be from 1 to {ACCOUNTS_MAX}"));
        }
        if self.leverage.len() != self.share.len() || self.leverage.is_empty() {
            return Err("`share_percent` needs as many numbers as `leverage`".to_owned());
        }
        if self.leverage.iter().any(|leverage| leverage - self.spread_of_leverage <= 1.0) {
            return Err("`leverage` less `leverage_spread` has to be above 1".to_owned());
        }
        let markets = self.follow.len() + 1;
        if self.traded.len() != markets || self.crowded.len() != markets {
            return Err(format!(
                "`traded_usd` and `crowded_usd` need {markets} numbers, one more than `follow_percent`"
            ));
        }
        Ok(())
    }

    /// What is promised for one, in dollars, at a second.
    pub(crate) fn promised(&self, second: f64) -> f64 {
        self.rate * self.base.at(second)
    }

    /// What one is truly worth, in dollars, at a second.
    pub(crate) fn reference(&self, second: f64) -> f64 {
        self.promised(second) * self.worth.at(second)
    }

    /// Whether makers are away at a second.
    pub(crate) fn is_thin(&self, second: f64) -> bool {
        second >= self.thin.0 && second < self.thin.1
    }
}

/// Most steps of a day: a week of seconds.
const STEPS_MAX: f64 = 604_800.0;

/// Most people: a venue of this machine has room for some millions, and a drill needs thousands.
const ACCOUNTS_MAX: usize = 1_000_000;
