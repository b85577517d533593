//! A market as requests and answers have it: decimals on one side, ticks and lots on the other.

use std::collections::HashMap;
use std::sync::Arc;

use units::fixed::last_place;
use units::{Money, Price};
use venue_core::{AssetId, Lots, MarketId, MarketSettings, MarketState, Ticks, worth};
use venue_views::{Desk, FundingRule};
use wire_binance::{Decimal, ErrorCode, Failure, Symbol};

use crate::config::{MarketConfig, VenueConfig};
use crate::listed;

/// Places of amounts of money, as Binance writes them.
pub(crate) const MONEY_PLACES: u8 = 8;

/// A market.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    /// Its number.
    pub id: MarketId,
    /// Its name.
    pub symbol: Symbol,
    /// Its settings.
    pub settings: MarketSettings,
    /// Its state.
    pub state: MarketState,
    /// What is traded.
    pub base: String,
    /// The feed of its index.
    pub feed: String,
    /// How its funding is made.
    pub funding: FundingRule,
    /// What one tick of price is worth for one lot.
    pub tick_value: Money,
    /// Places of a price.
    pub price_places: u8,
    /// Places of a quantity.
    pub quantity_places: u8,
}

impl Market {
    /// A price.
    pub(crate) fn price(&self, ticks: Ticks) -> Decimal {
        let raw = i128::from(ticks.number()).saturating_mul(self.settings.tick.raw());
        Decimal::from_raw(raw, self.price_places)
    }

    /// A price that may not be there: zero then.
    pub(crate) fn price_or_zero(&self, ticks: Option<Ticks>) -> Decimal {
        self.price(ticks.unwrap_or(Ticks::ZERO))
    }

    /// A quantity.
    pub(crate) fn quantity(&self, lots: Lots) -> Decimal {
        let raw = i128::from(lots.number()).saturating_mul(self.settings.lot.raw());
        Decimal::from_raw(raw, self.quantity_places)
    }

    /// What lots are worth at a price.
    pub(crate) fn worth(&self, lots: Lots, price: Ticks) -> Money {
        worth(lots, price, self.tick_value)
    }

    /// The average price of lots that together are worth an amount: zero where there are none.
    pub(crate) fn average(&self, quote: Money, lots: Lots) -> Decimal {
        let quantity = i128::from(lots.number()).saturating_mul(self.settings.lot.raw());
        let (quote, quantity) = if quantity < 0 {
            (quote.raw().saturating_neg(), quantity.saturating_neg())
        } else {
            (quote.raw(), quantity)
        };
        let price =
            units::fixed::mul_div(quote, units::fixed::ONE, quantity, units::Rounding::Nearest);
        let average = Decimal::from_raw(price.unwrap_or(0), 0).cut(MONEY_PLACES);
        Decimal::from_raw(average.raw(), self.price_places.max(2))
    }

    /// A client's price in ticks.
    ///
    /// # Errors
    /// Where it is not above zero, has too many places, or lies between two ticks.
    pub(crate) fn ticks(&self, price: Decimal) -> Result<Ticks, Failure> {
        let raw = price.raw();
        if raw <= 0 {
            return Err(Failure::of(ErrorCode::PriceLessThanZero));
        }
        if !fits(raw, self.price_places) {
            return Err(Failure::of(ErrorCode::BadPrecision));
        }
        let tick = self.settings.tick.raw();
        if raw.checked_rem(tick) != Some(0) {
            return Err(Failure::of(ErrorCode::PriceNotOnTick));
        }
        let ticks = raw.checked_div(tick).and_then(|ticks| i64::try_from(ticks).ok());
        ticks.map(Ticks::new).ok_or_else(|| Failure::of(ErrorCode::PriceGreaterThanMax))
    }

    /// A client's quantity in lots.
    ///
    /// # Errors
    /// Where it is not above zero, has too many places, or lies between two lots.
    pub(crate) fn lots(&self, quantity: Decimal) -> Result<Lots, Failure> {
        let raw = quantity.raw();
        if raw <= 0 {
            return Err(Failure::of(ErrorCode::QuantityLessThanZero));
        }
        if !fits(raw, self.quantity_places) {
            return Err(Failure::of(ErrorCode::BadPrecision));
        }
        let lot = self.settings.lot.raw();
        if raw.checked_rem(lot) != Some(0) {
            return Err(Failure::of(ErrorCode::QuantityNotOnStep));
        }
        let lots = raw.checked_div(lot).and_then(|lots| i64::try_from(lots).ok());
        lots.map(Lots::new).ok_or_else(|| Failure::of(ErrorCode::QuantityGreaterThanMax))
    }
}

/// Whether a number has no more than so many places.
fn fits(raw: i128, places: u8) -> bool {
    raw.checked_rem(i128::from(last_place(places))) == Some(0)
}

/// How many places a step needs.
fn places_of(step: i128) -> u8 {
    (0..=12).find(|places| fits(step, *places)).unwrap_or(12)
}

/// All markets and assets, by number and by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markets {
    all: Vec<Arc<Market>>,
    by_symbol: HashMap<Symbol, MarketId>,
    /// The names of assets, the settlement asset first.
    assets: Vec<String>,
}

impl Markets {
    /// What the venue has now, with what the configuration knows beside it.
    pub(crate) fn of(desk: &Desk, config: &VenueConfig) -> Self {
        let venue = desk.venue();
        let mut markets = Self::default();
        let assets = (0..).map_while(|number| venue.asset_settings(AssetId::new(number)));
        markets.assets = assets.map(|settings| settings.name.clone()).collect();
        for number in 0..u16::try_from(venue.markets()).unwrap_or(u16::MAX) {
            let id = MarketId::new(number);
            let Some(market) = market(desk, id, config) else { continue };
            markets.by_symbol.insert(market.symbol, id);
            markets.all.push(Arc::new(market));
        }
        markets
    }

    /// A market by its name.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn named(&self, symbol: Symbol) -> Result<&Arc<Market>, Failure> {
        let id = self.by_symbol.get(&symbol);
        id.and_then(|id| self.get(*id)).ok_or_else(|| Failure::of(ErrorCode::BadSymbol))
    }

    /// A market by its number.
    pub(crate) fn get(&self, id: MarketId) -> Option<&Arc<Market>> {
        self.all.get(id.place()).filter(|market| market.id == id)
    }

    /// All of them, or the one that is asked for.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub(crate) fn asked(&self, symbol: Option<Symbol>) -> Result<Vec<Arc<Market>>, Failure> {
        match symbol {
            Some(symbol) => Ok(vec![Arc::clone(self.named(symbol)?)]),
            None => Ok(self.all.clone()),
        }
    }

    /// The number of the one that is asked for; `None` where none is named.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub(crate) fn only(&self, symbol: Option<Symbol>) -> Result<Option<MarketId>, Failure> {
        symbol.map(|symbol| Ok(self.named(symbol)?.id)).transpose()
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Arc<Market>] {
        &self.all
    }

    /// All assets and their names, the settlement asset first.
    pub(crate) fn assets(&self) -> impl Iterator<Item = (AssetId, &str)> {
        (0..).map(AssetId::new).zip(self.assets.iter().map(String::as_str))
    }

    /// The assets beside the settlement asset. Where there are any, all of them are margin.
    pub(crate) fn collateral(&self) -> impl Iterator<Item = (AssetId, &str)> {
        self.assets().skip(1)
    }

    /// Whether there are assets beside the settlement asset.
    pub(crate) fn has_collateral(&self) -> bool {
        self.collateral().next().is_some()
    }

    /// An asset's name; empty where there is none of that number.
    pub(crate) fn asset(&self, id: AssetId) -> &str {
        self.assets.get(id.place()).map_or("", String::as_str)
    }

    /// The settlement asset's name.
    pub(crate) fn settlement(&self) -> &str {
        self.asset(AssetId::SETTLEMENT)
    }
}

fn market(desk: &Desk, id: MarketId, config: &VenueConfig) -> Option<Market> {
    let venue = desk.venue();
    let settings = venue.market_settings(id)?.clone();
    let configured = config.markets.iter().find(|market| market.settings.name == settings.name);
    let (base, feed) = match configured {
        Some(market) => (market.base.clone(), market.feed.clone()),
        None => listed::added(desk, &settings.name).map_or_else(
            || {
                let base = settings.name.strip_suffix(&config.settlement);
                (base.unwrap_or(&settings.name).to_owned(), String::new())
            },
            |note| (note.base, note.feed),
        ),
    };
    Some(Market {
        id,
        symbol: Symbol::new(&settings.name)?,
        state: venue.market(id)?.state,
        base,
        feed,
        funding: configured.map_or(MarketConfig::USUAL_FUNDING, MarketConfig::funding),
        tick_value: settings.tick_value()?,
        price_places: places_of(settings.tick.raw()),
        quantity_places: places_of(settings.lot.raw()),
        settings,
    })
}

/// A price from outside, in the places of a market.
pub(crate) fn outside(price: Price, market: &Market) -> Decimal {
    Decimal::price(price, market.price_places).cut(MONEY_PLACES)
}

/// Markets for tests.
#[cfg(test)]
pub(crate) mod testing {
    use units::{Price, Quantity};

    use super::*;

    /// A market with ticks of 0.1 and lots of 0.001.
    pub(crate) fn bitcoin() -> Market {
        let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
        let settings = MarketSettings::perpetual("BTCUSDT", tick, lot);
        Market {
            id: MarketId::new(0),
            symbol: Symbol::new("BTCUSDT").expect("a symbol"),
            state: MarketState::Trading,
            base: "BTC".to_owned(),
            feed: "BTC/USD".to_owned(),
            funding: FundingRule::default(),
            tick_value: settings.tick_value().expect("exact"),
            price_places: places_of(settings.tick.raw()),
            quantity_places: places_of(settings.lot.raw()),
            settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::bitcoin;
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    #[test]
    fn numbers_between_two_steps_are_refused_and_never_rounded() {
        // A price that is rounded is one that nobody has asked for.
        let market = bitcoin();
        let ticks = |text| market.ticks(decimal(text)).map_err(|failure| failure.code);
        assert_eq!(ticks("68900.1"), Ok(Ticks::new(689_001)));
        assert_eq!(ticks("68900.10"), Ok(Ticks::new(689_001)));
        assert_eq!(ticks("68900.15"), Err(-1111));
        assert_eq!(ticks("0"), Err(-4001));
        let lots = |text| market.lots(decimal(text)).map_err(|failure| failure.code);
        assert_eq!(lots("0.003"), Ok(Lots::new(3)));
        assert_eq!(lots("0.0005"), Err(-1111));
        assert_eq!(lots("0"), Err(-4003));
        let mut coarse = bitcoin();
        coarse.settings.tick = Price::from_raw(500_000_000_000);
        assert_eq!(coarse.ticks(decimal("0.7")).map_err(|failure| failure.code), Err(-4014));
    }

    #[test]
    fn what_goes_out_reads_as_what_came_in() {
        let market = bitcoin();
        assert_eq!(market.price(Ticks::new(689_000)).to_string(), "68900.0");
        assert_eq!(market.quantity(Lots::new(-3)).to_string(), "-0.003");
        // Three lots for 20.7 and two for 13.79: the average is 6898.
        let quote = market
            .worth(Lots::new(3), Ticks::new(69_000))
            .plus(market.worth(Lots::new(2), Ticks::new(68_950)));
        assert_eq!(market.average(quote, Lots::new(5)).to_string(), "6898.00");
        let negative = Money::ZERO.minus(quote);
        assert_eq!(market.average(negative, Lots::new(-5)).to_string(), "6898.00");
        assert_eq!(market.average(Money::ZERO, Lots::ZERO).to_string(), "0.00");
    }
}
