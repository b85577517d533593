//! Days, latest prices and open interest.

use std::sync::Arc;

use units::{Ratio, Rounding};
use venue_views::Ticker;
use wire_binance::answer::{DayTicker, OpenInterest, PriceTicker};
use wire_binance::{Decimal, Failure, MaybeSymbol, OneSymbol, ToJson as _};

use super::one_or_all;
use crate::front::market::Market;
use crate::front::{Front, at_ms, now_ms, show};

/// What happened within a day.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn day(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let now = at_ms(now_ms());
    let tickers = front.look(|desk| {
        let ticker = |market: &Arc<Market>| Some(shown(&desk.ticker(market.id, now)?, market));
        markets.iter().filter_map(ticker).collect()
    });
    Ok(one_or_all(asked, tickers))
}

/// By how much the price has changed, in hundredths.
pub(crate) fn percent(ticker: &Ticker) -> Decimal {
    let change = i128::from(ticker.last.minus(ticker.open).number()).saturating_mul(100);
    let part = units::fixed::mul_div(
        change,
        units::fixed::ONE,
        i128::from(ticker.open.number()),
        Rounding::Nearest,
    );
    Decimal::ratio(Ratio::from_raw(part.unwrap_or(0)), 3).cut(3)
}

fn shown(ticker: &Ticker, market: &Market) -> DayTicker {
    DayTicker {
        symbol: market.symbol,
        price_change: market.price(ticker.last.minus(ticker.open)),
        price_change_percent: percent(ticker),
        weighted_average_price: market.average(ticker.quote, ticker.lots),
        last_price: market.price(ticker.last),
        last_quantity: market.quantity(ticker.last_lots),
        open_price: market.price(ticker.open),
        high_price: market.price(ticker.high),
        low_price: market.price(ticker.low),
        volume: market.quantity(ticker.lots),
        quote_volume: show::money(ticker.quote),
        open_time: show::millis(ticker.from),
        close_time: show::millis(ticker.to),
        first_id: ticker.first_trade.number(),
        last_id: ticker.last_trade.number(),
        count: ticker.trades,
    }
}

/// The latest prices.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn price(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let time = now_ms();
    let tickers = front.look(|desk| {
        let ticker = |market: &Arc<Market>| {
            let last = desk.venue().market(market.id).and_then(|view| view.last);
            PriceTicker { symbol: market.symbol, price: market.price_or_zero(last), time }
        };
        markets.iter().map(ticker).collect()
    });
    Ok(one_or_all(asked, tickers))
}

/// How much is held.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn open_interest(front: &Front, asked: &OneSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let held = front.look(|desk| desk.venue().market(market.id).map(|view| view.open_interest));
    let told = OpenInterest {
        open_interest: market.quantity(held.unwrap_or_default()),
        symbol: market.symbol,
        time: now_ms(),
    };
    Ok(told.to_json())
}
