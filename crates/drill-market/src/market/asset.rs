//! What is traded: the venue's own settings of it, and what the world knows besides.

use incident::Values;
use units::Price;
use venue_core::{Lots, MarketId, MarketSettings, Ticks};

/// Something that is traded on the venue.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    /// The venue's settings of its contract.
    pub(crate) settings: MarketSettings,
    /// The venue's number of its market.
    pub(crate) market: MarketId,
    /// What it costs when the day begins, in dollars.
    pub(crate) start: f64,
    /// Dollars of a tick.
    pub(crate) tick: f64,
    /// Dollars that a lot is worth for each tick.
    pub(crate) lot_tick: f64,
}

/// The assets of a configuration's markets, in its order.
///
/// # Errors
/// Where there are not as many prices as markets, or a market is none that can be traded.
pub(crate) fn assets<'a>(
    markets: impl Iterator<Item = &'a MarketSettings>,
    start: &[f64],
) -> Result<Vec<Asset>, String> {
    let mut all = Vec::new();
    for (place, settings) in markets.enumerate() {
        let start = start.get(place).copied().filter(|price| *price > 0.0);
        let start = start
            .ok_or_else(|| format!("`start_usd` has no price above 0 for {}", settings.name))?;
        let lot_tick = settings
            .tick_value()
            .ok_or_else(|| format!("{}: tick and lot do not go together", settings.name))?;
        let market = u16::try_from(all.len()).map_err(|_| "there are too many markets")?;
        all.push(Asset {
            settings: settings.clone(),
            market: MarketId::new(market),
            start,
            tick: settings.tick.raw() as f64 / 1e12,
            lot_tick: lot_tick.raw() as f64 / 1e12,
        });
    }
    Ok(all)
}

/// One number for each asset.
///
/// # Errors
/// Where the parameter has another number of them.
pub(crate) fn for_each(
    parameters: &Values,
    name: &str,
    assets: &[Asset],
) -> Result<Vec<f64>, String> {
    let numbers = parameters.numbers(name)?;
    if numbers.len() != assets.len() {
        let (given, wanted) = (numbers.len(), assets.len());
        return Err(format!("`{name}` has {given} numbers, and there are {wanted} markets"));
    }
    Ok(numbers)
}

impl Asset {
    /// A price in dollars as the nearest tick, at least one.
    pub(crate) fn ticks(&self, price: f64) -> Ticks {
        Ticks::new(libm::round(price / self.tick).max(1.0) as i64)
    }

    /// A tick in dollars.
    pub(crate) fn dollars(&self, ticks: Ticks) -> f64 {
        ticks.number() as f64 * self.tick
    }

    /// A price in dollars as one from outside: of a whole number of ticks.
    pub(crate) fn price(&self, price: f64) -> Price {
        Price::from_raw(i128::from(self.ticks(price).number()) * self.settings.tick.raw())
    }

    /// How many lots so many dollars are at a price; they may be none.
    pub(crate) fn lots(&self, dollars: f64, price: f64) -> Lots {
        Lots::new((dollars / (price / self.tick * self.lot_tick)) as i64)
    }

    /// What lots are worth at a price, in dollars; below zero where they are.
    pub(crate) fn worth(&self, lots: Lots, price: f64) -> f64 {
        lots.number() as f64 * (price / self.tick * self.lot_tick)
    }
}
