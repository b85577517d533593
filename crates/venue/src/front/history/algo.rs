//! Conditional orders, open and ended.

use venue_core::OrderId;
use venue_views::Order;
use wire_binance::{AlgoHistory, ErrorCode, Failure, OpenAlgoOrders, ToJson as _, WhichAlgoOrder};

use crate::front::auth::Caller;
use crate::front::range::{Within, limit, limited};
use crate::front::{Front, show, trade};

/// How many where nothing is said.
const USUAL: usize = 500;

/// A conditional order.
///
/// # Errors
/// Where there is none.
pub(crate) fn one(
    front: &Front,
    caller: &Caller,
    asked: &WhichAlgoOrder,
) -> Result<Vec<u8>, Failure> {
    asked.check()?;
    let markets = front.markets();
    let which = (asked.algo_id, asked.client_algo_id);
    let order = front.look(|desk| trade::find(desk, caller.key.account, None, which));
    let order = order.filter(|order| order.placed.trigger.is_some()).ok_or_else(trade::unknown)?;
    let market = markets.get(order.market()).ok_or_else(|| Failure::of(ErrorCode::BadSymbol))?;
    Ok(show::algo::order(&order, market).to_json())
}

/// Those that wait.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn open(
    front: &Front,
    caller: &Caller,
    asked: &OpenAlgoOrders,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let only = markets.only(asked.symbol)?;
    let told: Vec<_> = front.look(|desk| {
        let open = desk.open_orders(caller.key.account, only).filter(|order| order.waits());
        let asked = open.filter(|order| asked.algo_id.is_none_or(|id| id == order.number.number()));
        let told =
            asked.filter_map(|order| Some(show::algo::order(order, markets.get(order.market())?)));
        told.collect()
    });
    Ok(told.to_json())
}

/// Those that wait, and those that have fired or ended.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn all(front: &Front, caller: &Caller, asked: &AlgoHistory) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let from = OrderId::new(asked.algo_id.unwrap_or(0));
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, USUAL);
    let mut orders: Vec<Order> =
        front.look(|desk| desk.orders(caller.key.account, market.id, from));
    orders.retain(|order| order.placed.trigger.is_some() && within.holds(order.placed_at));
    let first = asked.algo_id.is_some() || asked.start.is_some();
    let told: Vec<_> = limited(orders, limit, first)
        .iter()
        .map(|order| show::algo::order(order, market))
        .collect();
    Ok(told.to_json())
}
