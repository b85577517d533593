//! An account's trades, what it has got and paid, and how it was liquidated or deleveraged.

use venue_core::{Liquidated, OrderId, TakenBy};
use venue_views::{IncomeKind, UserTrade};
use wire_binance::answer as told;
use wire_binance::{
    AutoCloseType, Decimal, Failure, ForceOrders, IncomeHistory, IncomeType, OrderStatus,
    OrderType, PriceMatch, SelfTradePrevention, TimeInForce, ToJson as _, TradeHistory,
    WorkingType,
};

use crate::front::auth::Caller;
use crate::front::market::Market;
use crate::front::range::{Within, count, limit, limited};
use crate::front::{Front, show};

/// How many trades where nothing is said.
const USUAL: usize = 500;
/// How many of the others.
const FEW: usize = 100;

/// An account's trades in a market.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn trades(
    front: &Front,
    caller: &Caller,
    asked: &TradeHistory,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, USUAL);
    let fits = |trade: &UserTrade| {
        trade.market == market.id
            && within.holds(trade.at)
            && asked.order_id.is_none_or(|order| trade.order == OrderId::new(order))
            && asked.from.is_none_or(|from| trade.trade.number() >= from)
    };
    let all: Vec<UserTrade> = front.look(|desk| {
        let trades = desk.user_trades(caller.key.account).map(|(_, trade)| *trade);
        trades.filter(fits).collect()
    });
    let first = asked.from.is_some() || asked.start.is_some();
    let told: Vec<_> = limited(all, limit, first)
        .iter()
        .map(|trade| show::trade::own(trade, market, markets.settlement()))
        .collect();
    Ok(told.to_json())
}

/// The word of what something was got or paid for.
const fn word(kind: IncomeKind) -> IncomeType {
    match kind {
        IncomeKind::Transfer => IncomeType::Transfer,
        IncomeKind::Realised => IncomeType::RealizedPnl,
        IncomeKind::Commission => IncomeType::Commission,
        IncomeKind::Funding => IncomeType::FundingFee,
        IncomeKind::Interest => IncomeType::Interest,
        IncomeKind::Liquidation | IncomeKind::Deleverage => IncomeType::InsuranceClear,
    }
}

/// What an account has got and paid.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn income(
    front: &Front,
    caller: &Caller,
    asked: &IncomeHistory,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let only = markets.only(asked.symbol)?;
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, FEW);
    let all: Vec<told::Income> = front.look(|desk| {
        let income = desk.income(caller.key.account).filter(|(_, income)| {
            within.holds(income.at)
                && only.is_none_or(|only| income.market == Some(only))
                && asked.income_type.is_none_or(|kind| kind == word(income.kind))
        });
        let told = income.map(|(number, income)| {
            let market = income.market.and_then(|market| markets.get(market));
            let trade = income.trade.number();
            told::Income {
                symbol: market.map_or_else(String::new, |market| market.symbol.to_string()),
                income_type: word(income.kind).as_str().to_owned(),
                income: show::money(income.amount),
                asset: show::asset(markets.asset(income.asset)),
                info: String::new(),
                time: show::millis(income.at),
                transaction_id: number,
                trade_id: if trade == 0 { String::new() } else { trade.to_string() },
            }
        });
        told.collect()
    });
    let skipped = asked.page.map_or(0, |page| count(page).saturating_sub(1).saturating_mul(limit));
    let all = if skipped > 0 { all.into_iter().skip(skipped).collect() } else { all };
    let first = asked.start.is_some() || asked.page.is_some();
    Ok(limited(all, limit, first).to_json())
}

/// How an account was liquidated, as the orders that it would have been. What it gave up to deleveraging is in its trades.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn forced(
    front: &Front,
    caller: &Caller,
    asked: &ForceOrders,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let only = markets.only(asked.symbol)?;
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, FEW);
    let told: Vec<told::Order> = front.look(|desk| {
        let entries = desk.tape_of(caller.key.account).filter(|entry| within.holds(entry.at));
        let told = entries.filter_map(|entry| {
            let Liquidated::Position { market, taken_by, .. } = entry.what else { return None };
            let kind = if taken_by == TakenBy::Holders {
                AutoCloseType::Adl
            } else {
                AutoCloseType::Liquidation
            };
            let fits = only.is_none_or(|only| only == market)
                && asked.auto_close_type.is_none_or(|asked| asked == kind);
            fits.then(|| as_order(entry, markets.get(market)?)).flatten()
        });
        told.take(limit).collect()
    });
    Ok(told.to_json())
}

/// An entry of the tape as the order that it would have been.
pub(crate) fn as_order(entry: &venue_core::TapeEntry, market: &Market) -> Option<told::Order> {
    let Liquidated::Position { position, side, lots, price, .. } = entry.what else { return None };
    let time = show::millis(entry.at);
    Some(told::Order {
        order_id: entry.number,
        symbol: market.symbol,
        status: OrderStatus::Filled,
        client_order_id: wire_binance::ClientOrderId::new(&format!("autoclose-{}", entry.number))?,
        price: market.price(price),
        average_price: market.price(price),
        original_quantity: market.quantity(lots),
        executed_quantity: market.quantity(lots),
        cumulative_quote: show::money(market.worth(lots, price)),
        time_in_force: TimeInForce::ImmediateOrCancel,
        order_type: OrderType::Limit,
        reduce_only: true,
        close_position: false,
        side: show::side(side),
        position_side: show::position(position),
        stop_price: Decimal::ZERO,
        working_type: WorkingType::ContractPrice,
        price_protect: false,
        original_type: OrderType::Limit,
        price_match: PriceMatch::None,
        self_trade_prevention: SelfTradePrevention::None,
        good_till_date: 0,
        update_time: time,
        time: Some(time),
        cumulative_quantity: None,
        activate_price: None,
        price_rate: None,
        pair: None,
    })
}
