//! New orders.

use venue_core::{Command, Event, OrderId, PlaceOrder, Side, Ticks};
use venue_views::{ClientId, Labels, Order};
use wire_binance::{
    Batch, ClientOrderId, ErrorCode, Failure, NewAlgoOrder, NewOrder, PriceMatch, ToJson as _,
};

use super::client_id;
use super::order::Wanted;
use crate::engine::Done;
use crate::front::auth::Caller;
use crate::front::market::Market;
use crate::front::refusal::{self, Tried};
use crate::front::{Front, show};

/// Sends an order.
///
/// # Errors
/// Where it does not fit its market, or is refused.
pub(crate) async fn place(
    front: &Front,
    caller: &Caller,
    order: &NewOrder,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(order.symbol)?;
    order.check()?;
    let placed = send(front, caller, market, &order.into(), order.client_order_id).await?;
    Ok(show::order::order(&placed, market).to_json())
}

/// Sends a conditional order.
///
/// # Errors
/// Where it does not fit its market, or is refused.
pub(crate) async fn place_algo(
    front: &Front,
    caller: &Caller,
    order: &NewAlgoOrder,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(order.symbol)?;
    order.check()?;
    let placed = send(front, caller, market, &order.into(), order.client_algo_id).await?;
    Ok(show::algo::order(&placed, market).to_json())
}

/// Checks an order as far as it can be without sending it.
///
/// # Errors
/// Where it does not fit its market.
pub(crate) fn test(front: &Front, caller: &Caller, order: &NewOrder) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(order.symbol)?;
    order.check()?;
    let wanted = Wanted::from(order);
    let matched = matched(front, market, &wanted, order.side)?;
    wanted.order(caller.key.account, market, matched)?;
    Ok(b"{}".to_vec())
}

async fn send(
    front: &Front,
    caller: &Caller,
    market: &Market,
    wanted: &Wanted,
    name: Option<ClientOrderId>,
) -> Result<Order, Failure> {
    let matched = matched(front, market, wanted, wanted.side())?;
    let placed = wanted.order(caller.key.account, market, matched)?;
    let name = name.map_or_else(|| front.name_order(), client_id);
    let done = front.work(caller, Command::Place(placed), Labels::client(name)).await?;
    accepted(front, &done, 0, &placed, market)
}

/// The order that was taken at a place of the list.
fn accepted(
    front: &Front,
    done: &Done,
    place: u64,
    placed: &PlaceOrder,
    market: &Market,
) -> Result<Order, Failure> {
    if let Some((_, refusal)) = done.refused.iter().find(|(at, _)| u64::from(*at) == place) {
        return Err(refusal::of_desk(*refusal));
    }
    for event in done.events.iter() {
        if let Event::Refused { refusal, tag, .. } = event
            && *tag == place
        {
            return Err(refusal::failure(*refusal, Tried::Place(placed), Some(market)));
        }
        if let Event::Accepted { order, placed: taken } = event
            && (taken.tag, taken.account) == (place, placed.account)
        {
            return found(front, *order);
        }
    }
    Err(Failure::of(ErrorCode::Unknown))
}

/// An order that was just taken: the desk has it.
pub(super) fn found(front: &Front, order: OrderId) -> Result<Order, Failure> {
    let found = front.look(|desk| desk.order(order).copied());
    found.ok_or_else(|| Failure::of(ErrorCode::Unknown))
}

/// Sends several orders; each is answered by itself.
///
/// # Errors
/// Where they are not taken as a whole.
pub(crate) async fn place_batch(
    front: &Front,
    caller: &Caller,
    batch: &Batch<NewOrder>,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let read = |order: &Result<NewOrder, Failure>| {
        let order = order.as_ref().map_err(Clone::clone)?;
        let market = markets.named(order.symbol)?;
        order.check()?;
        let wanted = Wanted::from(order);
        let matched = matched(front, market, &wanted, order.side)?;
        let placed = wanted.order(caller.key.account, market, matched)?;
        let name = order.client_order_id.map_or_else(|| front.name_order(), client_id);
        Ok((placed, name, market))
    };
    let read: Vec<Result<_, Failure>> = batch.orders.0.iter().map(read).collect();
    let (list, names): (Vec<PlaceOrder>, Vec<ClientId>) =
        read.iter().flatten().map(|(placed, name, _)| (*placed, *name)).unzip();
    let labels = Labels { clients: names, ..Labels::default() };
    let done = if list.is_empty() {
        None
    } else {
        Some(front.work(caller, Command::PlaceAll(list), labels).await?)
    };
    let mut place = 0_u64;
    let mut answers = Vec::with_capacity(read.len());
    for entry in &read {
        let answer = match (entry, &done) {
            (Ok((placed, _, market)), Some(done)) => {
                let answer = accepted(front, done, place, placed, market);
                place = place.saturating_add(1);
                answer.map(|order| show::order::order(&order, market))
            }
            (Ok(_), None) => Err(Failure::of(ErrorCode::Unknown)),
            (Err(failure), _) => Err(failure.clone()),
        };
        answers.push(show::each(answer));
    }
    Ok(answers.to_json())
}

/// The price of the book that an order asks for instead of its own.
pub(super) fn matched(
    front: &Front,
    market: &Market,
    wanted: &Wanted,
    side: wire_binance::Side,
) -> Result<Option<Ticks>, Failure> {
    match wanted.price_match {
        Some(asked) => price_match(front, market, asked, super::side(side)).map(Some),
        None => Ok(None),
    }
}

/// A price of the book, so many levels from the best of its own or of the other side.
pub(super) fn price_match(
    front: &Front,
    market: &Market,
    asked: PriceMatch,
    side: Side,
) -> Result<Ticks, Failure> {
    let (own, level) = match asked {
        PriceMatch::None => return Err(Failure::of(ErrorCode::InvalidPriceMatch)),
        PriceMatch::Opponent => (false, 1),
        PriceMatch::Opponent5 => (false, 5),
        PriceMatch::Opponent10 => (false, 10),
        PriceMatch::Opponent20 => (false, 20),
        PriceMatch::Queue => (true, 1),
        PriceMatch::Queue5 => (true, 5),
        PriceMatch::Queue10 => (true, 10),
        PriceMatch::Queue20 => (true, 20),
    };
    let side = if own { side } else { side.opposite() };
    let price = front.look(|desk| {
        let depth = desk.depth(market.id, level)?;
        let levels = match side {
            Side::Buy => depth.bids,
            Side::Sell => depth.asks,
        };
        levels.get(level.saturating_sub(1)).map(|level| level.price)
    });
    price.ok_or_else(|| Failure::of(ErrorCode::NoPriceMatch))
}
