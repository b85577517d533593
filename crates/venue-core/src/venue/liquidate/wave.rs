//! Deleveraging as waves: all who are left in a market on one side when the turns are over are one decision.

use units::{Money, Ratio};

use crate::command::MarketState;
use crate::deleverage::{Loser, Question};
use crate::event::{BalanceReason, Event};
use crate::id::MarketId;
use crate::liquidation::Closed;
use crate::settings::{Deleverage, Residual};
use crate::state::LegId;
use crate::tape::TakenBy;
use crate::value::{Lots, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::ahead::BATCH;
use crate::venue::liquidate::book::{Target, taken};
use crate::venue::liquidate::{Paid, Party};
use crate::venue::matching::Fill;

/// A position that nobody took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) market: MarketId,
    /// The side of orders that would close it.
    pub(super) side: Side,
    pub(super) party: Party,
    pub(super) leg: LegId,
}

/// What of such a position is to be closed against the holders.
#[derive(Clone, Copy, Debug)]
struct Closing {
    target: Target,
    lots: Lots,
    price: Ticks,
    bankruptcy: Ticks,
    /// What is missing at that price.
    missing: Money,
    paid: Paid,
}

/// Gives out an amount to one after the other, to each at most what is asked for.
struct Purse(Money);

impl Purse {
    fn pay(&mut self, wanted: Money) -> Money {
        let paid = wanted.min(self.0);
        self.0 = self.0.minus(paid);
        paid
    }
}

fn sum(closing: &[Closing], of: impl Fn(&Closing) -> Money) -> Money {
    closing.iter().fold(Money::ZERO, |sum, one| sum.plus(of(one)))
}

impl Venue {
    /// Deleverages what nobody took, in the order of turns: by market, those who are long first.
    pub(super) fn deleverage_all(&mut self, mut left: Vec<Left>, events: &mut Vec<Event>) {
        let wave = |one: &Left| (one.market, one.side == Side::Buy);
        left.sort_by_key(wave);
        for wave in left.chunk_by(|one, other| wave(one) == wave(other)) {
            let market = wave.first().and_then(|one| self.markets.get(one.market.place()));
            let Some(market) = market else { continue };
            let rule = market.settings.liquidation.deleverage;
            // By a ranking each is closed at a price of its own.
            let most = if rule == Deleverage::ProRata { wave.len() } else { 1 };
            for part in wave.chunks(most) {
                let closing = part.iter().filter_map(|one| self.closing(one, rule)).collect();
                self.deleverage(closing, rule, events);
            }
        }
    }

    /// What is to be closed of a position, if it still is to be, and may be.
    fn closing(&self, left: &Left, rule: Deleverage) -> Option<Closing> {
        let target = self.target(left.party, left.leg).filter(Target::is_to_be_closed)?;
        if !self.may_close(left.leg) {
            return None;
        }
        let lots = if target.equity < Money::ZERO {
            target.lots.size()
        } else {
            self.fewest(&target, Ticks::ZERO, Ratio::ZERO)
        };
        let (part, bankruptcy) = self.share_of(&target, lots);
        let price = if rule == Deleverage::ProRata { target.mark } else { bankruptcy };
        let mut closed = Closed::default();
        closed.add(lots, price, target.tick_value);
        let at_mark = worth(lots, target.better, target.tick_value);
        let missing = closed.settle(target.side, part, at_mark, Ratio::ZERO).missing;
        let paid = Paid::default();
        Some(Closing { target, lots, price, bankruptcy, missing, paid })
    }

    /// Closes lots of several parties, all in one market and on one side, against those who hold the opposite.
    fn deleverage(&mut self, mut closing: Vec<Closing>, rule: Deleverage, events: &mut Vec<Event>) {
        let Some(Closing { target, price, .. }) = closing.first().copied() else { return };
        let Some(market) = self.markets.get(target.market.place()) else { return };
        let residual = market.settings.liquidation.residual;
        let missing = sum(&closing, |one| one.missing);
        let left = self.fund_left(market);
        let mut fund = Purse(missing.min(left));
        for one in &mut closing {
            one.paid.fund = fund.pay(one.missing);
        }
        let pays = missing > left;
        let question = Question {
            market: target.market,
            rule,
            side: target.side,
            price,
            mark: target.mark,
            tick_value: target.tick_value,
            losers: closing.iter().map(Closing::loser).collect(),
            holders: self.holders((target.market, target.side), pays),
        };
        // What is out of range cannot be in a venue whose amounts are bounded where they come in.
        let Ok(decision) = question.decide() else { return };
        let _ = self.fund_pays(target.market, missing, events);
        let (mut lots, mut holders) = (decision.closed(), Purse(decision.paid()));
        for one in &mut closing {
            one.lots = one.lots.min(lots);
            lots = lots.minus(one.lots);
            one.paid.holders = holders.pay(one.missing.minus(one.paid.fund));
        }
        let given = decision.given.clone();
        events.push(Event::Deleveraged(Box::new(decision)));
        for part in given.chunks(BATCH) {
            self.read_accounts(part.iter().map(|given| given.account));
            for given in part {
                self.holder_gives((target.market, target.side.opposite()), given, price, events);
            }
        }
        for one in &closing {
            let Target { leg, side, .. } = one.target;
            let fill = Fill { leg, side, lots: one.lots, price, fee: Money::ZERO };
            self.take_over(&fill, events);
        }
        self.settle_wave(closing, residual, events);
    }

    /// Settles what a wave has brought: what is left of the loss, the money of each, the tape.
    fn settle_wave(
        &mut self,
        mut closing: Vec<Closing>,
        residual: Residual,
        events: &mut Vec<Event>,
    ) {
        let unpaid = sum(&closing, Closing::unpaid);
        if residual == Residual::Socialise {
            let mut all = Purse(self.socialise(unpaid, events));
            for one in &mut closing {
                one.paid.socialised = all.pay(one.unpaid());
            }
        }
        for one in &mut closing {
            one.paid.unpaid = one.unpaid();
            let (target, paid) = (one.target, one.paid);
            for (money, reason) in [
                (paid.fund, BalanceReason::Fund),
                (paid.holders, BalanceReason::Deleverage),
                (paid.socialised, BalanceReason::Socialised),
            ] {
                self.change_party(target.party, money, reason, events);
            }
            self.closed_in(&target);
            let what = taken(&target, one.lots, one.price, one.bankruptcy, TakenBy::Holders);
            self.on_tape(target.party, what, paid, events);
        }
        if unpaid > Money::ZERO || sum(&closing, |one| one.paid.holders) > Money::ZERO {
            self.close_gate();
        }
        let halts = sum(&closing, |one| one.paid.unpaid) > Money::ZERO;
        if let Some(one) = closing.first().filter(|_| halts && residual == Residual::Halt) {
            self.halt_unpaid(one.target.market, events);
        }
    }

    /// Halts a market whose loss nobody could pay.
    fn halt_unpaid(&mut self, market: MarketId, events: &mut Vec<Event>) {
        if let Some(state) = self.markets.get_mut(market.place())
            && state.state != MarketState::Halted
        {
            state.state = MarketState::Halted;
            events.push(Event::StateSet(market, MarketState::Halted));
        }
    }
}

impl Closing {
    /// What of the loss nobody has paid so far.
    fn unpaid(&self) -> Money {
        let Paid { fund, holders, socialised, .. } = self.paid;
        self.missing.minus(fund).minus(holders).minus(socialised)
    }

    fn loser(&self) -> Loser {
        Loser {
            account: self.target.party.account,
            position: self.target.position,
            lots: self.lots,
            deficit: self.missing.minus(self.paid.fund),
        }
    }
}
