//! Conditional orders.

use venue_views::{Ending, Order};
use wire_binance::answer as told;
use wire_binance::answer::MaybeDecimal;
use wire_binance::{AlgoStatus, AlgoType, PriceMatch};

use super::{client, millis, order as plain, position, side};
use crate::front::market::Market;

/// A conditional order.
pub(crate) fn order(order: &Order, market: &Market) -> told::AlgoOrder {
    let (activate, callback) = plain::trailing(order, market);
    let fired = order.triggered_at.map(|_| order.number.number().to_string());
    told::AlgoOrder {
        algo_id: order.number.number(),
        client_algo_id: client(order.client, order.number.number()),
        algo_type: AlgoType::Conditional,
        order_type: plain::original(order),
        symbol: market.symbol,
        side: side(order.side()),
        position_side: position(order.placed.position),
        time_in_force: plain::time_in_force(order),
        quantity: market.quantity(order.lots()),
        algo_status: status(order),
        trigger_price: market.price_or_zero(plain::stop_price(order)),
        price: market.price_or_zero(order.placed.limit),
        iceberg_quantity: None,
        self_trade_prevention: plain::self_trade(order),
        working_type: plain::working(order),
        price_match: PriceMatch::None,
        close_position: order.placed.trigger.is_some_and(|trigger| trigger.close_position),
        price_protect: false,
        reduce_only: order.placed.reduce_only,
        activate_price: MaybeDecimal(activate),
        callback_rate: MaybeDecimal(callback),
        create_time: millis(order.placed_at),
        update_time: millis(order.updated_at),
        trigger_time: order.triggered_at.map_or(0, millis),
        good_till_date: plain::good_till(order),
        actual_order_id: Some(fired.unwrap_or_default()),
        actual_price: Some(market.average(order.quote, order.traded)),
    }
}

/// Where it stands.
pub(crate) fn status(order: &Order) -> AlgoStatus {
    match (order.ending, order.triggered_at) {
        (None, None) => AlgoStatus::New,
        (None, Some(_)) => AlgoStatus::Triggered,
        (Some(Ending::Refused), _) => AlgoStatus::Rejected,
        (Some(_), Some(_)) => AlgoStatus::Finished,
        (Some(Ending::Expired | Ending::ReduceOnly), None) => AlgoStatus::Expired,
        (Some(_), None) => AlgoStatus::Canceled,
    }
}

/// That one was cancelled.
pub(crate) fn cancelled(order: &Order) -> told::AlgoCancelled {
    let number = order.number.number();
    told::AlgoCancelled::new(number, client(order.client, number))
}
