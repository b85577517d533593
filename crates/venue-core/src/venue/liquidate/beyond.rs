//! What the book did not take in time: the backstop, then the book beyond the bankruptcy price. What is left then is
//! for the holders.

use units::Money;

use crate::command::{Lifetime, PlaceOrder, SelfTrade};
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::liquidation::beyond;
use crate::state::LegId;
use crate::tape::TakenBy;
use crate::terms::Pays;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::bearing::Trial;
use crate::venue::check_order::NewRisk;
use crate::venue::liquidate::book::{Target, taken};
use crate::venue::liquidate::wave::Left;
use crate::venue::liquidate::{Paid, Party};
use crate::venue::matching::Fill;

impl Venue {
    /// Has the backstop and the fund close what is left of a position whose time is over. What they did not close is
    /// given back: it is to be deleveraged.
    pub(super) fn close_beyond(
        &mut self,
        party: Party,
        leg: LegId,
        events: &mut Vec<Event>,
    ) -> Option<Left> {
        if !self.has_waited(party, leg) {
            return None;
        }
        let target = self.target(party, leg).filter(|target| target.lots != Lots::ZERO)?;
        if self.backstop_takes(&target, events) {
            return None;
        }
        self.close_with_fund(&target, events);
        let left = self.target(party, leg).filter(Target::is_to_be_closed)?;
        Some(Left { market: left.market, side: left.side, party, leg })
    }

    /// Whether a party has waited for a position's book for as long as it has to.
    fn has_waited(&self, party: Party, leg: LegId) -> bool {
        let case = self.liquidations.case(party);
        let market =
            self.legs.get(leg.place()).and_then(|leg| self.markets.get(leg.market.place()));
        let (Some(case), Some(market)) = (case, market) else { return false };
        self.now.since(case.since) >= market.settings.liquidation.time_cap
    }

    /// Has the backstop account take all of a position over at the bankruptcy price, where its margin allows.
    fn backstop_takes(&mut self, target: &Target, events: &mut Vec<Event>) -> bool {
        let Some(backstop) = self.settings.backstop else { return false };
        let Some(account) = self.accounts.get(backstop.place()) else { return false };
        if backstop == target.party.account || account.liquidating {
            return false;
        }
        let side = target.side.opposite();
        let position = match (account.hedge, side) {
            (false, _) => PositionSide::Both,
            (true, Side::Buy) => PositionSide::Long,
            (true, Side::Sell) => PositionSide::Short,
        };
        let lots = target.lots.size();
        let (_, price) = self.share_of(target, lots);
        if !self.can_take((backstop, target.market, position), (side, lots, price))
            || !self.backstop_bears(backstop, target, (lots, price))
        {
            return false;
        }
        let leg = self.leg_for(backstop, target.market, position);
        let fill = Fill { leg: target.leg, side: target.side, lots, price, fee: Money::ZERO };
        self.take_over(&fill, events);
        self.take_over(&Fill { leg, side, ..fill }, events);
        self.closed_in(target);
        let what = taken(target, lots, price, price, TakenBy::Backstop);
        self.on_tape(target.party, what, Paid::default(), events);
        true
    }

    /// Whether the backstop may lose what taking lots over at a price costs it against the mark; it is counted then.
    fn backstop_bears(
        &mut self,
        backstop: AccountId,
        target: &Target,
        (lots, price): (Lots, Ticks),
    ) -> bool {
        let apart = match target.side {
            Side::Sell => price.minus(target.mark),
            Side::Buy => target.mark.minus(price),
        };
        let loss = worth(lots, apart.max(Ticks::ZERO), target.tick_value);
        let (equity, _) = self.standing(Party::account(backstop));
        let now = self.now;
        let Some(market) = self.markets.get_mut(target.market.place()) else { return false };
        let limit = market.backstop_limit();
        let bears = loss <= market.backstop.left(now, equity, limit);
        if bears {
            let _ = market.backstop.pay(now, loss, equity, limit);
        }
        bears
    }

    /// Whether an account has the margin to take lots over. Where they only reduce what it has, that does not make it due.
    fn can_take(
        &self,
        (account, market, position): (AccountId, MarketId, PositionSide),
        (side, lots, limit): (Side, Lots, Ticks),
    ) -> bool {
        let id = self.leg_of(account, market, position);
        let leg = id.and_then(|leg| self.legs.get(leg.place()));
        if leg.is_some_and(|leg| leg.liquidating) {
            return false;
        }
        if let Some(leg) = id.filter(|_| leg.is_some_and(|leg| lots <= leg.reducible(side))) {
            let trial = Trial { leg, side, lots, price: limit, pays: Pays::Nothing };
            return self.missing_for(&trial).is_none();
        }
        let placed = PlaceOrder {
            account,
            market,
            side,
            position,
            limit: Some(limit),
            lots,
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: false,
            self_trade: SelfTrade::Allow,
            trigger: None,
            tag: 0,
        };
        let risk = NewRisk { placed: &placed, leg, lots, limit };
        self.margin_for_order(&risk).is_ok()
    }

    /// Closes on the book beyond the bankruptcy price what the fund can pay for.
    fn close_with_fund(&mut self, target: &Target, events: &mut Vec<Event>) {
        let lots = target.lots.size();
        let (_, bankruptcy) = self.share_of(target, lots);
        let Some(market) = self.markets.get(target.market.place()) else { return };
        let Some(end) = market.band_end(target.side) else { return };
        let budget = self.fund_left(market);
        let levels = market.book.levels(target.side.opposite());
        let levels = levels.map(|level| (level.price, level.lots));
        let plan = beyond(levels, target.side, lots, (bankruptcy, end), budget, target.tick_value);
        if let Some((limit, lots)) = plan {
            let taker = target.order(lots, limit);
            let fills = self.engine_order(taker, target.tick_value, events);
            self.settle_fills(target, &fills, true, events);
        }
    }

    /// Changes a position that is taken over or given up, and says what that does to the money. Gives back what has come
    /// to the cash.
    pub(super) fn take_over(&mut self, fill: &Fill, events: &mut Vec<Event>) -> Money {
        let Some(leg) = self.legs.get(fill.leg.place()) else { return Money::ZERO };
        let (account, margin) = (leg.account, leg.isolated);
        let cash = self.balance(account, AssetId::SETTLEMENT);
        self.settle(fill);
        let balance = self.balance(account, AssetId::SETTLEMENT);
        let change = balance.minus(cash);
        if change != Money::ZERO {
            let (asset, reason) = (AssetId::SETTLEMENT, BalanceReason::Takeover);
            events.push(Event::Balance { account, asset, change, balance, reason });
        }
        if self.legs.get(fill.leg.place()).is_some_and(|leg| leg.isolated != margin) {
            self.tell_margin(fill.leg, events);
        }
        self.position_changed(fill.leg, events);
        change
    }
}
