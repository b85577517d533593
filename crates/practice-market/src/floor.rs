//! Everything that venues share: the market, and what is wrong with each of them.

use units::Price;

use crate::action::{Action, Change};
use crate::asset::{Asset, PLACES, Place};
use crate::fault::Faults;
use crate::model::{Goal, Model, Move};
use crate::noise::BILLION;
use crate::sight::Sight;

/// The market, and what is wrong with each place.
#[derive(Clone, Debug)]
pub(crate) struct Floor {
    model: Model,
    faults: [Faults; PLACES.len()],
}

impl Floor {
    /// A floor where all is well.
    pub(crate) fn new(seed: u64) -> Self {
        Self { model: Model::new(seed), faults: Default::default() }
    }

    /// What a place shows at a moment.
    pub(crate) fn sight(&self, place: Place, now_ms: u64) -> Sight {
        Sight::new(&self.model, place, self.faults(place), now_ms)
    }

    /// What is wrong with a place.
    pub(crate) fn faults(&self, place: Place) -> &Faults {
        let [binance, coinbase, kraken, okx, bybit, bitstamp, pool] = &self.faults;
        match place {
            Place::Binance => binance,
            Place::Coinbase => coinbase,
            Place::Kraken => kraken,
            Place::Okx => okx,
            Place::Bybit => bybit,
            Place::Bitstamp => bitstamp,
            Place::Pool => pool,
        }
    }

    /// The market.
    pub(crate) const fn model(&self) -> &Model {
        &self.model
    }

    /// The middle of a pool.
    pub(crate) fn pool(&self, base: Asset, quote: Asset, now_ms: u64) -> Price {
        self.model.middle(Place::Pool, base, quote, now_ms)
    }

    /// Does something to a place.
    pub(crate) fn apply(&mut self, place: Place, action: &Action, now_ms: u64) {
        if let Action::Dump(set) = action {
            self.model.add(set.started(Some(place), now_ms));
            return;
        }
        if *action == Action::Heal {
            self.model.release(Some(place));
        }
        if let Some(faults) = self.faults.get_mut(place.number()) {
            action.change(faults, now_ms);
        }
    }

    /// Does something to the market as a whole.
    pub(crate) fn change(&mut self, change: &Change, now_ms: u64) {
        match change {
            Change::Fall(set) => self.model.add(set.started(None, now_ms)),
            Change::Shock(shock) => {
                shock.started(now_ms).into_iter().for_each(|it| self.model.add(it));
            }
            Change::Calm => {
                self.model.calm_down(now_ms);
                for place in PLACES.into_iter().map(Some).chain([None]) {
                    self.model.release(place);
                }
            }
            Change::Rate(rate) => self.model.set_rate(Some((*rate, now_ms))),
            Change::Heal => {
                self.model.release(None);
                self.model.calm_down(now_ms);
                self.model.set_rate(None);
                for place in PLACES {
                    self.apply(place, &Action::Heal, now_ms);
                }
            }
        }
    }

    /// What is wrong with a place, prices that were set there with it, in a few words.
    pub(crate) fn told(&self, place: Place, now_ms: u64) -> String {
        let faults = self.faults(place).to_string();
        let moves: Vec<String> =
            self.model.moves(now_ms).filter(|it| it.place == Some(place)).map(told).collect();
        match (moves.is_empty(), faults == "healthy") {
            (true, _) => faults,
            (false, true) => moves.join(", "),
            (false, false) => format!("{}, {faults}", moves.join(", ")),
        }
    }

    /// The prices that were set everywhere, in a few words.
    pub(crate) fn falls(&self, now_ms: u64) -> Vec<String> {
        self.model.moves(now_ms).filter(|it| it.place.is_none()).map(told).collect()
    }
}

fn told(set: &Move) -> String {
    let word = if set.place.is_some() { "dumped" } else { "falls" };
    match set.to {
        Goal::Price(price) => format!("{} {word} to {price}", set.asset),
        Goal::Less(less) => format!("{} {word} by {} %", set.asset, less * 100 / BILLION),
    }
}
