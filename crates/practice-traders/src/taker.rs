//! A trader: opens a position with leverage, holds it for a while, and closes it again, unless the venue does.

use units::{Money, Span, Timestamp};
use wire_binance::Side;

use crate::book::Market;
use crate::deed::{Told, What, Why};
use crate::dice::{Dice, MILLE};

/// What a trader brings, in whole units of the settlement asset: median, deviation of the logarithm in thousandths, and
/// the bounds. The deviation is below what was measured on a large venue (2.2 to 2.6), whose few largest accounts would
/// move a market of this size alone.
const MONEY: (i64, i64, i64, i64) = (2_000, 1_300, 100, 200_000);

/// Leverage: median, deviation and bounds, of a population that is liquidated like that of 2025-10-10.
const LEVERAGE: (i64, i64, i64, i64) = (9, 830, 1, 50);

/// So many of a thousand traders bring half of their money as a token that is collateral.
const COLLATERAL_PER_MILLE: u64 = 100;

/// How large a position is, in thousandths of what the margin would bear: median, deviation and bounds.
const SIZE: (i64, i64, i64, i64) = (450, 500, 20, 850);

/// How far from the index it opens a position at worst, in hundred-thousandths. The margin has to bear what an order would
/// lose at its limit, so that an order without one could not be stretched.
const SLIPPAGE: i64 = 300;

/// So many of a thousand positions are long: most are, on most days.
const LONG_PER_MILLE: u64 = 580;

/// So many of a thousand times a trader who holds something closes it when it has its turn.
const CLOSE_PER_MILLE: u64 = 550;

/// How long a trader stays away that was liquidated. Then somebody else takes the seat.
const AWAY: Span = Span::from_secs(20);

/// The least that is traded, in whole units: the venue takes no order below 5.
const LEAST: Money = Money::whole(10);

/// A trader.
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    /// What it brings.
    pub money: Money,
    /// Whether half of that is a token.
    pub has_collateral: bool,
    /// Where it trades.
    market: usize,
    leverage: u16,
    has_leverage: bool,
    /// What it holds, in lots, below zero short.
    held: i64,
    /// Whether it is not sure of that.
    is_unsure: bool,
    /// Whether it has to bring money before it can trade.
    is_broke: bool,
    /// Whether something is under way.
    is_busy: bool,
    back_at: Timestamp,
}

impl Taker {
    /// Draws a trader.
    pub(crate) fn new(markets: &[Market], dice: &mut Dice) -> Self {
        let mut drawn = |(median, sigma, low, high): (i64, i64, i64, i64)| {
            dice.log_normal(median, sigma).clamp(low, high)
        };
        let money = Money::whole(i128::from(drawn(MONEY)));
        let leverage = u16::try_from(drawn(LEVERAGE)).unwrap_or(1);
        Self {
            money,
            has_collateral: dice.chance(COLLATERAL_PER_MILLE),
            market: home(markets, dice),
            leverage,
            has_leverage: false,
            held: 0,
            is_unsure: false,
            is_broke: false,
            is_busy: false,
            back_at: Timestamp::ZERO,
        }
    }

    /// Whether it is there, and not waiting for an answer.
    pub(crate) fn may_act(&self, now: Timestamp) -> bool {
        !self.is_busy && self.back_at <= now
    }

    /// What it does when its turn comes; `None` where it does nothing.
    pub(crate) fn turn(
        &mut self,
        markets: &[Market],
        now: Timestamp,
        dice: &mut Dice,
    ) -> Option<What> {
        let market = markets.get(self.market).filter(|market| market.is_priced())?;
        if !self.may_act(now) {
            return None;
        }
        let what = if self.is_unsure {
            What::Ask
        } else if self.is_broke && self.held == 0 {
            What::Deposit(self.money)
        } else if !self.has_leverage {
            What::Leverage { market: self.market, times: self.leverage }
        } else if self.held == 0 {
            self.open(market, dice)?
        } else if dice.chance(CLOSE_PER_MILLE) {
            let side = if self.held > 0 { Side::Sell } else { Side::Buy };
            let lots = self.held.abs();
            What::Take { market: self.market, side, lots, worst: None, closes: true }
        } else {
            return None;
        };
        self.is_busy = true;
        Some(what)
    }

    fn open(&self, market: &Market, dice: &mut Dice) -> Option<What> {
        let (median, sigma, low, high) = SIZE;
        let part = dice.log_normal(median, sigma).clamp(low, high);
        let most = self.money.raw().saturating_mul(i128::from(self.leverage));
        let size = Money::from_raw(most.saturating_mul(i128::from(part)) / i128::from(MILLE));
        let side = if dice.chance(LONG_PER_MILLE) { Side::Buy } else { Side::Sell };
        let lots = market.lots_for(size.max(LEAST));
        let worst = market.ticks_at(if side == Side::Buy { SLIPPAGE } else { -SLIPPAGE })?;
        let (market, worst) = (self.market, Some(worst));
        (lots > 0).then_some(What::Take { market, side, lots, worst, closes: false })
    }

    /// Takes in what became of a deed.
    pub(crate) fn told(&mut self, what: &What, told: &Told, now: Timestamp) {
        self.is_busy = false;
        match (what, told) {
            (What::Ask, Told::Held(held)) => {
                let found = held.iter().find(|(market, _)| *market == self.market);
                self.held = found.map_or(0, |(_, lots)| *lots);
                self.is_unsure = false;
            }
            (What::Leverage { .. }, Told::Done { .. }) => self.has_leverage = true,
            (What::Deposit(_), Told::Done { .. }) => self.is_broke = false,
            (What::Take { side: Side::Buy, .. }, Told::Done { traded, .. }) => self.held += traded,
            (What::Take { side: Side::Sell, .. }, Told::Done { traded, .. }) => self.held -= traded,
            (What::Take { closes: false, .. }, Told::Refused(Why::Money)) => self.is_broke = true,
            (What::Take { .. }, Told::Refused(Why::NothingToClose) | Told::Lost) => {
                self.is_unsure = true;
            }
            (What::Leverage { .. }, Told::Refused(_)) => self.back_at = now.after(AWAY),
            _ => {}
        }
    }

    /// The venue has liquidated it.
    pub(crate) fn liquidated(&mut self, now: Timestamp) {
        (self.is_unsure, self.is_broke) = (true, true);
        self.back_at = now.after(AWAY);
    }

    /// Whether it holds a position, as far as it knows.
    pub(crate) const fn holds(&self) -> bool {
        self.held != 0
    }
}

/// The market where a trader is at home.
fn home(markets: &[Market], dice: &mut Dice) -> usize {
    let whole: i64 = markets.iter().map(|market| i64::from(market.share)).sum();
    let mut drawn = dice.between(1, whole.max(1));
    let found = markets.iter().position(|market| {
        drawn -= i64::from(market.share);
        drawn <= 0
    });
    found.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::bitcoin;

    const NOW: Timestamp = Timestamp::from_nanos(1_000_000_000_000);

    const DONE: Told = Told::Done { traded: 0, rests: false };

    /// A trader that has set its leverage, and the dice.
    fn ready() -> (Taker, [Market; 1], Dice) {
        let (markets, mut dice) = ([bitcoin()], Dice::new(3));
        let mut taker = Taker::new(&markets, &mut dice);
        let what = taker.turn(&markets, NOW, &mut dice).expect("it sets its leverage");
        assert!(matches!(what, What::Leverage { market: 0, .. }), "{what:?}");
        taker.told(&what, &DONE, NOW);
        (taker, markets, dice)
    }

    /// What it does once it does something.
    fn next(taker: &mut Taker, markets: &[Market], dice: &mut Dice, now: Timestamp) -> What {
        (0..100).find_map(|_| taker.turn(markets, now, dice)).expect("it does something")
    }

    #[test]
    fn a_position_is_opened_within_the_margin_and_closed_as_it_was_traded() {
        // Who closes what was ordered, and not what was traded, holds the rest for ever.
        let (mut taker, markets, mut dice) = ready();
        let open = next(&mut taker, &markets, &mut dice, NOW);
        let What::Take { lots, side, closes: false, .. } = open else { panic!("{open:?}") };
        let most = taker.money.raw() * i128::from(taker.leverage);
        assert!(markets[0].worth(lots).raw() <= most && lots > 0, "{lots}");
        assert_eq!(taker.turn(&markets, NOW, &mut dice), None, "one thing at a time");
        taker.told(&open, &Told::Done { traded: lots - 1, rests: false }, NOW);
        let close = next(&mut taker, &markets, &mut dice, NOW);
        let What::Take { lots: closed, side: other, closes: true, .. } = close else {
            panic!("{close:?}")
        };
        assert!(closed == lots - 1 && other != side);
        taker.told(&close, &Told::Shed, NOW);
        assert!(taker.holds(), "it is not closed");
        taker.told(&close, &Told::Done { traded: closed, rests: false }, NOW);
        assert!(!taker.holds());
    }

    #[test]
    fn what_nobody_knows_is_asked_for_before_anything_else() {
        let (mut taker, markets, mut dice) = ready();
        let open = next(&mut taker, &markets, &mut dice, NOW);
        taker.told(&open, &Told::Lost, NOW);
        assert_eq!(taker.turn(&markets, NOW, &mut dice), Some(What::Ask));
        taker.told(&What::Ask, &Told::Shed, NOW);
        assert_eq!(taker.turn(&markets, NOW, &mut dice), Some(What::Ask), "it is still not known");
        taker.told(&What::Ask, &Told::Held(vec![(1, 5), (0, -7)]), NOW);
        let close = next(&mut taker, &markets, &mut dice, NOW);
        let (market, side, lots, worst) = (0, Side::Buy, 7, None);
        let wanted = What::Take { market, side, lots, worst, closes: true };
        assert_eq!(close, wanted);
    }

    #[test]
    fn the_seat_of_a_liquidated_trader_is_taken_again_with_new_money() {
        // Else a few shocks would empty the market for good.
        let (mut taker, markets, mut dice) = ready();
        taker.liquidated(NOW);
        assert_eq!(taker.turn(&markets, NOW, &mut dice), None);
        let later = NOW.after(AWAY);
        assert_eq!(taker.turn(&markets, later, &mut dice), Some(What::Ask));
        taker.told(&What::Ask, &Told::Held(Vec::new()), later);
        let deposit = taker.turn(&markets, later, &mut dice).expect("it brings money");
        assert_eq!(deposit, What::Deposit(taker.money));
        taker.told(&deposit, &DONE, later);
        let open = next(&mut taker, &markets, &mut dice, later);
        assert!(matches!(open, What::Take { closes: false, .. }), "{open:?}");
        taker.told(&open, &Told::Refused(Why::Money), later);
        assert_eq!(taker.turn(&markets, later, &mut dice), Some(What::Deposit(taker.money)));
    }

    #[test]
    fn a_population_has_many_small_accounts_and_some_that_a_fall_of_a_tenth_ends() {
        let (markets, mut dice) = ([bitcoin()], Dice::new(1));
        let takers: Vec<Taker> = (0..4_000).map(|_| Taker::new(&markets, &mut dice)).collect();
        let small = takers.iter().filter(|taker| taker.money < Money::whole(2_000)).count();
        let stretched = takers.iter().filter(|taker| taker.leverage > 20).count();
        let calm = takers.iter().filter(|taker| taker.leverage < 5).count();
        assert!((1_800..2_200).contains(&small), "{small}");
        assert!((400..1_000).contains(&stretched) && calm > 600, "{stretched} {calm}");
    }
}
