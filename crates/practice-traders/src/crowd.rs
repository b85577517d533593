//! All traders and makers: who acts when, and what they do. Deterministic: the same seed, times and answers give the same
//! deeds.

use std::collections::BTreeMap;

use units::{Price, Timestamp};
use wire_binance::Symbol;

use crate::book::Market;
use crate::deed::{Deed, Seat, Told, What};
use crate::dice::Dice;
use crate::maker::Maker;
use crate::taker::Taker;
use crate::tally::{History, Tally};

/// Turns of traders in a second, at the usual load: some fifty orders. With those of makers the venue gets less than a
/// hundred a second, which leaves both cores of a small machine idle.
pub(crate) const TURNS_PER_SECOND: u64 = 75;

/// How many traders are looked at for one who does something.
const LOOKS: usize = 4;

/// Milliseconds of turns that are caught up with at most: what an outage has kept from happening does not happen at once
/// after it.
const CAUGHT_UP_MAX: u64 = 200;

/// What people have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Whether makers offer anything.
    pub makers_stay: bool,
    /// How many times the usual load there is.
    pub times: u64,
}

impl Mode {
    /// As it is while nobody has set anything.
    pub(crate) const USUAL: Self = Self { makers_stay: true, times: 1 };
}

/// All traders and makers.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    markets: Vec<Market>,
    makers: Vec<Maker>,
    takers: Vec<Taker>,
    /// The makers who have an account.
    makers_in: Vec<bool>,
    /// The traders who have an account, by their numbers.
    takers_in: Vec<usize>,
    /// Who is behind an account.
    seats: BTreeMap<u32, Seat>,
    dice: Dice,
    mode: Mode,
    /// Up to when turns were had.
    had_until: Timestamp,
    history: History,
}

/// How the crowd is, for people.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Makers who have an account.
    pub makers: usize,
    /// Traders who have one.
    pub takers: usize,
    /// Traders who there are to be.
    pub wanted: usize,
    /// Traders who hold a position, as far as they know.
    pub holding: usize,
    /// What people have set.
    pub mode: Mode,
    /// The last seconds.
    pub seconds: Vec<Tally>,
    /// Ten of them together.
    pub recent: Tally,
}

impl Crowd {
    /// A crowd of which nobody has an account yet.
    pub(crate) fn new(
        seed: u64,
        markets: Vec<Market>,
        (makers, takers): (usize, usize),
        now: Timestamp,
    ) -> Self {
        let mut dice = Dice::new(seed);
        let maker = |number: usize| {
            let number = u64::try_from(number).unwrap_or(0);
            Maker::new(number, &markets, &mut dice)
        };
        let makers: Vec<Maker> = (0..makers).map(maker).collect();
        let takers = (0..takers).map(|_| Taker::new(&markets, &mut dice)).collect();
        Self {
            makers_in: vec![false; makers.len()],
            markets,
            makers,
            takers,
            takers_in: Vec::new(),
            seats: BTreeMap::new(),
            dice,
            mode: Mode::USUAL,
            had_until: now,
            history: History::new(now),
        }
    }

    /// The markets.
    pub(crate) fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// A trader, by its number.
    pub(crate) fn taker(&self, number: usize) -> Option<&Taker> {
        self.takers.get(number)
    }

    /// Somebody has an account with money from now on.
    pub(crate) fn join(&mut self, seat: Seat, account: u32) {
        self.seats.insert(account, seat);
        match seat {
            Seat::Maker(number) => {
                if let Some(is_in) = self.makers_in.get_mut(number) {
                    *is_in = true;
                }
            }
            Seat::Taker(number) => self.takers_in.push(number),
        }
    }

    /// The index of a market; none where it is not good for orders.
    pub(crate) fn heard(&mut self, symbol: Symbol, index: Option<Price>) {
        if let Some(market) = self.markets.iter_mut().find(|market| market.symbol == symbol) {
            market.set_index(index);
        }
    }

    /// Nothing is heard of any market.
    pub(crate) fn heard_nothing(&mut self) {
        self.markets.iter_mut().for_each(|market| market.set_index(None));
    }

    /// What people set.
    pub(crate) const fn set(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// What is set.
    pub(crate) const fn mode(&self) -> Mode {
        self.mode
    }

    /// What a maker wants done, as long as there is room for it.
    pub(crate) fn maker_turn(&mut self, number: usize, now: Timestamp, room: usize) -> Vec<Deed> {
        let is_in = self.makers_in.get(number).copied().unwrap_or(false);
        let Some(maker) = self.makers.get_mut(number).filter(|_| is_in) else { return Vec::new() };
        let wanted = maker.turn(&self.markets, (now, self.mode.makers_stay), room);
        wanted.into_iter().map(|what| Deed { who: Seat::Maker(number), what }).collect()
    }

    /// What traders do until now, as long as there is room for it; what there is no room for is not done at all.
    pub(crate) fn takers_turn(&mut self, now: Timestamp, room: usize) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for _ in 0..self.turns(now) {
            let Some(number) = self.acting(now) else { continue };
            let (Some(taker), dice) = (self.takers.get_mut(number), &mut self.dice) else {
                continue;
            };
            let Some(what) = taker.turn(&self.markets, now, dice) else { continue };
            let sent = deeds.len() < room;
            if sent {
                deeds.push(Deed { who: Seat::Taker(number), what });
            } else {
                taker.told(&what, &Told::Shed, now);
            }
            if matches!(what, What::Take { .. }) {
                self.history.note(now, |tally| {
                    tally.wanted += 1;
                    tally.unsent += u64::from(!sent);
                });
            }
        }
        deeds
    }

    /// How many turns there are since the last time: in each millisecond as many as chance has it.
    fn turns(&mut self, now: Timestamp) -> u64 {
        let passed = now.since(self.had_until).as_millis();
        self.had_until = now;
        let rate = TURNS_PER_SECOND.saturating_mul(self.mode.times);
        let (whole, rest) = (rate / 1_000, rate % 1_000);
        let more =
            (0..passed.min(CAUGHT_UP_MAX)).map(|_| whole + u64::from(self.dice.chance(rest)));
        more.sum()
    }

    /// A trader who may act.
    fn acting(&mut self, now: Timestamp) -> Option<usize> {
        for _ in 0..LOOKS {
            let drawn = self.dice.index(self.takers_in.len());
            let number = self.takers_in.get(drawn).copied()?;
            if self.takers.get(number).is_some_and(|taker| taker.may_act(now)) {
                return Some(number);
            }
        }
        None
    }

    /// Takes in what became of a deed.
    pub(crate) fn told(&mut self, deed: &Deed, told: &Told, now: Timestamp) {
        match deed.who {
            Seat::Maker(number) => {
                if let Some(maker) = self.makers.get_mut(number) {
                    maker.told(&deed.what, told, now);
                }
            }
            Seat::Taker(number) => {
                self.history.note(now, |tally| tally.told(&deed.what, told));
                if let Some(taker) = self.takers.get_mut(number) {
                    taker.told(&deed.what, told, now);
                }
            }
        }
    }

    /// The connection of a maker was lost.
    pub(crate) fn forget(&mut self, maker: usize) {
        if let Some(maker) = self.makers.get_mut(maker) {
            maker.forget();
        }
    }

    /// The tape tells of somebody.
    pub(crate) fn liquidated(&mut self, account: u32, now: Timestamp) {
        self.history.note(now, |tally| tally.liquidations += 1);
        if let Some(Seat::Taker(number)) = self.seats.get(&account)
            && let Some(taker) = self.takers.get_mut(*number)
        {
            taker.liquidated(now);
        }
    }

    /// How it is, for people.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            makers: self.makers_in.iter().filter(|is_in| **is_in).count(),
            takers: self.takers_in.len(),
            wanted: self.takers.len(),
            holding: self.takers.iter().filter(|taker| taker.holds()).count(),
            mode: self.mode,
            seconds: self.history.seconds(),
            recent: self.history.last(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use units::Span;

    use super::*;
    use crate::book::bitcoin;

    const NOW: Timestamp = Timestamp::from_nanos(1_000_000_000_000);

    fn crowd(seed: u64) -> Crowd {
        let mut crowd = Crowd::new(seed, vec![bitcoin()], (2, 500), NOW);
        for number in 0..500 {
            crowd.join(Seat::Taker(number), 100 + u32::try_from(number).expect("small"));
        }
        crowd.join(Seat::Maker(0), 7);
        crowd
    }

    /// What the traders do in the next so many seconds, when all of it is done.
    fn run(crowd: &mut Crowd, seconds: u64, room: usize) -> Vec<Deed> {
        let (mut all, from) = (Vec::new(), crowd.had_until);
        for step in 1..=seconds * 20 {
            let now = from.after(Span::from_millis(step * 50));
            let deeds = crowd.takers_turn(now, room);
            for deed in &deeds {
                let traded = if let What::Take { lots, .. } = deed.what { lots } else { 0 };
                crowd.told(deed, &Told::Done { traded, rests: false }, now);
            }
            all.extend(deeds);
        }
        all
    }

    #[test]
    fn the_same_seed_does_the_same_and_another_does_not() {
        // A shock that cannot be repeated cannot be looked into.
        let deeds = run(&mut crowd(1), 20, 100);
        assert_eq!(deeds, run(&mut crowd(1), 20, 100));
        assert_ne!(deeds, run(&mut crowd(2), 20, 100));
    }

    #[test]
    fn the_load_is_as_many_times_the_usual_as_is_set() {
        let wanted = |times| {
            let mut crowd = crowd(3);
            crowd.set(Mode { times, ..Mode::USUAL });
            run(&mut crowd, 20, 1_000).len()
        };
        let (usual, ten) = (wanted(1), wanted(10));
        assert!((700..1_700).contains(&usual), "{usual} in twenty seconds");
        assert!((usual * 8..usual * 12).contains(&ten), "{ten}, and usually {usual}");
    }

    #[test]
    fn a_part_of_the_crowd_holds_something_and_both_sides_are_taken() {
        let mut crowd = crowd(4);
        let deeds = run(&mut crowd, 120, 100);
        let holding = crowd.standing().holding;
        assert!((100..400).contains(&holding), "{holding} of 500");
        let buys = deeds
            .iter()
            .filter(|deed| matches!(deed.what, What::Take { side: wire_binance::Side::Buy, .. }));
        let buys = buys.count();
        assert!(
            (deeds.len() / 4..deeds.len() * 3 / 4).contains(&buys),
            "{buys} of {}",
            deeds.len()
        );
    }

    #[test]
    fn what_cannot_be_sent_is_counted_and_not_kept_for_later() {
        // An outage would end in a storm of our own making.
        let mut crowd = crowd(5);
        let usual = run(&mut crowd, 20, 100);
        assert!(!usual.is_empty() && crowd.standing().recent.unsent == 0);
        crowd.set(Mode { times: 100, ..Mode::USUAL });
        assert_eq!(run(&mut crowd, 2, 0), []);
        assert!(crowd.standing().recent.unsent > 1_000, "{:?}", crowd.standing().recent);
        crowd.set(Mode::USUAL);
        let after = crowd.takers_turn(crowd.had_until.after(Span::from_secs(3_600)), 10_000);
        assert!(after.len() < 40, "{}", after.len());
    }

    #[test]
    fn nobody_acts_without_an_account_or_a_price() {
        let mut crowd = crowd(6);
        assert_eq!(crowd.maker_turn(1, NOW, 100), [], "it has no account");
        assert!(!crowd.maker_turn(0, NOW, 100).is_empty());
        crowd.heard_nothing();
        assert_eq!(run(&mut crowd, 5, 100), []);
        let mut nobody = Crowd::new(1, vec![bitcoin()], (1, 10), NOW);
        assert_eq!(run(&mut nobody, 5, 100), []);
    }
}
