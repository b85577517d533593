//! What a venue shows at a moment: best prices, books and trades of its markets, with its faults in them.

use units::Price;
use units::fixed::{ONE, Rounding, mul_div};

use crate::asset::{Asset, Listing, Place};
use crate::fault::{Faults, Lie};
use crate::model::Model;
use crate::noise::{BILLION, bits};

/// Everything on a venue happens at multiples of this many milliseconds.
pub(crate) const STEP_MS: u64 = 250;
/// How many prices each side of a book has.
const LEVELS: i128 = 60;
/// How many of those lie within one per cent of the middle, which the depth is spread over.
const LEVELS_NEAR: i128 = 38;
/// How far a level is from the middle, in billionths times the square of its number: 2.5 % at the last.
const LEVEL_REACH: i128 = 7_180;
/// How far the best prices are from the middle, in billionths: 0.4 basis points.
const HALF_SPREAD: i128 = 40_000;
/// The same where an asset is being dumped.
const HALF_SPREAD_DUMPED: i128 = 1_500_000;
/// How far back the last trade is looked for, in steps; one step in four has one.
const TRADE_STEPS: u64 = 64;
/// An hour.
const HOUR_MS: u64 = 3_600_000;

/// The best prices of a market, in trillionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) bid: Level,
    pub(crate) ask: Level,
}

/// A price and how many are there, in trillionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) price: i128,
    pub(crate) size: i128,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trade {
    /// Its number; it grows.
    pub(crate) id: u64,
    pub(crate) price: i128,
    pub(crate) size: i128,
    /// Whether whoever came to the market sold.
    pub(crate) is_sell: bool,
    /// In milliseconds since 1970.
    pub(crate) at_ms: u64,
}

/// The last 24 hours of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) open: i128,
    pub(crate) high: i128,
    pub(crate) low: i128,
    /// How many changed hands.
    pub(crate) volume: i128,
}

/// A venue at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    model: Model,
    place: Place,
    /// Since when prices stand still.
    frozen_ms: Option<u64>,
    lie: Option<Lie>,
    /// What the venue's clock says, in milliseconds since 1970: late by its delay.
    pub(crate) now_ms: u64,
}

impl Sight {
    /// What `place` shows at `now_ms` with these faults.
    pub(crate) fn new(model: &Model, place: Place, faults: &Faults, now_ms: u64) -> Self {
        Self {
            model: model.clone(),
            place,
            frozen_ms: faults.frozen_ms,
            lie: faults.lie,
            now_ms: now_ms.saturating_sub(faults.delay_ms),
        }
    }

    /// The number of the step that the venue is in.
    pub(crate) const fn step(&self) -> u64 {
        self.now_ms / STEP_MS
    }

    /// The market whose name `spell` gives.
    pub(crate) fn find(&self, name: &str, spell: impl Fn(Listing) -> String) -> Option<Listing> {
        let mut listings = self.listings().iter().copied();
        listings.find(|listing| spell(*listing).eq_ignore_ascii_case(name))
    }

    /// What is traded.
    pub(crate) const fn listings(&self) -> &'static [Listing] {
        self.place.listings()
    }

    /// The best prices now.
    pub(crate) fn quote(&self, listing: Listing) -> Quote {
        let (bids, asks) = self.book(listing, 1);
        let none = Level { price: 0, size: 0 };
        let best = |side: Vec<Level>| side.first().copied().unwrap_or(none);
        Quote { bid: best(bids), ask: best(asks) }
    }

    /// The best prices of both sides now, as many as are asked for or there are.
    pub(crate) fn book(&self, listing: Listing, levels: usize) -> (Vec<Level>, Vec<Level>) {
        let middle = self.middle(listing, self.step());
        let levels = i128::try_from(levels).unwrap_or(LEVELS).min(LEVELS);
        let (bids, asks) =
            (self.side(listing, middle, levels, false), self.side(listing, middle, levels, true));
        if self.lie == Some(Lie::Crossed) { (asks, bids) } else { (bids, asks) }
    }

    /// The trades of a step.
    pub(crate) fn trades(&self, listing: Listing, step: u64) -> Vec<Trade> {
        let at_ms = step * STEP_MS;
        if self.frozen_ms.is_some_and(|since| at_ms >= since) {
            return Vec::new();
        }
        let dumped = self.model.is_dumped(self.place, listing.base, at_ms);
        let chance = self.random(listing, step, 0);
        // Turnover crowds onto the market that breaks.
        let count = if dumped { 3 } else { u64::from(chance.is_multiple_of(4)) };
        let middle = self.middle(listing, step);
        let trade = |index: u64| {
            let random = self.random(listing, step, 1 + index);
            let is_sell = !random.is_multiple_of(if dumped { 8 } else { 2 });
            let side = self.side(listing, middle, 1, !is_sell);
            let level = side.first().copied().unwrap_or(Level { price: middle, size: ONE });
            let part = 1 + i128::from(random >> 8) % 50;
            let size = lot((level.size * part / 100).max(ONE / 10_000));
            Trade { id: step * 4 + index, price: level.price, size, is_sell, at_ms }
        };
        (0..count).map(trade).collect()
    }

    /// The newest trade; there is always one.
    pub(crate) fn last_trade(&self, listing: Listing) -> Trade {
        // A frozen market's last trade is the last before it froze.
        let newest = self.frozen_ms.map_or(self.step(), |since| self.step().min(since / STEP_MS));
        let back = (0..TRADE_STEPS).map(|back| newest.saturating_sub(back));
        let found = back.map(|step| self.trades(listing, step)).find_map(|it| it.last().copied());
        found.unwrap_or_else(|| {
            let (price, at_ms) = (self.middle(listing, newest), newest * STEP_MS);
            Trade { id: newest * 4, price, size: ONE / 100, is_sell: false, at_ms }
        })
    }

    /// The last 24 hours, hour by hour.
    pub(crate) fn day(&self, listing: Listing) -> Day {
        let now = self.step() * STEP_MS;
        let hours = (0..=24).map(|hour: u64| now.saturating_sub(hour * HOUR_MS) / STEP_MS);
        let prices: Vec<i128> = hours.map(|step| self.middle(listing, step)).collect();
        let (high, low) = (prices.iter().max(), prices.iter().min());
        let volume = self.depth(listing, now) * 40;
        Day {
            open: prices.last().copied().unwrap_or_default(),
            high: high.copied().unwrap_or_default(),
            low: low.copied().unwrap_or_default(),
            volume: lot(volume),
        }
    }

    /// What the assets of a market are worth, for fields that say so.
    pub(crate) fn worth(&self, asset: Asset) -> Price {
        self.model.worth(asset, self.now_ms)
    }

    /// The middle at a step, as the venue tells it, to its last decimal place.
    fn middle(&self, listing: Listing, step: u64) -> i128 {
        let at_ms = self.frozen_ms.map_or(step * STEP_MS, |since| since.min(step * STEP_MS));
        let middle = self.model.middle(self.place, listing.base, listing.quote, at_ms).raw();
        let middle = if self.lie == Some(Lie::Units) { middle * 100 } else { middle };
        let tick = tick(listing);
        (middle / tick * tick).max(tick)
    }

    /// One side of a book around a middle, best first.
    fn side(&self, listing: Listing, middle: i128, levels: i128, is_ask: bool) -> Vec<Level> {
        // A frozen book does not even change its sizes.
        let step = self.frozen_ms.map_or(self.step(), |since| self.step().min(since / STEP_MS));
        let dumped = self.model.is_dumped(self.place, listing.base, step * STEP_MS);
        let (half, thin) = match (dumped, is_ask) {
            (false, _) => (HALF_SPREAD, 1),
            (true, true) => (HALF_SPREAD_DUMPED, 10),
            (true, false) => (HALF_SPREAD_DUMPED, 40),
        };
        let each = self.depth(listing, step * STEP_MS) / LEVELS_NEAR / thin;
        let tick = tick(listing);
        let mut last = middle;
        let level = |index: i128| {
            let away = half + index * index * LEVEL_REACH;
            let off = mul_div(middle, away, BILLION, Rounding::Up).unwrap_or(tick);
            let off = (off + tick - 1) / tick * tick;
            // Each price is once in a book, and no side reaches the other.
            let price = if is_ask {
                (middle + off).max(last + tick)
            } else {
                (middle - off).min(last - tick).max(tick)
            };
            last = price;
            let stream = u64::try_from(index).unwrap_or(0) * 2 + u64::from(is_ask);
            let share = 50 + i128::from(self.random(listing, step, 100 + stream) % 100);
            Level { price, size: lot(each * share / 100).max(ONE / 10_000) }
        };
        (0..levels).map(level).collect()
    }

    /// How many of the base stand within one per cent of the middle, on one side.
    fn depth(&self, listing: Listing, at_ms: u64) -> i128 {
        let dollars = match listing.base {
            Asset::Btc => 30_000_000,
            Asset::Eth => 20_000_000,
            Asset::Usdt => 15_000_000,
            Asset::Usd | Asset::Usdc | Asset::Usde => 10_000_000,
            Asset::Wbeth => 4_000_000,
        } * self.place.depth()
            / 100;
        let worth = self.model.worth(listing.base, at_ms).raw();
        mul_div(dollars * ONE, ONE, worth, Rounding::Down).unwrap_or(ONE)
    }

    fn random(&self, listing: Listing, step: u64, stream: u64) -> u64 {
        let name = listing.base.name().bytes().chain(listing.quote.name().bytes());
        let market = name.fold(0_u64, |sum, byte| sum.wrapping_mul(131) + u64::from(byte));
        let place = u64::try_from(self.place.number()).unwrap_or(0);
        bits(self.model.seed(), market.wrapping_mul(8) + place, step.wrapping_mul(256) + stream)
    }
}

/// The smallest difference of two prices of a market.
const fn tick(listing: Listing) -> i128 {
    10_i128.pow(12 - listing.places)
}

/// A size to its last decimal place: five of them everywhere.
const fn lot(size: i128) -> i128 {
    let lot = 10_000_000;
    size / lot * lot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::VENUES;
    use crate::model::{Goal, Move};

    const NOW: u64 = 1_764_100_000_000;

    fn sight(place: Place, faults: &Faults, now_ms: u64) -> Sight {
        Sight::new(&Model::new(3), place, faults, now_ms)
    }

    #[test]
    fn books_have_two_sides_that_do_not_meet_and_prices_in_order() {
        // A crossed or unsorted book of an honest venue would be refused as a lie.
        for place in VENUES {
            let sight = sight(place, &Faults::default(), NOW);
            for listing in place.listings() {
                let (bids, asks) = sight.book(*listing, 60);
                assert_eq!((bids.len(), asks.len()), (60, 60), "{}", listing.joined("/"));
                assert!(bids[0].price < asks[0].price);
                assert!(bids.windows(2).all(|it| it[0].price > it[1].price && it[1].price > 0));
                assert!(asks.windows(2).all(|it| it[0].price < it[1].price));
                assert!(bids.iter().chain(&asks).all(|it| it.size > 0));
                let near = |it: &&Level| (it.price - bids[0].price).abs() * 100 < bids[0].price;
                let depth: i128 =
                    bids.iter().filter(near).map(|it| it.price / 1_000_000 * it.size).sum();
                let dollars = depth / ONE / 1_000_000 * sight.worth(listing.quote).raw() / ONE;
                assert!(dollars > 300_000, "{} has {dollars} near", listing.joined("/"));
            }
        }
    }

    #[test]
    fn trades_happen_at_the_best_prices_and_their_numbers_grow() {
        let sight = sight(Place::Kraken, &Faults::default(), NOW);
        let listing = Place::Kraken.listings()[0];
        let steps = sight.step() - 400..=sight.step();
        let trades: Vec<Trade> = steps.flat_map(|step| sight.trades(listing, step)).collect();
        assert!((50..200).contains(&trades.len()), "{}", trades.len());
        assert!(trades.windows(2).all(|it| it[0].id < it[1].id && it[0].at_ms <= it[1].at_ms));
        assert!(trades.iter().any(|it| it.is_sell) && trades.iter().any(|it| !it.is_sell));
        assert_eq!(sight.last_trade(listing), *trades.last().expect("some"));
    }

    #[test]
    fn each_fault_shows_in_what_the_venue_tells() {
        let listing = Place::Okx.listings()[0];
        let honest = sight(Place::Okx, &Faults::default(), NOW).quote(listing);
        let lie = |lie| Faults { lie: Some(lie), ..Faults::default() };
        let cents = sight(Place::Okx, &lie(Lie::Units), NOW).quote(listing);
        assert!((cents.bid.price - honest.bid.price * 100).abs() < honest.bid.price / 100);
        let crossed = sight(Place::Okx, &lie(Lie::Crossed), NOW).quote(listing);
        assert!(crossed.bid.price > crossed.ask.price);
        let frozen = Faults { frozen_ms: Some(NOW), ..Faults::default() };
        let later = sight(Place::Okx, &frozen, NOW + 60_000);
        assert_eq!(later.quote(listing), honest);
        assert!(later.trades(listing, later.step()).is_empty());
        assert!(later.last_trade(listing).at_ms <= NOW);
        let late = Faults { delay_ms: 5_000, ..Faults::default() };
        let late = sight(Place::Okx, &late, NOW + 5_000);
        assert_eq!((late.now_ms, late.quote(listing)), (NOW, honest));
    }

    #[test]
    fn a_dumped_market_is_thin_and_busy() {
        let mut model = Model::new(3);
        let to = Goal::Price(Price::from_raw(650_000_000_000));
        let place = Some(Place::Binance);
        let (from_ms, until_ms) = (NOW - 60_000, u64::MAX);
        model.add(Move { asset: Asset::Usde, place, to, from_ms, over_ms: 0, until_ms });
        let sight = |model: &Model| Sight::new(model, Place::Binance, &Faults::default(), NOW);
        let listing = Place::Binance.listings()[3];
        let (dumped, calm) = (sight(&model), sight(&Model::new(3)));
        assert_eq!(dumped.trades(listing, dumped.step()).len(), 3);
        let (thin, thick) = (dumped.quote(listing), calm.quote(listing));
        assert!(thin.bid.size * 10 < thick.bid.size);
        assert!(
            (thin.ask.price - thin.bid.price) * 100 < thin.bid.price,
            "the spread says nothing"
        );
        assert!(dumped.last_trade(listing).price < 660_000_000_000);
    }
}
