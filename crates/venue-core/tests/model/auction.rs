//! States of a market, and the auction at the end of one.

use venue_core::{CloseReason, Event, MarketId, MarketState, Side, Ticks};

use super::matching::{Party, closed};
use super::state::Order;
use super::{Model, Outcome};

impl Model {
    pub(crate) fn set_state(&mut self, market: MarketId, state: MarketState) -> Outcome {
        self.market(market)?;
        let now = self.now;
        let here = self.market_mut(market);
        let before = std::mem::replace(&mut here.state, state);
        if before == MarketState::Halted && state != MarketState::Halted {
            here.begin_grace(now);
        }
        self.tell(Event::StateSet(market, state));
        if state == MarketState::Trading {
            while let Some(price) = self.clearing_price(market) {
                while self.trade_at(market, price) {}
            }
        }
        Ok(())
    }

    /// Every price at which something crosses is tried.
    fn clearing_price(&self, market: MarketId) -> Option<i64> {
        let [buys, sells] = [Side::Buy, Side::Sell].map(|side| self.queue(market, side));
        let (bid, ask) = (buys.first()?.price, sells.first()?.price);
        let index = self.markets[market.place()].index;
        let rank = |&price: &i64| {
            let bought = buys.iter().filter(|order| order.price >= price);
            let sold = sells.iter().filter(|order| order.price <= price);
            let bought: i64 = bought.map(|order| order.left).sum();
            let sold: i64 = sold.map(|order| order.left).sum();
            let apart = index.map_or(0, |index| (index - price).abs());
            (-bought.min(sold), (bought - sold).abs(), apart, price)
        };
        (ask..=bid).min_by_key(rank)
    }

    /// The first order to buy trades with the first to sell, the older one as the maker.
    fn trade_at(&mut self, market: MarketId, price: i64) -> bool {
        let first = |side: Side| {
            let order = self.queue(market, side).into_iter().next()?;
            side.reaches(Ticks::new(order.price), Ticks::new(price)).then_some(order)
        };
        let (Some(buy), Some(sell)) = (first(Side::Buy), first(Side::Sell)) else { return false };
        let mut two = [buy, sell];
        two.sort_by_key(|order| order.id);
        let lots = two[0].left.min(two[1].left);
        let fee = self.markets[market.place()].settings.fees.maker.raw();
        for order in &two {
            if let Some(missing) = self.missing_for(&order.placed, lots, price, fee) {
                self.close_unbearable(order.id, missing);
                return true;
            }
        }
        let parties = two.each_ref().map(|order| {
            let left = order.left - lots;
            if left == 0 {
                self.orders.remove(&order.id);
            } else if let Some(resting) = self.orders.get_mut(&order.id) {
                resting.left = left;
                resting.traded += lots;
            }
            Party::of(order, left, fee)
        });
        self.trade(market, price, lots, parties);
        self.tell_filled(&two[0], parties[0]);
        for order in &two {
            self.cut_reduce_only(order.placed.account, market, order.placed.position);
        }
        self.count_for_protection(two[0].placed.account, market, lots);
        self.tell_filled(&two[1], parties[1]);
        true
    }

    fn tell_filled(&mut self, order: &Order, party: Party) {
        if party.left == 0 {
            self.tell(closed(&Order { left: 0, ..order.clone() }, CloseReason::Filled));
        }
    }
}
