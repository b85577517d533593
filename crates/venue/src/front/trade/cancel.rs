//! Cancels: of one order, of several, of all, and of all after a time.

use units::Span;
use venue_core::Command;
use venue_views::{Labels, Order};
use wire_binance::answer::{CountdownSet, Done};
use wire_binance::{
    Countdown, Decimal, ErrorCode, Failure, OneSymbol, ToJson as _, WhichAlgoOrder, WhichOrder,
    WhichOrders,
};

use super::find;
use super::place::found;
use crate::front::auth::Caller;
use crate::front::market::Market;
use crate::front::refusal::{self, Tried};
use crate::front::{Front, show};

/// Cancels that are under way at once for one request.
const AT_ONCE: usize = 32;

/// Cancels an order.
///
/// # Errors
/// Where there is no such order that is open.
pub(crate) async fn cancel(
    front: &Front,
    caller: &Caller,
    which: &WhichOrder,
) -> Result<Vec<u8>, Failure> {
    which.check()?;
    let markets = front.markets();
    let market = markets.named(which.symbol)?;
    let which = (which.order_id, which.client_order_id);
    Ok(show::order::order(&one(front, caller, market, which).await?, market).to_json())
}

/// Cancels several orders of a market; each is answered by itself.
///
/// # Errors
/// Where none is named, or the market is not known.
pub(crate) async fn cancel_batch(
    front: &Front,
    caller: &Caller,
    which: &WhichOrders,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(which.symbol)?;
    let numbers = which.order_ids.iter().flat_map(|ids| &ids.0).map(|number| (Some(*number), None));
    let names =
        which.client_order_ids.iter().flat_map(|ids| &ids.0).map(|name| (None, Some(*name)));
    let asked: Vec<_> = if which.order_ids.is_some() { numbers.collect() } else { names.collect() };
    if asked.is_empty() {
        return Err(Failure::mandatory("orderIdList"));
    }
    let cancels = asked.into_iter().map(|which| one(front, caller, market, which));
    let mut answers = Vec::new();
    for answer in runtime::task::in_order(cancels, AT_ONCE).await {
        answers.push(show::each(answer.map(|order| show::order::order(&order, market))));
    }
    Ok(answers.to_json())
}

async fn one(
    front: &Front,
    caller: &Caller,
    market: &Market,
    which: (Option<u64>, Option<wire_binance::ClientOrderId>),
) -> Result<Order, Failure> {
    let account = caller.key.account;
    let open = front.look(|desk| find(desk, account, Some(market), which));
    let open = open.filter(|order| order.ending.is_none());
    let order = open.ok_or_else(|| Failure::of(ErrorCode::CancelRejected))?;
    end(front, caller, order, market).await
}

/// Cancels an order that was open a moment ago.
async fn end(
    front: &Front,
    caller: &Caller,
    order: Order,
    market: &Market,
) -> Result<Order, Failure> {
    let command = Command::Cancel { account: caller.key.account, order: order.number };
    let done = front.work(caller, command, Labels::default()).await?;
    refusal::none(&done, Tried::Cancel, Some(market))?;
    found(front, order.number)
}

/// Cancels all orders of a market but those that wait for a trigger.
///
/// # Errors
/// Where the market is not known, or it could not be done.
pub(crate) async fn cancel_all(
    front: &Front,
    caller: &Caller,
    which: &OneSymbol,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(which.symbol)?;
    let account = caller.key.account;
    let waiting = front.look(|desk| desk.open_orders(account, Some(market.id)).any(Order::waits));
    if waiting {
        // A stop that went along would leave a position without the protection that its owner counts on.
        each(front, caller, market, |order| !order.waits()).await?;
    } else {
        let command = Command::CancelAll { account, market: Some(market.id) };
        let done = front.work(caller, command, Labels::default()).await?;
        refusal::none(&done, Tried::Cancel, Some(market))?;
    }
    Ok(Done::cancelled_all().to_json())
}

/// Cancels all orders of a market that wait for a trigger.
///
/// # Errors
/// Where the market is not known, or it could not be done.
pub(crate) async fn cancel_all_algo(
    front: &Front,
    caller: &Caller,
    which: &OneSymbol,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(which.symbol)?;
    each(front, caller, market, Order::waits).await?;
    Ok(Done::cancelled_all().to_json())
}

/// Cancels one by one what fits. What has ended meanwhile is no error.
async fn each(
    front: &Front,
    caller: &Caller,
    market: &Market,
    fits: impl Fn(&Order) -> bool,
) -> Result<(), Failure> {
    let orders: Vec<Order> = front.look(|desk| {
        let open = desk.open_orders(caller.key.account, Some(market.id));
        open.filter(|order| fits(order)).copied().collect()
    });
    let cancels = orders.into_iter().map(|order| end(front, caller, order, market));
    for ended in runtime::task::in_order(cancels, AT_ONCE).await {
        match ended {
            Err(failure) if failure.known() != Some(ErrorCode::CancelRejected) => {
                return Err(failure);
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Cancels an order that waits for its trigger.
///
/// # Errors
/// Where there is no such order that waits.
pub(crate) async fn cancel_algo(
    front: &Front,
    caller: &Caller,
    which: &WhichAlgoOrder,
) -> Result<Vec<u8>, Failure> {
    which.check()?;
    let markets = front.markets();
    let account = caller.key.account;
    let order = front.look(|desk| find(desk, account, None, (which.algo_id, which.client_algo_id)));
    let order = order.filter(|order| order.ending.is_none() && order.placed.trigger.is_some());
    let order = order.ok_or_else(|| Failure::of(ErrorCode::CancelRejected))?;
    let market = markets.get(order.market()).ok_or_else(|| Failure::of(ErrorCode::BadSymbol))?;
    let ended = end(front, caller, order, market).await?;
    Ok(show::algo::cancelled(&ended).to_json())
}

/// Has all orders of a market cancelled after a time, unless it is said again.
///
/// # Errors
/// Where the market is not known, or it could not be done.
pub(crate) async fn countdown(
    front: &Front,
    caller: &Caller,
    asked: &Countdown,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let account = caller.key.account;
    let after = Span::from_millis(asked.countdown);
    let command = Command::CancelAfter { account, market: market.id, after };
    let done = front.work(caller, command, Labels::default()).await?;
    refusal::none(&done, Tried::Other, Some(market))?;
    let countdown = Decimal::whole(i128::from(asked.countdown));
    Ok(CountdownSet { symbol: market.symbol, countdown }.to_json())
}
