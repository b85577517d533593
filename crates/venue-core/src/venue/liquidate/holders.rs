//! Those who hold the opposite of what is deleveraged, and what they give; and what everybody gives in the end.

use units::Money;

use crate::deleverage::{At, Given, Holder, QueuePlace, place, share};
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::settings::Deleverage;
use crate::state::Market;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::liquidate::Party;
use crate::venue::liquidate::roster::Row;
use crate::venue::matching::Fill;

impl Venue {
    /// A holder gives up lots, and money.
    pub(super) fn holder_gives(
        &mut self,
        (market, side): (MarketId, Side),
        given: &Given,
        price: Ticks,
        events: &mut Vec<Event>,
    ) {
        let Given { account, position, lots, money } = *given;
        let Some(leg) = self.leg_of(account, market, position) else { return };
        let mut brought = Money::ZERO;
        if lots > Lots::ZERO {
            brought = self.take_over(&Fill { leg, side, lots, price, fee: Money::ZERO }, events);
        }
        let Some(state) = self.legs.get_mut(leg.place()) else { return };
        // What has been given once is not there to be given again.
        state.earned = state.earned.minus(money);
        self.rosters.note(account);
        let isolated = state.isolated.is_some();
        let (asset, reason) = (AssetId::SETTLEMENT, BalanceReason::Deleverage);
        let from_cash = if isolated { money.min(brought.max(Money::ZERO)) } else { money };
        if from_cash > Money::ZERO {
            let change = Money::ZERO.minus(from_cash);
            self.change_balance(account, asset, change, reason, events);
        }
        let from_margin = money.minus(from_cash);
        if from_margin > Money::ZERO {
            self.change_isolated(leg, Money::ZERO.minus(from_margin));
            self.tell_margin(leg, events);
        }
        self.touch(account);
    }

    /// Has all accounts pay for a loss, in proportion to their cash, at most all of it. Gives back what they paid.
    pub(super) fn socialise(&mut self, loss: Money, events: &mut Vec<Event>) -> Money {
        let cash = |(number, account): (u32, &crate::state::Account)| {
            let cash = account.cash.raw();
            (cash > 0).then_some((AccountId::new(number), cash))
        };
        let weights: Vec<_> = (0..).zip(&self.accounts).filter_map(cash).collect();
        let all =
            weights.iter().fold(Money::ZERO, |sum, (_, cash)| sum.plus(Money::from_raw(*cash)));
        let paid = loss.min(all);
        let Ok(parts) = share(paid.raw(), &weights) else { return Money::ZERO };
        for ((account, _), part) in weights.into_iter().zip(parts) {
            if part > 0 {
                let (asset, reason) = (AssetId::SETTLEMENT, BalanceReason::Socialised);
                let change = Money::ZERO.minus(Money::from_raw(part));
                self.change_balance(account, asset, change, reason, events);
                self.touch(account);
            }
        }
        paid
    }

    /// All who hold a side of a market, for a decision.
    pub(super) fn holders(&mut self, of: (MarketId, Side), pays: bool) -> Vec<Holder> {
        self.keep_roster(of.0);
        self.holders_among(self.rosters.rows(of.0), of, pays)
    }

    /// Those of a market's legs that hold a side, by account: of `Sell` those who are short. What they have and have to
    /// have is worked out only where it counts, since that is most of the work: by a ranking, and where they are to pay,
    /// for those who have won something.
    fn holders_among(
        &self,
        rows: &[Row],
        (market, side): (MarketId, Side),
        pays: bool,
    ) -> Vec<Holder> {
        let Some(state) = self.markets.get(market.place()) else { return Vec::new() };
        let Some(marks) = state.marks else { return Vec::new() };
        let here = (marks.mark, state.tick_value);
        let ranked = state.settings.liquidation.deleverage != Deleverage::ProRata;
        let prices: Vec<_> = self.markets.iter().map(price_of).collect();
        let on_side = rows.iter().filter(|row| side.signed(row.lots) > Lots::ZERO);
        let holders = on_side.map(|row| {
            let value = worth(row.lots, here.0, here.1);
            let profit = row.earned.plus(value).minus(row.cost);
            let mut holder = Holder {
                account: row.account,
                position: row.position,
                lots: row.lots.size(),
                cost: row.cost,
                profit,
                equity: Money::ZERO,
                maintenance: Money::ZERO,
                hedged: hedges(value, self.worth_of_others(row, &prices)),
            };
            if ranked || (pays && profit > Money::ZERO) {
                (holder.equity, holder.maintenance) = self.standing_of_row(row);
            }
            holder
        });
        holders.collect()
    }

    fn standing_of_row(&self, row: &Row) -> (Money, Money) {
        let leg = self.legs.get(row.leg.place());
        leg.map_or((Money::ZERO, Money::ZERO), |leg| self.standing(Party::of(row.leg, leg)))
    }

    /// What an account's other positions are worth together; below zero where they are short.
    fn worth_of_others(&self, row: &Row, prices: &[(Ticks, Money)]) -> Money {
        let value = |(market, lots): (MarketId, Lots)| {
            if lots == Lots::ZERO {
                return Money::ZERO;
            }
            let price = prices.get(market.place());
            price.map_or(Money::ZERO, |(mark, tick_value)| worth(lots, *mark, *tick_value))
        };
        if let Some(others) = row.others {
            return others.into_iter().fold(Money::ZERO, |sum, other| sum.plus(value(other)));
        }
        let account = self.accounts.get(row.account.place());
        let legs = account.map_or(&[][..], |account| account.legs.as_slice()).iter();
        let others =
            legs.filter(|leg| **leg != row.leg).filter_map(|leg| self.legs.get(leg.place()));
        others.fold(Money::ZERO, |sum, leg| sum.plus(value((leg.market, leg.lots))))
    }

    /// Where an account's position stands among those who would be closed against a liquidation.
    #[must_use]
    pub fn queue_place(
        &self,
        account: AccountId,
        market: MarketId,
        position: PositionSide,
    ) -> Option<QueuePlace> {
        let leg = self.legs.get(self.leg_of(account, market, position)?.place())?;
        let state = self.markets.get(market.place())?;
        let (mark, tick_value) = (state.marks?.mark, state.tick_value);
        let side = if leg.lots > Lots::ZERO { Side::Buy } else { Side::Sell };
        let rule = state.settings.liquidation.deleverage;
        let mut rows: Vec<_> = state.legs.iter().filter_map(|leg| self.row_of(*leg)).collect();
        rows.sort_unstable_by_key(Row::place);
        let holders = self.holders_among(&rows, (market, side), false);
        place(account, rule, At { side, mark, tick_value }, &holders)
    }
}

/// A market's mark, and what a lot is worth for each tick of it; zero without a price.
fn price_of(market: &Market) -> (Ticks, Money) {
    (market.marks.map_or(Ticks::ZERO, |marks| marks.mark), market.tick_value)
}

/// Whether positions that are worth so much are at least half as large as one, and on the other side.
fn hedges(own: Money, others: Money) -> bool {
    let opposite = (own > Money::ZERO) != (others > Money::ZERO) && others != Money::ZERO;
    opposite && others.plus(others).raw().saturating_abs() >= own.raw().saturating_abs()
}
