//! Those who hold the opposite of what is deleveraged, and what they give; and what everybody gives in the end.

use units::Money;

use crate::deleverage::{At, Given, Holder, QueuePlace, place, share};
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::settings::Deleverage;
use crate::state::{Leg, LegId};
use crate::value::{Lots, PositionSide, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::liquidate::Party;
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

    /// All who hold a side of a market, by account: of `Sell` those who are short. What they have and have to have is
    /// worked out only where it counts, since that is most of the work: by a ranking, and where they are to pay, for those
    /// who have won something.
    pub(super) fn holders(&self, market: MarketId, side: Side, pays: bool) -> Vec<Holder> {
        let Some(state) = self.markets.get(market.place()) else { return Vec::new() };
        let Some(marks) = state.marks else { return Vec::new() };
        let ranked = state.settings.liquidation.deleverage != Deleverage::ProRata;
        let on_side = |leg: &Leg| side.signed(leg.lots) > Lots::ZERO;
        let legs = state.legs.iter().filter_map(|id| Some((*id, self.legs.get(id.place())?)));
        let holders = legs.filter(|(_, leg)| on_side(leg));
        let mut holders: Vec<_> = holders
            .map(|(id, leg)| {
                let profit = leg.profit_since_settlement(marks.mark, state.tick_value);
                let counts = ranked || (pays && profit > Money::ZERO);
                self.holder((id, leg), profit, counts)
            })
            .collect();
        holders.sort_by_key(|holder| (holder.account, holder.position));
        holders
    }

    fn holder(&self, (id, leg): (LegId, &Leg), profit: Money, counts: bool) -> Holder {
        let (equity, maintenance) =
            if counts { self.standing(Party::of(id, leg)) } else { (Money::ZERO, Money::ZERO) };
        Holder {
            account: leg.account,
            position: leg.side,
            lots: leg.lots.size(),
            cost: leg.cost,
            profit,
            equity,
            maintenance,
            hedged: self.is_hedged(id, leg),
        }
    }

    /// Whether an account's other positions are at least half as large as this one, on the other side.
    fn is_hedged(&self, id: LegId, leg: &Leg) -> bool {
        let value = |leg: &Leg| {
            let market = self.markets.get(leg.market.place());
            let mark = market.and_then(|market| Some((market.marks?.mark, market.tick_value)));
            mark.map_or(Money::ZERO, |(mark, tick_value)| worth(leg.lots, mark, tick_value))
        };
        let account = self.accounts.get(leg.account.place()).filter(|held| held.legs.len() > 1);
        let Some(account) = account else { return false };
        let others = account.legs.iter().filter(|other| **other != id);
        let others = others.filter_map(|other| self.legs.get(other.place()));
        let others = others.fold(Money::ZERO, |sum, other| sum.plus(value(other)));
        let own = value(leg);
        let opposite = (own > Money::ZERO) != (others > Money::ZERO) && others != Money::ZERO;
        opposite && others.plus(others).raw().saturating_abs() >= own.raw().saturating_abs()
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
        place(account, rule, At { side, mark, tick_value }, &self.holders(market, side, false))
    }
}
