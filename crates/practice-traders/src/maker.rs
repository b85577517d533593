//! A maker: offers around the index on both sides, and follows it.

use units::{Money, Span, Timestamp};
use wire_binance::Side;

use crate::book::Market;
use crate::deed::{Told, What, Why};
use crate::dice::{Dice, MILLE};

/// How far its offers are from the index, in hundred-thousandths, and how many times the nearest one each is. Together
/// they are what a large venue shows within one per cent of a market of this size.
const PLACES: [(i64, i128); 6] = [(30, 1), (60, 2), (120, 4), (250, 8), (500, 16), (1_000, 30)];

/// An offer is moved once it is so far from where it belongs, in thousandths of its distance from the index: moving each
/// at each step of the index would be most of the venue's work.
const TOLERANCE: i64 = 400;

/// What it may hold before its offers lean away from it by [`LEAN`].
const HELD_MAX: Money = Money::whole(10_000_000);

/// How far all its offers lean at most, in hundred-thousandths.
const LEAN: i128 = 200;

/// What makers trade with.
pub(crate) const MAKER_MONEY: Money = Money::whole(20_000_000);

/// Their leverage: their money is to last, not to be stretched.
const LEVERAGE: u16 = 10;

/// How long it waits after a refusal before it tries again in that place.
const PAUSE: Span = Span::from_secs(2);

/// How often it asks what it holds. What its offers have traded it is not told otherwise.
const ASK_EVERY: Span = Span::from_secs(5);

/// What it does in one turn at most: an account may have sixteen requests under way.
const DEEDS_MAX: usize = 14;

/// How often it may bring more money at most.
const DEPOSIT_EVERY: Span = Span::from_secs(60);

/// A maker.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    ladders: Vec<Ladder>,
    /// The market that is looked at first in the next turn: each in its turn.
    first: usize,
    /// The next name of an order.
    name: u64,
    /// When it may ask next; while an answer is awaited, long after that.
    ask_at: Timestamp,
    wants_money: bool,
    deposit_at: Timestamp,
}

/// Its offers in one market.
#[derive(Clone, Debug)]
struct Ladder {
    places: Vec<Place>,
    /// What it holds, in lots.
    held: i64,
    has_leverage: bool,
    /// Whether nothing is known of its orders there any more, so that all are to be taken back.
    is_unknown: bool,
    /// Whether leverage or a cancel of all is under way.
    is_busy: bool,
}

/// A place for an offer.
#[derive(Clone, Debug)]
struct Place {
    side: Side,
    /// In hundred-thousandths of the index.
    away: i64,
    /// How much it offers there.
    money: Money,
    state: State,
    not_before: Timestamp,
}

/// What is in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing.
    Empty,
    /// An offer.
    Rests { name: u64, ticks: i64, traded: i64 },
    /// An offer that could not be moved, and has to go.
    Doomed { name: u64 },
    /// Something is under way.
    Awaited { before: Option<(u64, i64, i64)> },
}

impl Maker {
    /// A maker; its names of orders begin with its number.
    pub(crate) fn new(number: u64, markets: &[Market], dice: &mut Dice) -> Self {
        let ladders = markets.iter().map(|market| Ladder::new(market, dice)).collect();
        Self {
            ladders,
            first: 0,
            name: number << 48,
            ask_at: Timestamp::ZERO,
            wants_money: false,
            deposit_at: Timestamp::ZERO,
        }
    }

    /// What it wants done now, as long as there is room for it; `stays` is whether it offers anything at all.
    pub(crate) fn turn(
        &mut self,
        markets: &[Market],
        (now, stays): (Timestamp, bool),
        room: usize,
    ) -> Vec<What> {
        let (mut deeds, room) = (Vec::new(), room.min(DEEDS_MAX));
        if self.ask_at <= now && room > 0 {
            self.ask_at = now.after(ASK_EVERY.times(4));
            deeds.push(What::Ask);
        }
        if self.wants_money && self.deposit_at <= now {
            self.wants_money = false;
            self.deposit_at = now.after(DEPOSIT_EVERY);
            deeds.push(What::Deposit(MAKER_MONEY));
        }
        let ladders = self.ladders.len().max(1);
        self.first = (self.first + 1) % ladders;
        for number in (0..ladders).map(|after| (self.first + after) % ladders) {
            let (Some(ladder), Some(market)) = (self.ladders.get_mut(number), markets.get(number))
            else {
                continue;
            };
            let stays = stays && market.is_priced();
            ladder.turn((number, market), (now, stays), (&mut self.name, room), &mut deeds);
        }
        deeds
    }

    /// Takes in what became of a deed.
    pub(crate) fn told(&mut self, what: &What, told: &Told, now: Timestamp) {
        match *what {
            What::Ask => {
                self.ask_at = now.after(ASK_EVERY);
                if let Told::Held(held) = told {
                    for (number, ladder) in self.ladders.iter_mut().enumerate() {
                        let found = held.iter().find(|(market, _)| *market == number);
                        ladder.held = found.map_or(0, |(_, lots)| *lots);
                    }
                }
            }
            What::Leverage { market, .. } => {
                if let Some(ladder) = self.ladders.get_mut(market) {
                    ladder.is_busy = false;
                    ladder.has_leverage = matches!(told, Told::Done { .. });
                }
            }
            What::CancelAll { market } => {
                if let Some(ladder) = self.ladders.get_mut(market) {
                    ladder.cleared(matches!(told, Told::Done { .. }));
                }
            }
            What::Rest { market, place, ticks, name, .. }
            | What::Move { market, place, ticks, name, .. } => {
                self.wants_money |= matches!(told, Told::Refused(Why::Money));
                let moved = matches!(what, What::Move { .. });
                if let Some(ladder) = self.ladders.get_mut(market) {
                    ladder.told(place, (name, ticks, moved), told, now);
                }
            }
            What::Cancel { market, place, .. } => {
                if let Some(ladder) = self.ladders.get_mut(market) {
                    ladder.is_unknown |= matches!(told, Told::Lost | Told::Shed);
                    if let Some(place) = ladder.places.get_mut(place) {
                        place.state = State::Empty;
                    }
                }
            }
            What::Take { .. } | What::Deposit(_) => {}
        }
    }

    /// Nothing is known of its orders any more: all are taken back, and offered anew.
    pub(crate) fn forget(&mut self) {
        for ladder in &mut self.ladders {
            (ladder.is_unknown, ladder.is_busy) = (true, false);
            for place in &mut ladder.places {
                place.state = State::Empty;
            }
        }
        self.ask_at = Timestamp::ZERO;
    }

    /// How many offers it has.
    #[cfg(test)]
    pub(crate) fn offers(&self) -> usize {
        let places = self.ladders.iter().flat_map(|ladder| &ladder.places);
        places.filter(|place| matches!(place.state, State::Rests { .. })).count()
    }
}

impl Ladder {
    fn new(market: &Market, dice: &mut Dice) -> Self {
        let mut places = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for (away, times) in PLACES {
                // No two makers offer the same at the same price.
                let away = away * dice.between(850, 1_150) / MILLE;
                let money = market.nearest.raw() * times * i128::from(dice.between(700, 1_300));
                let money = Money::from_raw(money / i128::from(MILLE));
                let not_before = Timestamp::ZERO;
                places.push(Place { side, away, money, state: State::Empty, not_before });
            }
        }
        Self { places, held: 0, has_leverage: false, is_unknown: false, is_busy: false }
    }

    fn turn(
        &mut self,
        (number, market): (usize, &Market),
        (now, stays): (Timestamp, bool),
        (name, room): (&mut u64, usize),
        deeds: &mut Vec<What>,
    ) {
        if self.is_busy || deeds.len() >= room {
            return;
        }
        let mut states = self.places.iter().map(|place| place.state);
        let awaits = states.any(|state| matches!(state, State::Awaited { .. }));
        let offers = self.places.iter().any(|place| place.state != State::Empty);
        if self.is_unknown || (!stays && offers) {
            // Not while an order may still arrive: a cancel may overtake it.
            if !awaits {
                self.is_busy = true;
                deeds.push(What::CancelAll { market: number });
            }
        } else if stays && !self.has_leverage {
            self.is_busy = true;
            deeds.push(What::Leverage { market: number, times: LEVERAGE });
        } else if stays {
            let lean = self.lean(market);
            for at in self.order(market, lean) {
                if deeds.len() >= room {
                    return;
                }
                if let Some(place) = self.places.get_mut(at) {
                    deeds.extend(place.turn((number, at, market), (now, lean), name));
                }
            }
        }
    }

    /// How far its offers lean, so that what it holds becomes less.
    fn lean(&self, market: &Market) -> i64 {
        let lean = market.worth(self.held).raw().saturating_mul(LEAN) / HELD_MAX.raw();
        -i64::try_from(lean.clamp(-LEAN, LEAN)).unwrap_or(0)
    }

    /// The order in which places are looked at: where the index has fallen its bids go first, or its asks would meet them.
    fn order(&self, market: &Market, lean: i64) -> Vec<usize> {
        let falls =
            self.places.iter().any(|place| match (place.state, place.target(market, lean)) {
                (State::Rests { ticks, .. }, Some(target)) => target < ticks,
                _ => false,
            });
        let bids = self.places.len() / 2;
        let (first, second) = (0..bids, bids..self.places.len());
        if falls { first.chain(second).collect() } else { second.chain(first).collect() }
    }

    fn cleared(&mut self, done: bool) {
        self.is_busy = false;
        if done {
            self.is_unknown = false;
            for place in &mut self.places {
                place.state = State::Empty;
            }
        }
    }

    fn told(
        &mut self,
        place: usize,
        (name, ticks, moved): (u64, i64, bool),
        told: &Told,
        now: Timestamp,
    ) {
        let Some(place) = self.places.get_mut(place) else { return };
        let State::Awaited { before } = place.state else { return };
        let as_before = before.map_or(State::Empty, |(name, ticks, traded)| State::Rests {
            name,
            ticks,
            traded,
        });
        let later = now.after(PAUSE);
        place.state = match told {
            Told::Done { traded, rests: true } => State::Rests { name, ticks, traded: *traded },
            Told::Done { .. } | Told::Refused(Why::Gone) => State::Empty,
            Told::Refused(Why::WouldTake | Why::Same) | Told::Shed => as_before,
            Told::Refused(_) if moved => State::Doomed { name },
            Told::Refused(_) => {
                place.not_before = later;
                State::Empty
            }
            Told::Lost | Told::Held(_) => {
                self.is_unknown = true;
                as_before
            }
        };
    }
}

impl Place {
    /// Where its offer belongs.
    fn target(&self, market: &Market, lean: i64) -> Option<i64> {
        let away = if self.side == Side::Buy { -self.away } else { self.away };
        market.ticks_at(away + lean)
    }

    fn turn(
        &mut self,
        (market_number, place, market): (usize, usize, &Market),
        (now, lean): (Timestamp, i64),
        next_name: &mut u64,
    ) -> Option<What> {
        let (number, side) = (market_number, self.side);
        let (target, lots) = (self.target(market, lean)?, market.lots_for(self.money));
        match self.state {
            State::Empty if self.not_before <= now && lots > 0 => {
                *next_name += 1;
                self.state = State::Awaited { before: None };
                let name = *next_name;
                Some(What::Rest { market: number, place, side, ticks: target, lots, name })
            }
            State::Rests { name, ticks, traded } => {
                let tolerated = market.ticks_of(self.away * TOLERANCE / MILLE).max(1);
                if (target - ticks).abs() <= tolerated {
                    return None;
                }
                self.state = State::Awaited { before: Some((name, ticks, traded)) };
                let lots = traded + lots;
                Some(What::Move { market: number, place, side, ticks: target, lots, name })
            }
            State::Doomed { name } => {
                self.state = State::Awaited { before: None };
                Some(What::Cancel { market: number, place, name })
            }
            State::Empty | State::Awaited { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
