//! Orders.

use units::Ratio;
use venue_core::{Lifetime, SelfTrade, Ticks, TriggerCondition, TriggerPrice};
use venue_views::{Ending, Order, OrderStatus};
use wire_binance::answer as told;
use wire_binance::{Decimal, OrderType, PriceMatch, SelfTradePrevention, TimeInForce, WorkingType};

use super::{client, millis, position, side};
use crate::front::market::Market;

/// An order as it is told where it is placed, changed or cancelled.
pub(crate) fn order(order: &Order, market: &Market) -> told::Order {
    let cumulative_quantity = Some(market.quantity(order.traded));
    told::Order { cumulative_quantity, ..asked(order, market) }
}

/// An order as it is told where it is asked for.
pub(crate) fn asked(order: &Order, market: &Market) -> told::Order {
    let (activate_price, price_rate) = trailing(order, market);
    told::Order {
        order_id: order.number.number(),
        symbol: market.symbol,
        status: status(order),
        client_order_id: client(order.client, order.number.number()),
        price: market.price_or_zero(order.price),
        average_price: market.average(order.quote, order.traded),
        original_quantity: market.quantity(order.lots()),
        executed_quantity: market.quantity(order.traded),
        cumulative_quote: super::money(order.quote),
        time_in_force: time_in_force(order),
        order_type: now(order),
        reduce_only: order.placed.reduce_only,
        close_position: order.placed.trigger.is_some_and(|trigger| trigger.close_position),
        side: side(order.side()),
        position_side: position(order.placed.position),
        stop_price: market.price_or_zero(stop_price(order)),
        working_type: working(order),
        price_protect: false,
        original_type: original(order),
        price_match: PriceMatch::None,
        self_trade_prevention: self_trade(order),
        good_till_date: good_till(order),
        update_time: millis(order.updated_at),
        time: Some(millis(order.placed_at)),
        cumulative_quantity: None,
        activate_price,
        price_rate,
        pair: None,
    }
}

/// Where it stands.
pub(crate) fn status(order: &Order) -> wire_binance::OrderStatus {
    use wire_binance::OrderStatus as Told;
    match order.status() {
        OrderStatus::Waiting | OrderStatus::New => Told::New,
        OrderStatus::PartlyFilled => Told::PartiallyFilled,
        OrderStatus::Ended(ending) => match ending {
            Ending::Filled => Told::Filled,
            Ending::Cancelled | Ending::CancelAfter | Ending::Protection | Ending::Liquidation => {
                Told::Canceled
            }
            Ending::Immediate | Ending::Expired | Ending::ReduceOnly | Ending::Refused => {
                Told::Expired
            }
            Ending::SelfTrade => Told::ExpiredInMatch,
        },
    }
}

/// The kind that it was placed as.
pub(crate) fn original(order: &Order) -> OrderType {
    let limited = order.placed.limit.is_some();
    match order.placed.trigger.map(|trigger| trigger.condition) {
        None if limited => OrderType::Limit,
        None => OrderType::Market,
        Some(TriggerCondition::Stop(_)) if limited => OrderType::Stop,
        Some(TriggerCondition::Stop(_)) => OrderType::StopMarket,
        Some(TriggerCondition::TakeProfit(_)) if limited => OrderType::TakeProfit,
        Some(TriggerCondition::TakeProfit(_)) => OrderType::TakeProfitMarket,
        Some(TriggerCondition::Trailing { .. }) => OrderType::TrailingStopMarket,
    }
}

/// The kind that it is now: what has fired is an order like any other.
pub(crate) fn now(order: &Order) -> OrderType {
    if order.placed.trigger.is_some() && order.triggered_at.is_some() {
        return if order.placed.limit.is_some() { OrderType::Limit } else { OrderType::Market };
    }
    original(order)
}

/// What becomes of what does not trade at once. Market orders are said to be good till cancelled, as on Binance.
pub(crate) fn time_in_force(order: &Order) -> TimeInForce {
    if order.placed.limit.is_none() {
        return TimeInForce::GoodTillCancelled;
    }
    match order.placed.lifetime {
        Lifetime::GoodTillCancelled => TimeInForce::GoodTillCancelled,
        Lifetime::GoodTill(_) => TimeInForce::GoodTillDate,
        Lifetime::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
        Lifetime::FillOrKill => TimeInForce::FillOrKill,
        Lifetime::PostOnly => TimeInForce::PostOnly,
    }
}

/// Until when it rests; zero for ever.
pub(crate) fn good_till(order: &Order) -> u64 {
    match order.placed.lifetime {
        Lifetime::GoodTill(at) => millis(at),
        Lifetime::GoodTillCancelled
        | Lifetime::ImmediateOrCancel
        | Lifetime::FillOrKill
        | Lifetime::PostOnly => 0,
    }
}

/// The price that it waits for.
pub(crate) fn stop_price(order: &Order) -> Option<Ticks> {
    match order.placed.trigger?.condition {
        TriggerCondition::Stop(at) | TriggerCondition::TakeProfit(at) => Some(at),
        TriggerCondition::Trailing { .. } => None,
    }
}

/// The price at which it begins to follow, and how far the price has to come back, in hundredths.
pub(crate) fn trailing(order: &Order, market: &Market) -> (Option<Decimal>, Option<Decimal>) {
    match order.placed.trigger.map(|trigger| trigger.condition) {
        Some(TriggerCondition::Trailing { callback, from }) => {
            let hundredths = Ratio::from_raw(callback.raw().saturating_mul(100));
            (from.map(|price| market.price(price)), Some(Decimal::ratio(hundredths, 1)))
        }
        Some(TriggerCondition::Stop(_) | TriggerCondition::TakeProfit(_)) | None => (None, None),
    }
}

/// The price that its trigger looks at.
pub(crate) fn working(order: &Order) -> WorkingType {
    match order.placed.trigger.map(|trigger| trigger.by) {
        Some(TriggerPrice::Mark) => WorkingType::MarkPrice,
        Some(TriggerPrice::Last) | None => WorkingType::ContractPrice,
    }
}

/// What happens where it meets an order of its own account.
pub(crate) fn self_trade(order: &Order) -> SelfTradePrevention {
    match order.placed.self_trade {
        SelfTrade::Allow => SelfTradePrevention::None,
        SelfTrade::CancelTaker => SelfTradePrevention::ExpireTaker,
        SelfTrade::CancelMaker => SelfTradePrevention::ExpireMaker,
        SelfTrade::CancelBoth => SelfTradePrevention::ExpireBoth,
    }
}
