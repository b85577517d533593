//! Who holds what: those who fail, and those on the other side of them who may be closed for it.

use incident::Values;

use crate::market::asset::{Asset, for_each};
use crate::market::draw::{Draw, quantile};
use crate::market::population::{Holder, Position, Terms, longs};

/// Everybody, those who are long with much leverage first.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    pub(super) holders: Vec<Holder>,
    /// By holder: lots that are held elsewhere, in the market of its first position.
    pub(super) outside: Vec<i64>,
}

/// Most accounts: a drill of a minute on one core.
const ACCOUNTS_MAX: u64 = 1_000_000;

/// Least and most leverage of those who may be closed: it is the worth of what they hold over what they have.
const LEVERAGE: (f64, f64) = (0.05, 8.0);

/// The stream of chance of those who may be closed.
const STREAM: u64 = 500;

impl Crowd {
    /// Draws everybody.
    ///
    /// # Errors
    /// Where a parameter is missing or makes no sense.
    pub(super) fn draw(parameters: &Values, assets: &[Asset], seed: u64) -> Result<Self, String> {
        let interest = for_each(parameters, "open_interest_usd", assets)?;
        let whole = parameters.number("whole_percent")?.clamp(0.0, 100.0) / 100.0;
        let accounts = parameters.count("accounts")?;
        let count = parameters.count("holders")?;
        if accounts.max(count) > ACCOUNTS_MAX || accounts < 10 || count < 10 {
            return Err(format!("`accounts` and `holders` have to be from 10 to {ACCOUNTS_MAX}"));
        }
        let hot = parameters.number("hot_percent")?.clamp(0.1, 100.0) / 100.0;
        let interest: Vec<f64> = interest.iter().map(|dollars| dollars * hot).collect();
        let mut dollars = interest.clone();
        if let Some(last) = dollars.last_mut() {
            *last *= 1.0 - whole;
        }
        let terms = Terms {
            accounts: usize::try_from(accounts).unwrap_or(usize::MAX),
            people: accounts as f64,
            dollars,
            leverage: vec![parameters.number("leverage_median")?; assets.len()],
            leverage_sigma: parameters.number("leverage_sigma")?,
            size_sigma: parameters.number("size_sigma")?,
            entry: 0.0,
        };
        let mut crowd = Self { holders: longs(assets, &terms, seed), outside: Vec::new() };
        crowd.whole(parameters, assets, interest.last().copied().unwrap_or_default() * whole)?;
        crowd.outside = vec![0; crowd.holders.len()];
        let mut draw = Draw::new(seed, STREAM);
        let each = usize::try_from(count).unwrap_or(usize::MAX) / assets.len().max(1);
        let terms = Opposite::read(parameters)?;
        for (place, asset) in assets.iter().enumerate() {
            crowd.shorts((place, asset), each.max(1), &terms, &mut draw);
        }
        if assets.len() > 1 {
            crowd.pairs(assets, each, &terms, &mut draw);
        }
        Ok(crowd)
    }

    /// One account that holds a part of the last market, or all of it.
    fn whole(&mut self, parameters: &Values, assets: &[Asset], dollars: f64) -> Result<(), String> {
        let Some((place, asset)) = assets.iter().enumerate().next_back() else { return Ok(()) };
        let lots = asset.lots(dollars, asset.start).number();
        if lots > 0 {
            let equity = dollars / parameters.number("whole_leverage")?.max(1.0);
            let positions = vec![Position { asset: place, lots }];
            self.holders.push(Holder { people: 1.0, equity, positions });
        }
        Ok(())
    }

    /// Those who are short of a market, together as much as is held long.
    fn shorts(
        &mut self,
        (place, asset): (usize, &Asset),
        count: usize,
        terms: &Opposite,
        draw: &mut Draw,
    ) {
        let held = self.holders.iter().flat_map(|holder| &holder.positions);
        let mut left: i64 = held.filter(|it| it.asset == place).map(|it| it.lots).sum();
        let all = left;
        let sizes = terms.sizes(count, draw);
        let sum: f64 = sizes.iter().sum();
        for (nth, size) in sizes.iter().enumerate() {
            let lots = ((size / sum * all as f64) as i64).min(left);
            let lots = if nth + 1 == sizes.len() { left } else { lots };
            left -= lots;
            let outside = if draw.uniform() < terms.outside { lots } else { 0 };
            if lots > 0 {
                let equity = terms.equity(asset, lots, draw);
                let positions = vec![Position { asset: place, lots: -lots }];
                self.holders.push(Holder { people: 1.0, equity, positions });
                self.outside.push(outside);
            }
        }
    }

    /// Those whose short position is hedged by a long one in the next market. They come in pairs of opposite books, so that
    /// as much is long as is short.
    fn pairs(&mut self, assets: &[Asset], each: usize, terms: &Opposite, draw: &mut Draw) {
        let count =
            ((each * assets.len()) as f64 * terms.hedged / (1.0 - terms.hedged) / 2.0) as usize;
        let shorts = self.holders.iter().flat_map(|holder| &holder.positions);
        let (sum, number) =
            shorts.filter(|it| it.lots < 0).fold((0.0, 0.0), |(sum, number), it| {
                let asset = assets.get(it.asset);
                let worth = asset.map_or(0.0, |asset| {
                    asset.worth(venue_core::Lots::new(it.lots), asset.start).abs()
                });
                (sum + worth, number + 1.0)
            });
        let mean = sum / f64::max(number, 1.0);
        let sizes = terms.sizes(count, draw);
        let average = sizes.iter().sum::<f64>() / count.max(1) as f64;
        for (nth, size) in sizes.iter().enumerate() {
            let (one, other) = (nth % assets.len(), (nth + 1) % assets.len());
            let (Some(first), Some(second)) = (assets.get(one), assets.get(other)) else {
                continue;
            };
            let dollars = size / average * mean;
            let lots = (
                first.lots(dollars, first.start).number(),
                second.lots(dollars, second.start).number(),
            );
            if lots.0 < 1 || lots.1 < 1 {
                continue;
            }
            for sign in [-1, 1] {
                let equity = terms.equity(first, lots.0, draw) * 2.0;
                let positions = vec![
                    Position { asset: one, lots: sign * lots.0 },
                    Position { asset: other, lots: -sign * lots.1 },
                ];
                self.holders.push(Holder { people: 1.0, equity, positions });
                self.outside.push(0);
            }
        }
    }
}

/// What those on the other side are drawn from.
#[derive(Clone, Copy, Debug)]
struct Opposite {
    leverage: f64,
    leverage_sigma: f64,
    size_sigma: f64,
    /// The part of all who have a hedge in another market of the venue.
    hedged: f64,
    /// The part of the others who hold at another place what they are short of here.
    outside: f64,
}

impl Opposite {
    fn read(parameters: &Values) -> Result<Self, String> {
        Ok(Self {
            leverage: parameters.number("holders_leverage")?,
            leverage_sigma: parameters.number("holders_leverage_sigma")?,
            size_sigma: parameters.number("size_sigma")?,
            hedged: parameters.number("hedged_percent")?.clamp(0.0, 90.0) / 100.0,
            outside: parameters.number("outside_percent")?.clamp(0.0, 100.0) / 100.0,
        })
    }

    fn sizes(&self, count: usize, draw: &mut Draw) -> Vec<f64> {
        let strata = draw.strata(count);
        strata.into_iter().map(|at| libm::exp(self.size_sigma * quantile(at))).collect()
    }

    /// What somebody has who holds so many lots, in dollars.
    fn equity(&self, asset: &Asset, lots: i64, draw: &mut Draw) -> f64 {
        let leverage = self.leverage * libm::exp(self.leverage_sigma * draw.normal());
        let worth = asset.worth(venue_core::Lots::new(lots), asset.start);
        (worth / leverage.clamp(LEVERAGE.0, LEVERAGE.1)).max(1.0)
    }
}
