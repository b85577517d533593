//! An account as the status page shows it to whoever has signed for it.

use runtime::clock;
use runtime::http::Request;
use status::{AccountRefused, AccountView, FillView, HoldingView, OrderView, TradeView};
use units::fixed::{ONE, mul_div};
use units::{Money, Price, Quantity, Ratio, Rounding};
use venue::Watch;
use venue_core::{
    AccountId, AssetId, Lots, MarketId, PositionView, PriceOf, Side, Ticks, TriggerCondition,
};
use venue_views::{Desk, Order, UserTrade};

use crate::venue_view::{Door, MarketUnits, tape_line};

/// Orders, trades and entries of the tape that are shown; the venue itself has more of them.
const ORDERS: usize = 50;
const FILLS: usize = 30;
const TAPE: usize = 20;

/// The account of whoever has signed a request.
///
/// # Errors
/// Where the venue is not there yet, or nobody who may look has signed.
pub(crate) fn account(
    door: &Door,
    request: &Request,
    body: &[u8],
) -> Result<AccountView, AccountRefused> {
    let closed = || AccountRefused { status: 503, why: "the venue is not open yet".to_owned() };
    let watch: &Watch = door.get().ok_or_else(closed)?;
    let reader = watch
        .reader(request, body)
        .map_err(|refused| AccountRefused { status: refused.status, why: refused.why })?;
    let gone = AccountRefused { status: 404, why: "there is no such account".to_owned() };
    watch.read(|desk| of_desk(desk, reader.account, reader.name)).ok_or(gone)
}

fn of_desk(desk: &Desk, id: AccountId, name: String) -> Option<AccountView> {
    let venue = desk.venue();
    let (account, assessment) = (venue.account(id)?, venue.assessment(id)?);
    let name_of = |asset| venue.asset_settings(asset).map(|it| it.name.clone()).unwrap_or_default();
    let settlement = name_of(AssetId::SETTLEMENT);
    let held = account.holdings.iter().map(|(asset, amount)| {
        let price = desk.price(PriceOf::Asset(*asset)).map_or(Price::ZERO, |price| price.market);
        let worth = amount.times(Ratio::from_raw(price.raw()), Rounding::Down);
        (name_of(*asset), *amount, worth.unwrap_or(Money::ZERO))
    });
    let cash = (settlement.clone(), account.cash, account.cash);
    let positions = venue.positions(id).filter(|position| position.lots != Lots::ZERO);
    let mut orders: Vec<&Order> = desk.open_orders(id, None).collect();
    orders.sort_by_key(|order| std::cmp::Reverse(order.number));
    let fills = desk.user_trades(id).rev().take(FILLS);
    Some(AccountView {
        at_unix_ms: clock::unix_time().as_millis(),
        name,
        number: id.number(),
        settlement,
        liquidating: account.liquidating,
        equity: assessment.equity,
        maintenance: assessment.maintenance,
        available: assessment.available(),
        balances: std::iter::once(cash).chain(held).collect(),
        positions: positions.filter_map(|position| holding(desk, id, &position)).collect(),
        open_orders: orders.len(),
        orders: orders.into_iter().take(ORDERS).filter_map(|it| order(desk, it)).collect(),
        fills: fills.filter_map(|(_, trade)| fill(desk, trade)).collect(),
        tape: desk.tape_of(id).take(TAPE).map(|entry| tape_line(desk, entry)).collect(),
    })
}

/// A market's name and units.
fn market(desk: &Desk, id: MarketId) -> Option<(String, MarketUnits)> {
    let settings = desk.venue().market_settings(id)?;
    Some((settings.name.clone(), MarketUnits::of(settings)))
}

fn holding(desk: &Desk, id: AccountId, position: &PositionView) -> Option<HoldingView> {
    let venue = desk.venue();
    let (symbol, units) = market(desk, position.market)?;
    let place = venue.queue_place(id, position.market, position.side);
    let liquidation = venue.liquidation_price(id, position.market, position.side);
    Some(HoldingView {
        symbol,
        long: position.lots > Lots::ZERO,
        quantity: units.quantity(position.lots.size()),
        entry: average(position.cost, units.quantity(position.lots)),
        mark: venue.market(position.market)?.mark.map(|mark| units.price(mark)),
        liquidation: liquidation.filter(|at| *at > Ticks::ZERO).map(|at| units.price(at)),
        profit: position.profit,
        isolated: position.isolated,
        leverage: position.leverage,
        places: units.places(),
        queue: place.map(|place| (place.ahead, place.holders)),
        ahead: place.map_or(Quantity::ZERO, |place| units.quantity(place.lots_ahead)),
    })
}

/// The average price of a quantity that has cost so much; both have the same sign.
fn average(cost: Money, quantity: Quantity) -> Price {
    let (cost, quantity) = (cost.raw().saturating_abs(), quantity.raw().saturating_abs());
    Price::from_raw(mul_div(cost, ONE, quantity, Rounding::Nearest).unwrap_or(0))
}

fn order(desk: &Desk, order: &Order) -> Option<OrderView> {
    let (symbol, units) = market(desk, order.placed.market)?;
    Some(OrderView {
        number: order.number.number(),
        symbol,
        buys: order.placed.side == Side::Buy,
        price: order.price.map(|price| units.price(price)),
        trigger: waits_for(order).map(|price| units.price(price)),
        quantity: (units.quantity(order.left), units.quantity(order.placed.lots)),
        places: units.places(),
        reduce_only: order.placed.reduce_only,
        closes: order.placed.trigger.is_some_and(|trigger| trigger.close_position),
        at_unix_ms: order.placed_at.as_millis(),
    })
}

/// The price that an order waits for.
fn waits_for(order: &Order) -> Option<Ticks> {
    let trigger = order.placed.trigger.filter(|_| order.triggered_at.is_none())?;
    match trigger.condition {
        TriggerCondition::Stop(at) | TriggerCondition::TakeProfit(at) => Some(at),
        TriggerCondition::Trailing { from, .. } => from,
    }
}

fn fill(desk: &Desk, trade: &UserTrade) -> Option<FillView> {
    let (symbol, units) = market(desk, trade.market)?;
    let shown = TradeView {
        at_unix_ms: trade.at.as_millis(),
        price: units.price(trade.price),
        quantity: units.quantity(trade.lots),
        bought: trade.side == Side::Buy,
    };
    Some(FillView {
        at_unix_ms: trade.at.as_millis(),
        symbol,
        trade: shown,
        fee: trade.fee,
        realised: trade.realised,
        places: units.places(),
    })
}
