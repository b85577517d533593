//! Who is closed against whom, and who pays.

use units::fixed::{ONE, mul_div};
use units::{Money, Rounding};
use venue_core::deleverage::{Decision, Given, Holder, Loser, Question};
use venue_core::{
    AccountId, AssetId, BalanceReason, Deleverage, Event, Lots, MarketId, MarketState,
    PositionSide, Residual, Side, TakenBy, Ticks,
};

use super::Model;
use super::liquidate::{Paid, Party};
use super::steps::{Leg, Target, taken};

/// Shares out by largest remainder, the lower account first.
fn share(total: i128, weights: &[(AccountId, i128)]) -> Vec<i128> {
    let all: i128 = weights.iter().map(|&(_, weight)| weight).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let part = |weight: i128| mul_div(total, weight, all, Rounding::Down).expect("a part");
    let mut parts: Vec<i128> = weights.iter().map(|&(_, weight)| part(weight)).collect();
    let mut rest: Vec<(i128, AccountId, usize)> = (0..weights.len())
        .map(|place| {
            let (account, weight) = weights[place];
            let remainder = total.wrapping_mul(weight).wrapping_sub(parts[place].wrapping_mul(all));
            (-remainder, account, place)
        })
        .collect();
    rest.sort_unstable();
    let left = total - parts.iter().sum::<i128>();
    for (_, _, place) in rest.into_iter().take(usize::try_from(left).expect("few units")) {
        parts[place] += 1;
    }
    parts
}

/// Shares out what is left among those of a group, no more than they can take.
fn spread(
    parts: &mut [i128],
    left: i128,
    holders: &[Holder],
    of: impl Fn(&Holder) -> bool,
    weight: impl Fn(&Holder) -> i128,
) -> i128 {
    let places: Vec<usize> = (0..holders.len()).filter(|&place| of(&holders[place])).collect();
    let weights: Vec<(AccountId, i128)> =
        places.iter().map(|&place| (holders[place].account, weight(&holders[place]))).collect();
    let all: i128 = weights.iter().map(|&(_, weight)| weight).sum();
    let taken = left.min(all);
    for (place, part) in places.into_iter().zip(share(taken, &weights)) {
        parts[place] = part;
    }
    left - taken
}

/// One number over another, in trillionths, rounded down.
fn over(number: i128, by: i128) -> Option<i128> {
    mul_div(number, ONE, by, Rounding::Down)
}

/// Two ratios, one times the other.
fn times(one: i128, other: i128) -> Option<i128> {
    mul_div(one, other, ONE, Rounding::Down)
}

/// How soon a ranking closes somebody: the higher the sooner, and what cannot be worked out before all.
fn score(question: &Question, holder: &Holder) -> i128 {
    let size = i128::from(holder.lots.number())
        * i128::from(question.mark.number())
        * question.tick_value.raw();
    let is_long = question.side == Side::Buy;
    let value = if is_long { size } else { -size };
    let (cost, equity) = (holder.cost.raw(), holder.equity.raw());
    let profit = value - cost;
    let leverage = if equity > 0 { over(size, equity) } else { None };
    let score = match question.rule {
        Deleverage::ProRata => Some(0),
        Deleverage::Binance if equity <= 0 || profit <= 0 => Some(0),
        Deleverage::Binance => over(profit, (equity - profit).max(ONE)).and_then(|gain| {
            over(holder.maintenance.raw(), equity).and_then(|margin| times(gain, margin))
        }),
        Deleverage::Bitmex => over(profit, cost.abs()).and_then(|gain| {
            if gain > 0 {
                leverage.and_then(|leverage| times(gain, leverage))
            } else if equity > 0 {
                mul_div(gain, equity, size, Rounding::Down)
            } else {
                None
            }
        }),
        Deleverage::Hyperliquid => {
            let gone = if is_long { over(value, cost) } else { over(-cost, size) };
            gone.and_then(|gone| leverage.and_then(|leverage| times(gone, leverage)))
        }
    };
    score.unwrap_or(i128::MAX)
}

/// The lots that each gives by a ranking, and what is left.
fn by_rank(question: &Question) -> (Vec<i128>, i128) {
    let holders = &question.holders;
    let mut turns: Vec<usize> = (0..holders.len()).collect();
    turns.sort_by_key(|&place| {
        let holder = &holders[place];
        (std::cmp::Reverse(score(question, holder)), holder.account, holder.position)
    });
    let mut lots = vec![0; holders.len()];
    let mut left = i128::from(question.lots().number());
    for place in turns {
        lots[place] = left.min(holders[place].lots.number().into());
        left -= lots[place];
    }
    (lots, left)
}

/// The lots that each gives in proportion, group by group, and what is left.
fn by_parts(question: &Question) -> (Vec<i128>, i128) {
    let holders = &question.holders;
    let mut lots = vec![0; holders.len()];
    let mut left = i128::from(question.lots().number());
    for (hedged, wins) in [(false, true), (false, false), (true, true), (true, false)] {
        let of = |it: &Holder| it.hedged == hedged && (it.profit > Money::ZERO) == wins;
        left = spread(&mut lots, left, holders, of, |it| it.lots.number().into());
    }
    (lots, left)
}

/// Who gives which lots and how much money.
fn decide(question: Question) -> Decision {
    let holders = &question.holders;
    let (lots, left) = match question.rule {
        Deleverage::ProRata => by_parts(&question),
        Deleverage::Binance | Deleverage::Bitmex | Deleverage::Hyperliquid => by_rank(&question),
    };
    let mut money = vec![0; holders.len()];
    let mut unpaid = question.deficit().raw();
    for hedged in [false, true] {
        let can = |it: &Holder| it.profit.min(it.equity).raw().max(0);
        unpaid = spread(&mut money, unpaid, holders, |it| it.hedged == hedged, can);
    }
    let given = holders.iter().zip(lots).zip(money);
    let given = given.filter(|&((_, lots), money)| lots > 0 || money > 0);
    let given = given
        .map(|((holder, lots), money)| Given {
            account: holder.account,
            position: holder.position,
            lots: Lots::new(i64::try_from(lots).expect("lots")),
            money: Money::from_raw(money),
        })
        .collect();
    let left = Lots::new(i64::try_from(left).expect("lots"));
    Decision { given, left, unpaid: Money::from_raw(unpaid), question }
}

/// What of a position is to be closed.
#[derive(Clone, Copy, Debug)]
struct Closing {
    target: Target,
    lots: i64,
    price: i64,
    bankruptcy: i64,
    missing: i128,
    paid: Paid,
}

/// What of a purse is paid for what is missing.
fn pay(purse: &mut i128, missing: i128) -> i128 {
    let paid = missing.min(*purse);
    *purse -= paid;
    paid
}

/// Holders as the decision says them: what somebody has is told only where it counts.
fn as_told(mut holders: Vec<Holder>, rule: Deleverage, pays: bool) -> Vec<Holder> {
    for holder in &mut holders {
        if rule == Deleverage::ProRata && !(pays && holder.profit > Money::ZERO) {
            (holder.equity, holder.maintenance) = (Money::ZERO, Money::ZERO);
        }
    }
    holders
}

impl Model {
    /// Deleverages what nobody took: by market, those who are long first, in the order of turns.
    pub(crate) fn deleverage_all(&mut self, left: &[(Party, Leg)]) {
        for market in self.market_ids() {
            for side in [Side::Sell, Side::Buy] {
                let wave: Vec<(Party, Leg)> = left
                    .iter()
                    .copied()
                    .filter(|&(party, leg)| leg.0 == market && self.target(party, leg).side == side)
                    .collect();
                let rule = self.markets[market.place()].settings.liquidation.deleverage;
                if rule == Deleverage::ProRata {
                    self.deleverage(&wave);
                } else {
                    wave.iter().for_each(|one| self.deleverage(&[*one]));
                }
            }
        }
    }

    /// What of some positions is to be closed now, at which price, and what is missing there.
    fn closing(&self, wave: &[(Party, Leg)]) -> Vec<Closing> {
        let mut all = Vec::new();
        for &(party, leg) in wave {
            let target = self.target(party, leg);
            if target.lots == 0 || target.equity >= target.maintenance || !self.may_close(leg.0) {
                continue;
            }
            let here = &self.markets[leg.0.place()];
            let ranked = here.settings.liquidation.deleverage != Deleverage::ProRata;
            let insolvent = target.equity < 0;
            let lots = if insolvent { target.lots.abs() } else { self.fewest(&target, 0, 0) };
            let (share, bankruptcy) = self.share_of(&target, lots);
            let price = if ranked { bankruptcy } else { target.mark };
            let left = share + self.gained(&target, lots, here.notional(lots, price));
            let missing = (-left).max(0);
            all.push(Closing { target, lots, price, bankruptcy, missing, paid: Paid::default() });
        }
        all
    }

    /// One decision for positions of one market and side.
    fn deleverage(&mut self, wave: &[(Party, Leg)]) {
        let mut closing = self.closing(wave);
        let Some(&Closing { target, price, .. }) = closing.first() else { return };
        let market = target.leg.0;
        let here = &self.markets[market.place()];
        let ours = here.settings.liquidation.clone();
        let tick_value = Money::from_raw(here.tick_value);
        let missing = closing.iter().map(|one| one.missing).sum();
        let holders = self.holders(market, target.side);
        let mut fund = self.fund_pays(market, missing);
        let holders = as_told(holders, ours.deleverage, missing > fund);
        for one in &mut closing {
            one.paid.fund = pay(&mut fund, one.missing);
        }
        let loser = |one: &Closing| Loser {
            account: one.target.party.account,
            position: one.target.leg.1,
            lots: Lots::new(one.lots),
            deficit: Money::from_raw(one.missing - one.paid.fund),
        };
        let decision = decide(Question {
            market,
            rule: ours.deleverage,
            side: target.side,
            price: Ticks::new(price),
            mark: Ticks::new(target.mark),
            tick_value,
            losers: closing.iter().map(loser).collect(),
            holders,
        });
        let mut unpaid = decision.unpaid.raw();
        let mut holders: i128 = decision.given.iter().map(|given| given.money.raw()).sum();
        let gives = holders > 0 || unpaid > 0;
        for one in &mut closing {
            one.paid.holders = pay(&mut holders, one.missing - one.paid.fund);
        }
        self.tell(Event::Deleveraged(Box::new(decision.clone())));
        for given in decision.given {
            self.holder_gives(market, target.side.opposite(), given, price);
        }
        for Closing { target, lots, .. } in &closing {
            self.take_over(target.party.account, target.leg, target.side, *lots, price);
        }
        if ours.residual == Residual::Socialise {
            let mut all = self.socialise(unpaid);
            unpaid -= all;
            for one in &mut closing {
                let Paid { fund, holders, .. } = one.paid;
                one.paid.socialised = pay(&mut all, one.missing - fund - holders);
            }
        }
        for Closing { target, lots, price, bankruptcy, missing, mut paid } in closing {
            paid.unpaid = missing - paid.fund - paid.holders - paid.socialised;
            self.change_party(target.party, paid.fund, BalanceReason::Fund);
            self.change_party(target.party, paid.holders, BalanceReason::Deleverage);
            self.change_party(target.party, paid.socialised, BalanceReason::Socialised);
            self.note_closed(&target);
            let what = taken(&target, lots, price, bankruptcy, TakenBy::Holders);
            self.on_tape(target.party, what, paid);
        }
        if gives {
            self.close_gate();
        }
        let here = self.market_mut(market);
        if ours.residual == Residual::Halt && unpaid > 0 && here.state != MarketState::Halted {
            here.state = MarketState::Halted;
            self.tell(Event::StateSet(market, MarketState::Halted));
        }
    }

    fn holder_gives(&mut self, market: MarketId, side: Side, given: Given, price: i64) {
        let Given { account, position, lots, money } = given;
        let mut brought = 0;
        if lots > Lots::ZERO {
            brought = self.take_over(account, (market, position), side, lots.number(), price);
        }
        let money = money.raw();
        // What is given is not profit any more.
        let key = (market, position);
        self.account_mut(account).positions.entry(key).or_default().earned -= money;
        let isolated = self.is_isolated(account, market);
        let from_cash = if isolated { money.min(brought.max(0)) } else { money };
        if from_cash > 0 {
            let reason = BalanceReason::Deleverage;
            self.change_balance(account, AssetId::SETTLEMENT, -from_cash, reason);
        }
        if money > from_cash {
            let its = self.account_mut(account).positions.entry(key).or_default();
            its.margin -= money - from_cash;
            self.tell_margin(account, market, position);
        }
    }

    fn socialise(&mut self, loss: i128) -> i128 {
        let cash = (0..).map(AccountId::new).zip(self.accounts.iter().map(|it| it.cash));
        let weights: Vec<(AccountId, i128)> = cash.filter(|&(_, cash)| cash > 0).collect();
        let paid = loss.min(weights.iter().map(|&(_, cash)| cash).sum());
        for (&(account, _), part) in weights.iter().zip(share(paid, &weights)) {
            if part > 0 {
                let reason = BalanceReason::Socialised;
                self.change_balance(account, AssetId::SETTLEMENT, -part, reason);
            }
        }
        paid
    }

    /// All who hold the side of a market, by account: of `Sell` those who are short.
    fn holders(&self, market: MarketId, side: Side) -> Vec<Holder> {
        let mut holders = Vec::new();
        for (number, account) in (0..).zip(&self.accounts) {
            let id = AccountId::new(number);
            for position in [PositionSide::Both, PositionSide::Long, PositionSide::Short] {
                let held = self.position(id, market, position);
                if super::state::signed(side, held.lots) > 0 {
                    let place = account.legs.iter().position(|&leg| leg == (market, position));
                    let isolated = self.is_isolated(id, market);
                    let party = Party { account: id, leg: place.filter(|_| isolated) };
                    holders.push(self.holder(party, market, position));
                }
            }
        }
        holders
    }

    fn holder(&self, party: Party, market: MarketId, position: PositionSide) -> Holder {
        let held = self.position(party.account, market, position);
        let value = |market: MarketId, lots: i64| {
            let here = &self.markets[market.place()];
            i128::from(lots) * i128::from(here.mark.unwrap_or(0)) * here.tick_value
        };
        let own = value(market, held.lots);
        let positions = &self.accounts[party.account.place()].positions;
        let others: i128 =
            positions.iter().map(|(key, it)| value(key.0, it.lots)).sum::<i128>() - own;
        let (equity, maintenance) = self.standing(party);
        Holder {
            account: party.account,
            position,
            lots: Lots::new(held.lots.abs()),
            cost: Money::from_raw(held.cost),
            profit: Money::from_raw(held.earned + own - held.cost),
            equity: Money::from_raw(equity),
            maintenance: Money::from_raw(maintenance),
            hedged: others != 0 && (own > 0) != (others > 0) && 2 * others.abs() >= own.abs(),
        }
    }
}
