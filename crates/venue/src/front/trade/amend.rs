//! Changes of resting orders.

use venue_core::Command;
use venue_views::{Labels, Order};
use wire_binance::{Batch, ChangedOrder, ErrorCode, Failure, PriceMatch, ToJson as _};

use super::place::{found, price_match};
use super::{find, unknown};
use crate::front::auth::Caller;
use crate::front::market::Market;
use crate::front::refusal::{self, Tried};
use crate::front::{Front, show};

/// Changes an order's price or quantity.
///
/// # Errors
/// Where there is no such order, or the change is refused.
pub(crate) async fn modify(
    front: &Front,
    caller: &Caller,
    change: &ChangedOrder,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(change.symbol)?;
    Ok(show::order::order(&one(front, caller, change, market).await?, market).to_json())
}

/// Changes several orders; each is answered by itself.
///
/// # Errors
/// Never as a whole.
pub(crate) async fn modify_batch(
    front: &Front,
    caller: &Caller,
    batch: &Batch<ChangedOrder>,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let mut answers = Vec::with_capacity(batch.orders.0.len());
    for change in &batch.orders.0 {
        let change = change.as_ref().map_err(Clone::clone);
        let answer = match change.and_then(|change| Ok((change, markets.named(change.symbol)?))) {
            Ok((change, market)) => one(front, caller, change, market)
                .await
                .map(|order| show::order::order(&order, market)),
            Err(failure) => Err(failure),
        };
        answers.push(show::each(answer));
    }
    Ok(answers.to_json())
}

async fn one(
    front: &Front,
    caller: &Caller,
    change: &ChangedOrder,
    market: &Market,
) -> Result<Order, Failure> {
    change.check()?;
    let account = caller.key.account;
    let which = (change.order_id, change.client_order_id);
    let order = front.look(|desk| find(desk, account, Some(market), which));
    let order = order.filter(|order| order.ending.is_none()).ok_or_else(unknown)?;
    let limit = order.price.filter(|_| !order.waits());
    let limit = limit.ok_or_else(|| Failure::of(ErrorCode::LimitOrderOnly))?;
    if order.side() != super::side(change.side) {
        return Err(Failure::of(ErrorCode::InvalidSide));
    }
    let asked = PriceMatch::asked(change.price_match);
    let price = match (asked, change.price) {
        (Some(asked), _) => price_match(front, market, asked, order.side())?,
        (None, Some(price)) => market.ticks(price)?,
        (None, None) => limit,
    };
    let lots = market.lots(change.quantity)?;
    if price == limit && lots == order.lots() {
        return Err(Failure::of(ErrorCode::SameOrder));
    }
    let command = Command::Amend { account, order: order.number, price, lots };
    let done = front.work(caller, command, Labels::default()).await?;
    refusal::none(&done, Tried::Amend(order.side()), Some(market))?;
    found(front, order.number)
}
