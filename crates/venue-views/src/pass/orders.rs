//! Events of orders and trades.

use units::{Money, Timestamp};
use venue_core::{
    AccountId, Command, Event, Lots, MarketKind, OrderId, PlaceOrder, PositionSide, Side, Ticks,
    Trade, TradeSide, worth,
};

use super::Pass;
use crate::amendment::Amendment;
use crate::change::{AccountReason, Change, Execution, Forced, OrderChange};
use crate::client_id::ClientId;
use crate::order::{Ending, Order};
use crate::trade::UserTrade;

impl Pass<'_> {
    pub(super) fn about_orders(&mut self, event: &Event) {
        let at = self.at;
        if let Event::Accepted { order, placed } = event {
            self.accepted(*order, *placed);
        } else if let Event::Trade(trade) = event {
            self.traded(trade);
        } else if let Event::Closed { order, left, reason, .. } = event {
            self.closed(*order, *left, (*reason).into());
        } else if let Event::Amended { order, price, left, .. } = event {
            self.keep_amendment(*order, *price, *left);
            self.happened(*order, Execution::Amended, |order| {
                (order.price, order.left) = (Some(*price), *left);
                order.amended_at = Some(at);
            });
        } else if let Event::Triggered(order) = event {
            self.happened(*order, Execution::Triggered, |order| order.triggered_at = Some(at));
        }
    }

    fn closed(&mut self, number: OrderId, left: Lots, ending: Ending) {
        let order = self.change(number, |order| {
            (order.left, order.ending) = (left, Some(ending));
        });
        // The trade that has filled it has told so.
        if let Some(order) = order.filter(|_| ending != Ending::Filled) {
            self.tell_order(Execution::Ended, order);
        }
        self.views.orders.end(number);
    }

    fn accepted(&mut self, number: OrderId, placed: PlaceOrder) {
        let place = usize::try_from(placed.tag).unwrap_or(usize::MAX);
        let order = Order {
            number,
            client: self.entry.labels.client_at(place),
            placed,
            price: placed.limit,
            left: placed.lots,
            traded: Lots::ZERO,
            quote: Money::ZERO,
            fees: Money::ZERO,
            realised: Money::ZERO,
            placed_at: self.at,
            updated_at: self.at,
            triggered_at: None,
            amended_at: None,
            ending: None,
        };
        self.touched.insert(number);
        self.views.orders.open(order);
        self.tell_order(Execution::New, order);
    }

    /// Changes an open order; a price at which it rested before this entry is one that may have changed.
    fn change(&mut self, number: OrderId, change: impl FnOnce(&mut Order)) -> Option<Order> {
        let order = self.views.orders.open_mut(number)?;
        if self.touched.insert(number)
            && !order.waits()
            && let Some(price) = order.price
        {
            self.levels.insert((order.market(), order.side(), price));
        }
        change(order);
        order.updated_at = self.at;
        Some(*order)
    }

    /// Keeps a change that the order's account asked for; the others are what the venue has cut.
    fn keep_amendment(&mut self, number: OrderId, price: Ticks, left: Lots) {
        let Command::Amend { order: asked, .. } = &self.entry.command else { return };
        let Some(order) = self.views.orders.get(number).filter(|_| *asked == number) else {
            return;
        };
        let (account, lots_after) = (order.account(), order.traded.plus(left));
        let last = self.views.amendments.of(account).rev();
        let last = last.map(|(_, amendment)| amendment).find(|it| it.order == number);
        let count = last.map_or(1, |amendment| amendment.count.saturating_add(1));
        let amendment = Amendment {
            account,
            order: number,
            client: order.client,
            market: order.market(),
            at: self.at,
            price_before: order.price.unwrap_or(price),
            price_after: price,
            lots_before: order.lots(),
            lots_after,
            count,
        };
        self.views.amendments.push(account, Box::new(amendment));
    }

    fn happened(&mut self, number: OrderId, execution: Execution, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.change(number, change) {
            self.tell_order(execution, order);
        }
    }

    pub(super) fn tell_order(&mut self, execution: Execution, order: Order) {
        let at = self.at;
        self.tell(Change::Order(Box::new(OrderChange { execution, order, at })));
    }

    fn traded(&mut self, trade: &Trade) {
        let at = self.at;
        let Some(tick_value) = self.venue.tick_value(trade.market) else { return };
        self.traded.insert(trade.market);
        if let Some(market) = self.market_mut(trade.market) {
            let public = market.trade(trade, tick_value, at);
            self.tell(Change::Trade(trade.market, public));
        }
        let quote = worth(trade.lots, trade.price, tick_value);
        for (side, own, maker) in [
            (trade.taker_side.opposite(), trade.maker, true),
            (trade.taker_side, trade.taker, false),
        ] {
            if own.account == AccountId::HOUSE {
                continue;
            }
            self.touch_for_trade(trade, own.account);
            let forced = own.order.number() == 0;
            let order = self.change(own.order, |order| {
                order.traded = order.traded.plus(trade.lots);
                order.quote = order.quote.plus(quote);
                order.fees = order.fees.plus(own.fee);
                order.realised = order.realised.plus(own.realised);
                order.left = own.left;
            });
            let position = order
                .map_or_else(|| self.closed_by(own.account, side), |order| order.placed.position);
            let client = order.map(|order| order.client).unwrap_or_default();
            let done =
                UserTrade { quote, client, position, maker, ..user_trade(trade, side, own, at) };
            self.keep_trade(done);
            if let Some(order) = order {
                self.tell_order(Execution::Trade(done), order);
            } else if forced {
                self.tell_forced(done, Forced::Liquidation);
            }
        }
    }

    fn touch_for_trade(&mut self, trade: &Trade, account: AccountId) {
        let kind = self.venue.market_settings(trade.market).map(|settings| settings.kind);
        let touched = self.touch(account, AccountReason::Order);
        touched.markets.insert(trade.market);
        if let Some(MarketKind::Spot { base }) = kind {
            touched.assets.entry(base).or_default();
        }
    }

    /// Which position of an account an order of the liquidation engine closes.
    pub(super) fn closed_by(&self, account: AccountId, side: Side) -> PositionSide {
        match (self.venue.account(account).is_some_and(|account| account.hedge), side) {
            (false, _) => PositionSide::Both,
            (true, Side::Sell) => PositionSide::Long,
            (true, Side::Buy) => PositionSide::Short,
        }
    }
}

const fn user_trade(trade: &Trade, side: Side, own: TradeSide, at: Timestamp) -> UserTrade {
    UserTrade {
        trade: trade.trade,
        account: own.account,
        order: own.order,
        client: ClientId::NONE,
        market: trade.market,
        side,
        position: PositionSide::Both,
        price: trade.price,
        lots: trade.lots,
        quote: Money::ZERO,
        fee: own.fee,
        realised: own.realised,
        maker: false,
        at,
    }
}
