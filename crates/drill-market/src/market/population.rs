//! Who holds positions when the day begins, drawn from a seed.
//!
//! Sizes and leverage are log-normal, entries lie within a part of the price either way. A sample stands for many more
//! people than it has accounts: one account of it holds what its people hold together. Half of a sample is drawn by
//! people and half by dollars, so that both the number of accounts and the dollars of a small sample are those of all.
//! A "sample" as large as the population is the population: each account is one person.

use incident::Values;

use super::asset::{Asset, for_each};
use super::draw::{Draw, quantile};

/// What somebody holds in one market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Position {
    /// Which of the assets.
    pub(crate) asset: usize,
    /// Lots; below zero they are short.
    pub(crate) lots: i64,
}

/// An account before the day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Holder {
    /// How many people it stands for.
    pub(crate) people: f64,
    /// What it has, its profit included, in dollars, when the day begins.
    pub(crate) equity: f64,
    /// What it holds.
    pub(crate) positions: Vec<Position>,
}

/// What a population is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Accounts with a lot of leverage that are drawn, over all assets.
    pub(crate) accounts: usize,
    /// People that they stand for.
    pub(crate) people: f64,
    /// By asset: dollars that they hold.
    pub(crate) dollars: Vec<f64>,
    /// By asset: median of their leverage.
    pub(crate) leverage: Vec<f64>,
    /// Deviation of the logarithm of leverage.
    pub(crate) leverage_sigma: f64,
    /// Deviation of the logarithm of what one of them holds.
    pub(crate) size_sigma: f64,
    /// How far from the price they entered at most, as a part of it.
    pub(crate) entry: f64,
}

impl Terms {
    /// Those of the parameters `accounts`, `people`, `open_interest_usd`, `hot_percent`, `leverage_median`,
    /// `leverage_times`, `leverage_sigma`, `size_sigma` and `entry_percent`.
    ///
    /// # Errors
    /// Where one of them is missing or makes no sense.
    pub(crate) fn read(parameters: &Values, assets: &[Asset]) -> Result<Self, String> {
        let hot = parameters.number("hot_percent")? / 100.0;
        let median = parameters.number("leverage_median")?;
        let interest = for_each(parameters, "open_interest_usd", assets)?;
        let times = for_each(parameters, "leverage_times", assets)?;
        let accounts = usize::try_from(parameters.count("accounts")?).unwrap_or(usize::MAX);
        if !(assets.len() * 10..=ACCOUNTS_MAX).contains(&accounts) {
            return Err(format!("`accounts` has to be from 10 an asset to {ACCOUNTS_MAX}"));
        }
        let terms = Self {
            accounts,
            people: parameters.number("people")?.max(accounts as f64),
            dollars: interest.iter().map(|dollars| dollars * hot).collect(),
            leverage: times.iter().map(|times| times * median).collect(),
            leverage_sigma: parameters.number("leverage_sigma")?,
            size_sigma: parameters.number("size_sigma")?,
            entry: parameters.number("entry_percent")? / 100.0,
        };
        if terms.dollars.iter().chain(&terms.leverage).any(|number| *number <= 0.0) {
            return Err("what is held, and its leverage, have to be above 0".to_owned());
        }
        Ok(terms)
    }
}

/// Most accounts: four times as many as were at risk that night, which is what a machine has memory for.
const ACCOUNTS_MAX: usize = 10_000_000;

/// How much more than the least margin for a new position everybody begins with, as a part of it.
const ROOM: f64 = 1.02;

/// How often an account that would be due at once is drawn again.
const DRAWS_MAX: usize = 200;

/// Those with a lot of leverage, all of them long: who the fall is about.
pub(crate) fn longs(assets: &[Asset], terms: &Terms, seed: u64) -> Vec<Holder> {
    let mut all = Vec::with_capacity(terms.accounts);
    let total: f64 = terms.dollars.iter().sum();
    for (place, asset) in assets.iter().enumerate() {
        let (Some(dollars), Some(median)) =
            (terms.dollars.get(place).copied(), terms.leverage.get(place).copied())
        else {
            continue;
        };
        let share = dollars / total;
        let count = ((terms.accounts as f64 * share) as usize).max(1);
        let mut draw = Draw::new(seed, place as u64);
        let is_all = terms.people <= terms.accounts as f64;
        let sizes = sizes(count, terms.size_sigma, is_all, &mut draw);
        let people: f64 = sizes.iter().map(|(_, people)| people).sum();
        let held: f64 = sizes.iter().map(|(size, people)| size * people).sum();
        let (by_people, by_dollars) = (terms.people * share / people, dollars / held);
        let leverages = draw.strata(count);
        for ((size, people), leverage) in sizes.into_iter().zip(leverages) {
            let lots = asset.lots(size * people * by_dollars, asset.start).number().max(1);
            let part = part(asset, (median, leverage), terms, &mut draw);
            let worth = asset.worth(venue_core::Lots::new(lots), asset.start);
            all.push(Holder {
                people: people * by_people,
                equity: worth * part,
                positions: vec![Position { asset: place, lots }],
            });
        }
    }
    all
}

/// Sizes, with how many people each stands for, of a median of 1.
fn sizes(count: usize, sigma: f64, is_all: bool, draw: &mut Draw) -> Vec<(f64, f64)> {
    let size = |normal: f64| libm::exp(sigma * normal);
    if is_all {
        let strata = draw.strata(count);
        return strata.into_iter().map(|at| (size(quantile(at)), 1.0)).collect();
    }
    let mean = libm::exp(sigma * sigma / 2.0);
    let by_people = count.div_ceil(2);
    let mut all = draw.strata(by_people);
    // By dollars the distribution is the same, its median a factor of exp(sigma^2) further up.
    let shift = sigma;
    let mut normals: Vec<f64> = all.drain(..).map(quantile).collect();
    normals.extend(draw.strata(count - by_people).into_iter().map(|at| quantile(at) + shift));
    let weighed = normals.into_iter().map(|normal| {
        let size = size(normal);
        (size, 1.0 / (0.5 + 0.5 * size / mean))
    });
    weighed.collect()
}

/// What part of its worth a position has behind it: of a leverage of that median, entered somewhere near the price. Who
/// would be due at once is not there any more, so that another is drawn.
fn part(asset: &Asset, (median, rank): (f64, f64), terms: &Terms, draw: &mut Draw) -> f64 {
    let initial = asset.settings.brackets.first().map_or(0.01, |it| it.initial.raw() as f64 / 1e12);
    let least = initial * ROOM;
    let mut normal = quantile(rank);
    for _ in 0..DRAWS_MAX {
        let leverage = median * libm::exp(normal * terms.leverage_sigma);
        let leverage = leverage.clamp(1.0, 1.0 / initial);
        let part = 1.0 / leverage + terms.entry * (2.0 * draw.uniform() - 1.0);
        if part >= least {
            return part;
        }
        normal = draw.normal();
    }
    least
}

/// Those on the other side of what others hold: short, of little leverage, log-normal in size.
pub(crate) fn shorts(
    assets: &[Asset],
    others: &[Holder],
    (count, leverage): (usize, f64),
    seed: u64,
) -> Vec<Holder> {
    let mut all = Vec::new();
    for (place, asset) in assets.iter().enumerate() {
        let held = others.iter().flat_map(|holder| &holder.positions);
        let lots: i64 = held.filter(|it| it.asset == place).map(|it| it.lots).sum();
        let mut draw = Draw::new(seed, 100 + place as u64);
        let sizes: Vec<f64> =
            draw.strata(count.max(1)).into_iter().map(|at| libm::exp(1.5 * quantile(at))).collect();
        let sum: f64 = sizes.iter().sum();
        let mut left = lots;
        for (nth, size) in sizes.iter().enumerate() {
            let last = nth + 1 == sizes.len();
            let mine = if last { left } else { ((size / sum * lots as f64) as i64).min(left) };
            left -= mine;
            if mine == 0 {
                continue;
            }
            // Half of it at least, twice of it at most.
            let leverage = leverage * (0.5 + 1.5 * draw.uniform());
            let worth = asset.worth(venue_core::Lots::new(mine), asset.start).abs();
            let positions = vec![Position { asset: place, lots: -mine }];
            all.push(Holder { people: 1.0, equity: worth / leverage.max(0.1), positions });
        }
    }
    all
}
