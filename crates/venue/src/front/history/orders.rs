//! Orders, open and ended.

use venue_core::OrderId;
use venue_views::Order;
use wire_binance::{Failure, MaybeSymbol, OrderHistory, ToJson as _, WhichOrder};

use crate::front::auth::Caller;
use crate::front::range::{Within, limit, limited};
use crate::front::{Front, show, trade};

/// How many where nothing is said.
const USUAL: usize = 500;

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
