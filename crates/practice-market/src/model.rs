//! What everything is worth, and where it is priced otherwise: a function of the seed, the time, and what people did.

use units::Price;
use units::fixed::{ONE, Rounding, mul_div};

use crate::asset::{Asset, Place};
use crate::noise::{BILLION, wander};

/// How many moves are kept; the oldest goes. Far more than a drill has, and a bound for a script that runs wild.
const MOVES_MAX: usize = 64;
/// The exchange rate of the wrapped ether when it was new, and when that was, in milliseconds since 1970.
const RATE_FIRST: (i128, u64) = (1_060_000_000_000, 1_735_689_600_000);
/// How much it grows in a year, in billionths: 2.7 %, as staking pays.
const RATE_GROWTH: i128 = 27_000_000;
/// Milliseconds in a year of 365 days.
const YEAR_MS: i128 = 31_536_000_000;

/// A price that somebody set: reached step by step, held, and let go as slowly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    /// Of what.
    pub(crate) asset: Asset,
    /// Where; everywhere if there is none, and then it is what the asset is worth.
    pub(crate) place: Option<Place>,
    /// To what.
    pub(crate) to: Goal,
    /// From when on, in milliseconds since 1970.
    pub(crate) from_ms: u64,
    /// How long it takes to get there, and back.
    pub(crate) over_ms: u64,
    /// When it begins to go back; never if it is the end of time.
    pub(crate) until_ms: u64,
}

/// What a price is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// So many dollars, whatever it would be otherwise.
    Price(Price),
    /// So many billionths less than it would be otherwise: it goes on to wander.
    Less(i128),
}

impl Move {
    /// How far it has got, in billionths.
    fn part(&self, at_ms: u64) -> i128 {
        let ramp = |since: u64| match self.over_ms {
            0 => BILLION,
            over => (i128::from(since) * BILLION / i128::from(over)).min(BILLION),
        };
        match (at_ms.checked_sub(self.from_ms), at_ms.checked_sub(self.until_ms)) {
            (None, _) => 0,
            (Some(since), None) => ramp(since),
            // It may be let go before it has arrived.
            (Some(since), Some(left)) => (ramp(since) - ramp(left)).max(0),
        }
    }

    /// Whether nothing will ever come of it again.
    fn is_over(&self, at_ms: u64) -> bool {
        at_ms >= self.until_ms.saturating_add(self.over_ms)
    }

    fn bend(&self, price: i128, at_ms: u64) -> i128 {
        let part = self.part(at_ms);
        let goal = match self.to {
            Goal::Price(price) => price.raw(),
            Goal::Less(less) => with(price, -less),
        };
        price + mul_div(goal - price, part, BILLION, Rounding::Nearest).unwrap_or(0)
    }
}

/// The market as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    seed: u64,
    moves: Vec<Move>,
    /// The exchange rate that somebody set, and from when on.
    rate: Option<(i128, u64)>,
}

impl Model {
    /// A market where nothing has happened yet.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, moves: Vec::new(), rate: None }
    }

    /// The seed of everything random in it.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Sets a price. What is set in the same place already is given up for it; what falls by a part falls once more.
    pub(crate) fn add(&mut self, new: Move) {
        let at_ms = new.from_ms;
        self.moves.retain(|old| {
            let again = matches!((old.to, new.to), (Goal::Less(_), Goal::Less(_)));
            let same = (old.asset, old.place) == (new.asset, new.place);
            !old.is_over(at_ms) && (again || !same)
        });
        if self.moves.len() >= MOVES_MAX {
            self.moves.remove(0);
        }
        self.moves.push(new);
    }

    /// Lets every price that was set in a place go; `None` for those that were set everywhere.
    pub(crate) fn release(&mut self, place: Option<Place>) {
        self.moves.retain(|it| it.place != place || matches!(it.to, Goal::Less(_)));
    }

    /// Lets what has fallen by a part come back, as slowly as it fell.
    pub(crate) fn calm_down(&mut self, at_ms: u64) {
        for it in &mut self.moves {
            if matches!(it.to, Goal::Less(_)) {
                it.until_ms = it.until_ms.min(at_ms);
            }
        }
    }

    /// Sets the exchange rate; `None` gives it back to time.
    pub(crate) fn set_rate(&mut self, rate: Option<(Price, u64)>) {
        self.rate = rate.map(|(rate, from)| (rate.raw(), from));
    }

    /// The prices that are set at a moment, for people.
    pub(crate) fn moves(&self, at_ms: u64) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(move |it| !it.is_over(at_ms))
    }

    /// How many ether one wrapped ether is redeemed for.
    pub(crate) fn rate(&self, at_ms: u64) -> Price {
        let (first, from) = match self.rate {
            Some((rate, from)) if at_ms >= from => (rate, from),
            _ => RATE_FIRST,
        };
        let since = i128::from(at_ms.saturating_sub(from));
        let growth = mul_div(first * RATE_GROWTH / BILLION, since, YEAR_MS, Rounding::Down);
        Price::from_raw(first + growth.unwrap_or(0))
    }

    /// What an asset is worth in dollars.
    pub(crate) fn worth(&self, asset: Asset, at_ms: u64) -> Price {
        let calm = self.calm(asset, at_ms);
        let bent = self.moves(at_ms).filter(|it| it.asset == asset && it.place.is_none());
        Price::from_raw(bent.fold(calm, |price, it| it.bend(price, at_ms)).max(1))
    }

    /// The middle of a market: the base's price there, in the quote.
    pub(crate) fn middle(&self, place: Place, base: Asset, quote: Asset, at_ms: u64) -> Price {
        let worth = self.worth(base, at_ms).raw();
        let bent = self.moves(at_ms).filter(|it| it.asset == base && it.place == Some(place));
        let there = bent.fold(worth, |price, it| it.bend(price, at_ms));
        // Venues differ by a little, each in its own way.
        let reach = if base.is_pegged() { 40_000 } else { 80_000 };
        let stream = stream(base) ^ (1 + u64::try_from(place.number()).unwrap_or(0)) << 16;
        let own = wander(self.seed, stream, at_ms, 20_000, reach)
            + wander(self.seed, stream, at_ms, 2_000, reach / 4);
        let there = with(there, own);
        let paid = self.worth(quote, at_ms).raw();
        let middle = mul_div(there, ONE, paid, Rounding::Nearest).unwrap_or(there);
        Price::from_raw(middle.max(1))
    }

    /// Whether the asset is being sold off in a place at a moment: its book is thin then.
    pub(crate) fn is_dumped(&self, place: Place, asset: Asset, at_ms: u64) -> bool {
        let mut here = self.moves.iter().filter(|it| it.asset == asset && it.place == Some(place));
        here.any(|it| it.part(at_ms) > 0)
    }

    /// What an asset is worth while nobody does anything.
    fn calm(&self, asset: Asset, at_ms: u64) -> i128 {
        let own = |period: u64, reach: u64| wander(self.seed, stream(asset), at_ms, period, reach);
        // All coins rise and fall together: by some 0.9 % in all, and by 0.2 % within half a minute often enough
        // that a frozen venue shows.
        let tide = || {
            let wave = |period, reach| wander(self.seed, 0, at_ms, period, reach);
            wave(600_000, 6_000_000) + wave(60_000, 2_500_000) + wave(8_000, 300_000)
        };
        match asset {
            Asset::Usd => ONE,
            Asset::Btc => with(100_000 * ONE, tide() + own(60_000, 300_000) + own(5_000, 100_000)),
            Asset::Eth => {
                with(4_000 * ONE, tide() * 13 / 10 + own(60_000, 400_000) + own(5_000, 100_000))
            }
            Asset::Usdt => with(ONE, own(120_000, 100_000) - 300_000),
            Asset::Usdc => with(ONE, own(120_000, 50_000) - 100_000),
            Asset::Usde => with(ONE, own(120_000, 150_000) - 500_000),
            Asset::Wbeth => {
                let ether = self.worth(Asset::Eth, at_ms).raw();
                let worth = mul_div(ether, self.rate(at_ms).raw(), ONE, Rounding::Nearest);
                with(worth.unwrap_or(ether), own(120_000, 150_000) - 400_000)
            }
        }
    }
}

/// A price with a deviation in billionths.
fn with(price: i128, deviation: i128) -> i128 {
    price + mul_div(price, deviation, BILLION, Rounding::Nearest).unwrap_or(0)
}

/// The stream of randomness of an asset; 0 is that of all together.
const fn stream(asset: Asset) -> u64 {
    match asset {
        Asset::Usd => 1,
        Asset::Btc => 2,
        Asset::Eth => 3,
        Asset::Usdt => 4,
        Asset::Usdc => 5,
        Asset::Usde => 6,
        Asset::Wbeth => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{ASSETS, PLACES};

    const NOW: u64 = 1_764_100_000_000;

    fn dump(place: Option<Place>) -> Move {
        let to = Goal::Price(Price::from_raw(650_000_000_000));
        Move {
            asset: Asset::Usde,
            place,
            to,
            from_ms: NOW,
            over_ms: 10_000,
            until_ms: NOW + 60_000,
        }
    }

    fn middle(model: &Model, place: Place, at_ms: u64) -> i128 {
        model.middle(place, Asset::Usde, Asset::Usd, at_ms).raw()
    }

    #[test]
    fn venues_agree_to_a_few_hundredths_of_a_per_cent_while_nothing_happens() {
        // Venues that differ by more would be refused by the oracle's gate without any fault.
        let model = Model::new(1);
        for at in (NOW..NOW + 3_600_000).step_by(7_000) {
            for asset in ASSETS {
                let worth = model.worth(asset, at).raw();
                for place in PLACES {
                    let here = model.middle(place, asset, Asset::Usd, at).raw();
                    assert!((here - worth).abs() * 10_000 <= worth * 2, "{asset} at {place:?}");
                }
            }
        }
    }

    #[test]
    fn a_dump_in_one_place_leaves_the_others_and_ends() {
        let mut model = Model::new(1);
        model.add(dump(Some(Place::Binance)));
        let near = |price: i128, wanted: i128| (price - wanted).abs() < ONE / 500;
        let (before, low) = (ONE - ONE / 2_000, 650_000_000_000);
        assert!(near(middle(&model, Place::Binance, NOW), before));
        let half = middle(&model, Place::Binance, NOW + 5_000);
        assert!(half < 850_000_000_000 && half > 800_000_000_000, "{half}");
        assert!(near(middle(&model, Place::Binance, NOW + 30_000), low));
        assert!(near(middle(&model, Place::Kraken, NOW + 30_000), before));
        assert!(near(middle(&model, Place::Binance, NOW + 70_000), before));
        assert!(model.is_dumped(Place::Binance, Asset::Usde, NOW + 1));
        assert!(!model.is_dumped(Place::Binance, Asset::Usde, NOW + 70_000));
        model.release(Some(Place::Binance));
        assert!(near(middle(&model, Place::Binance, NOW + 30_000), before));
    }

    #[test]
    fn what_falls_everywhere_falls_in_the_pool_too() {
        let mut model = Model::new(1);
        model.add(dump(None));
        for place in PLACES {
            assert!(middle(&model, place, NOW + 30_000) < 652_000_000_000, "{place:?}");
        }
    }

    #[test]
    fn a_shock_adds_to_the_one_before_and_comes_back_as_slowly() {
        // A second piece of bad news that first took the first one back would make the price jump up.
        let mut model = Model::new(1);
        let calm = |at| Model::new(1).worth(Asset::Btc, at).raw();
        let per_mille = |model: &Model, at| model.worth(Asset::Btc, at).raw() * 1_000 / calm(at);
        let shock = |from_ms| Move {
            asset: Asset::Btc,
            place: None,
            to: Goal::Less(BILLION / 10),
            from_ms,
            over_ms: 10_000,
            until_ms: u64::MAX,
        };
        model.add(shock(NOW));
        assert!((949..=950).contains(&per_mille(&model, NOW + 5_000)));
        assert!((899..=900).contains(&per_mille(&model, NOW + 20_000)));
        model.add(shock(NOW + 20_000));
        assert!((899..=900).contains(&per_mille(&model, NOW + 20_000)));
        assert!((809..=810).contains(&per_mille(&model, NOW + 60_000)));
        model.calm_down(NOW + 60_000);
        assert!((809..=810).contains(&per_mille(&model, NOW + 60_000)));
        assert!((901..=904).contains(&per_mille(&model, NOW + 65_000)), "half way: 0.95 twice");
        assert!((999..=1_000).contains(&per_mille(&model, NOW + 70_000)));
        model.add(shock(NOW + 70_000));
        assert_eq!(model.moves.len(), 1, "what is over is given up");
    }

    #[test]
    fn the_wrapped_ether_is_worth_its_rate_in_ether() {
        let mut model = Model::new(1);
        let ratio = |model: &Model, at| {
            let wrapped = model.worth(Asset::Wbeth, at).raw();
            wrapped * 10_000 / model.worth(Asset::Eth, at).raw()
        };
        let rate = model.rate(NOW).raw();
        assert!(rate > 1_060_000_000_000 && rate < 1_100_000_000_000, "{rate}");
        assert!((ratio(&model, NOW) - rate / 100_000_000).abs() < 10);
        model.set_rate(Some((Price::from_raw(900_000_000_000), NOW)));
        assert_eq!(model.rate(NOW).raw(), 900_000_000_000);
        assert!((ratio(&model, NOW) - 9_000).abs() < 10);
    }
}
