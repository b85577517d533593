//! Whether a trade can be borne by whoever has it.

use units::Rounding;
use units::fixed::mul_div;
use venue_core::{MarketId, OrderId, PlaceOrder, SelfTrade, Side, WHOLE_LIMIT};

use super::Model;
use super::liquidate::Party;
use super::margin::{End, part};
use super::matching::Party as Trader;
use super::state::Order;

impl Model {
    /// The party that answers for a position, and its place among the legs.
    fn party_of(&self, placed: &PlaceOrder) -> Party {
        let account = placed.account;
        let legs = &self.accounts[account.place()].legs;
        let leg = legs.iter().position(|&leg| leg == (placed.market, placed.position));
        Party { account, leg: leg.filter(|_| self.is_isolated(account, placed.market)) }
    }

    /// What closing some lots of a position may cost: what leaves maintenance for the rest, or the lots' share of the
    /// equity, whichever is more.
    fn closing_allowed(&self, placed: &PlaceOrder, lots: i64) -> i128 {
        let held = self.position(placed.account, placed.market, placed.position);
        let here = &self.markets[placed.market.place()];
        let needs =
            |lots: i64| here.maintenance(here.notional(lots, here.end(held.lots, End::Better)));
        let freed = needs(held.lots) - needs(held.lots.abs() - lots);
        let (equity, maintenance) = self.standing(self.party_of(placed));
        let share = if maintenance > 0 {
            mul_div(equity, freed, maintenance, Rounding::Down).expect("a share")
        } else {
            equity
        };
        share.max(equity - (maintenance - freed))
    }

    /// What closing some lots at a price costs against the mark's better end, with the fee.
    fn closing_cost(
        &self,
        market: MarketId,
        side: Side,
        lots: i64,
        (price, fee): (i64, i128),
    ) -> i128 {
        let here = &self.markets[market.place()];
        let marks = here.marks.unwrap_or_default();
        let brought = here.notional(lots, price);
        let lost = match side {
            Side::Sell => here.notional(lots, marks.high) - brought,
            Side::Buy => brought - here.notional(lots, marks.low),
        };
        lost + fee
    }

    /// The limit of an order that only reduces: no worse than the last price that it can be borne at.
    pub(crate) fn reducing_limit(&self, placed: &PlaceOrder, lots: i64, limit: i64) -> i64 {
        let allowed = self.closing_allowed(placed, lots);
        let here = &self.markets[placed.market.place()];
        let taker = here.settings.fees.taker.raw();
        let fits = |price: i64| {
            let fee = part(here.notional(lots, price), taker, Rounding::Up);
            self.closing_cost(placed.market, placed.side, lots, (price, fee)) <= allowed
        };
        // The worst price that fits lies between one that is as good as can be and one that does not.
        let (mut good, mut bad) = match placed.side {
            Side::Sell => (WHOLE_LIMIT - 1, 0),
            Side::Buy => (1, WHOLE_LIMIT),
        };
        while i64::abs(good - bad) > 1 {
            let middle = i64::midpoint(good, bad);
            if fits(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        match placed.side {
            Side::Sell => limit.max(good),
            Side::Buy => limit.min(good),
        }
    }

    /// What is missing for a trade of an order; `None` where it can be borne.
    pub(crate) fn missing_for(
        &mut self,
        order: &PlaceOrder,
        lots: i64,
        price: i64,
        rate: i128,
    ) -> Option<i128> {
        let saved = self.accounts[order.account.place()].clone();
        let purse = self.purse;
        let missing = self.missing_after(order, lots, price, rate);
        self.accounts[order.account.place()] = saved;
        self.purse = purse;
        missing
    }

    /// The same, and the trade is done.
    fn missing_after(
        &mut self,
        order: &PlaceOrder,
        lots: i64,
        price: i64,
        rate: i128,
    ) -> Option<i128> {
        let account = order.account;
        let whole = Party { account, leg: None };
        let party = self.party_of(order);
        let held = self.position(account, order.market, order.position);
        let closed = lots.min(held.reducible(order.side));
        let before = self.standing(whole);
        let cash = self.accounts[account.place()].cash;
        let fee = {
            let here = &self.markets[order.market.place()];
            part(here.notional(lots, price), rate, Rounding::Up)
        };
        if closed > 0 {
            let cost = self.closing_cost(order.market, order.side, closed, (price, fee));
            let missing = cost - self.closing_allowed(order, closed);
            if (closed == lots || party.leg.is_some()) && missing > 0 {
                return Some(missing);
            }
        }
        let spot = self.markets[order.market.place()].base().is_some();
        let trader = Trader {
            order: OrderId::new(0),
            account,
            position: order.position,
            side: order.side,
            left: 0,
            rate,
        };
        let _ = self.fill(order.market, price, lots, trader);
        let short = |(equity, maintenance): (i128, i128)| maintenance - equity;
        let after = self.standing(whole);
        if spot {
            return (short(after) > short(before).max(0)).then(|| short(after));
        }
        if party.leg.is_none() {
            return (closed < lots && short(after) > 0).then(|| short(after));
        }
        if self.accounts[account.place()].cash < cash && short(after) > 0 {
            return Some(short(after));
        }
        let isolated = self.standing(party);
        (closed < lots && short(isolated) > 0).then(|| short(isolated))
    }

    /// Whether orders of others fill an order for certain, each at its turn after those before it.
    pub(crate) fn others_fill(&self, placed: &PlaceOrder, against: Vec<Order>, lots: i64) -> bool {
        let mut then = self.clone();
        let rate = then.markets[placed.market.place()].settings.fees.maker.raw();
        let (mut there, mut doubtful) = (0, vec![placed.account]);
        for order in against {
            if there >= lots {
                break;
            }
            let (account, rule) = (order.placed.account, placed.self_trade);
            let ends = matches!(rule, SelfTrade::CancelTaker | SelfTrade::CancelBoth);
            if account == placed.account && ends {
                break;
            }
            if doubtful.contains(&account) {
                continue;
            }
            if self.might_go(&order) {
                doubtful.push(account);
                continue;
            }
            let taken = order.left.min(lots - there);
            if then.missing_for(&order.placed, taken, order.price, rate).is_none() {
                let trader = Trader::of(&order, 0, rate);
                let _ = then.fill(placed.market, order.price, taken, trader);
                there += taken;
            }
        }
        there >= lots
    }

    /// What is missing for an order that closes an isolated position and opens the other way.
    pub(crate) fn missing_to_turn(
        &self,
        placed: &PlaceOrder,
        lots: i64,
        limit: i64,
    ) -> Option<i128> {
        let held = self.position(placed.account, placed.market, placed.position);
        if held.reducible(placed.side) == 0 || !self.is_isolated(placed.account, placed.market) {
            return None;
        }
        let rate = self.markets[placed.market.place()].settings.fees.taker.raw();
        self.clone().missing_for(placed, lots, limit, rate)
    }
}
