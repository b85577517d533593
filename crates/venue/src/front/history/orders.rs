//! Orders, open and ended.

use venue_core::OrderId;
use venue_views::Order;
use wire_binance::answer::{Amended, Amendment, BeforeAfter};
use wire_binance::{
    Amendments, Decimal, Failure, MaybeSymbol, OrderHistory, ToJson as _, WhichOrder,
};

use crate::front::auth::Caller;
use crate::front::range::{Within, limit, limited};
use crate::front::{Front, show, trade};

/// How many where nothing is said.
const USUAL: usize = 500;
/// How many changes of orders.
const FEW: usize = 50;

/// An order; only an open one where `open` says so.
///
/// # Errors
/// Where there is none.
pub(crate) fn one(
    front: &Front,
    caller: &Caller,
    asked: &WhichOrder,
    open: bool,
) -> Result<Vec<u8>, Failure> {
    asked.check()?;
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let which = (asked.order_id, asked.client_order_id);
    let order = front.look(|desk| trade::find(desk, caller.key.account, Some(market), which));
    let order = order.filter(|order| !open || order.ending.is_none()).ok_or_else(trade::unknown)?;
    Ok(show::order::asked(&order, market).to_json())
}

/// The open orders, without those that wait for a trigger, which are told by the algorithm service.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn open(
    front: &Front,
    caller: &Caller,
    asked: &MaybeSymbol,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let only = markets.only(asked.symbol)?;
    let orders: Vec<_> = front.look(|desk| {
        let open = desk.open_orders(caller.key.account, only).filter(|order| !order.waits());
        let told =
            open.filter_map(|order| Some(show::order::asked(order, markets.get(order.market())?)));
        told.collect()
    });
    Ok(orders.to_json())
}

/// Open and ended orders.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn all(
    front: &Front,
    caller: &Caller,
    asked: &OrderHistory,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let from = OrderId::new(asked.order_id.unwrap_or(0));
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, USUAL);
    let mut orders: Vec<Order> =
        front.look(|desk| desk.orders(caller.key.account, market.id, from));
    orders.retain(|order| !order.waits() && within.holds(order.placed_at));
    let first = asked.order_id.is_some() || asked.start.is_some();
    let told: Vec<_> = limited(orders, limit, first)
        .iter()
        .map(|order| show::order::asked(order, market))
        .collect();
    Ok(told.to_json())
}

/// Changes of orders that their account asked for.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn amendments(
    front: &Front,
    caller: &Caller,
    asked: &Amendments,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, FEW);
    let of = (asked.order_id, asked.client_order_id);
    let changed = |before: Decimal, after: Decimal| BeforeAfter { before, after };
    let told: Vec<Amendment> = front.look(|desk| {
        let order = trade::find(desk, caller.key.account, Some(market), of).map(|it| it.number);
        let all = desk.amendments(caller.key.account).filter(|(_, it)| {
            let is_asked = of == (None, None) || order == Some(it.order);
            it.market == market.id && within.holds(it.at) && is_asked
        });
        let told = all.map(|(number, it)| Amendment {
            amendment_id: number,
            symbol: market.symbol,
            pair: market.symbol,
            order_id: it.order.number(),
            client_order_id: show::client(it.client, it.order.number()),
            time: show::millis(it.at),
            amendment: Amended {
                price: changed(market.price(it.price_before), market.price(it.price_after)),
                original_quantity: changed(
                    market.quantity(it.lots_before),
                    market.quantity(it.lots_after),
                ),
                count: it.count,
            },
        });
        told.collect()
    });
    Ok(limited(told, limit, asked.start.is_some()).to_json())
}
