//! Orders: placed, changed and cancelled, alone and in batches.

mod amend;
mod cancel;
mod order;
mod place;

pub(crate) use amend::{modify, modify_batch};
pub(crate) use cancel::{
    cancel, cancel_algo, cancel_all, cancel_all_algo, cancel_batch, countdown,
};
pub(crate) use order::{position, side};
pub(crate) use place::{place, place_algo, place_batch, test};

use venue_core::{AccountId, OrderId};
use venue_views::{ClientId, Desk, Order};
use wire_binance::{ClientOrderId, ErrorCode, Failure};

use super::market::Market;

/// The client's name of an order as the desk keeps it.
pub(crate) fn client_id(name: ClientOrderId) -> ClientId {
    ClientId::new(name.as_str()).unwrap_or_default()
}

/// An account's order by its number or by its client's name; where both are given the number counts.
pub(crate) fn find(
    desk: &Desk,
    account: AccountId,
    market: Option<&Market>,
    (number, name): (Option<u64>, Option<ClientOrderId>),
) -> Option<Order> {
    let found = match (number, name) {
        (Some(number), _) => desk.order(OrderId::new(number)),
        (None, Some(name)) => desk.order_named(account, client_id(name)),
        (None, None) => None,
    };
    let ours = |order: &&Order| {
        order.account() == account && market.is_none_or(|market| market.id == order.market())
    };
    found.filter(ours).copied()
}

/// The error where an order is not there.
pub(crate) fn unknown() -> Failure {
    Failure::of(ErrorCode::NoSuchOrder)
}
