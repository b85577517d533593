//! Candles.

use units::Timestamp;
use venue_core::Ticks;
use venue_views::{Candle, PriceKind};
use wire_binance::answer as told;
use wire_binance::{ContinuousKlines, Decimal, Failure, Interval, Klines, PairKlines, ToJson as _};

use crate::front::market::Market;
use crate::front::range::limit;
use crate::front::{Front, at_ms, now_ms, show};

/// How many where nothing is said.
const USUAL: usize = 500;

/// Candles of trades.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn trades(front: &Front, asked: &Klines) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = limit(asked.limit, USUAL);
    let from = asked.start.map(at_ms);
    let to = at_ms(asked.end.unwrap_or_else(now_ms));
    let Some(interval) = venue_views::Interval::of_word(asked.interval.as_str()) else {
        return Ok(b"[]".to_vec());
    };
    let candles = front.look(|desk| desk.candles(market.id, interval, (from, to), limit));
    let candles: Vec<_> =
        candles.iter().map(|candle| shown(candle, asked.interval, market)).collect();
    Ok(candles.to_json())
}

/// The same by the names that pairs and kinds of contracts have.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn continuous(front: &Front, asked: &ContinuousKlines) -> Result<Vec<u8>, Failure> {
    let &ContinuousKlines { pair, interval, start, end, limit, .. } = asked;
    trades(front, &Klines { symbol: pair, interval, start, end, limit })
}

/// Candles of a price that is not traded.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn prices(front: &Front, asked: &Klines, kind: PriceKind) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = limit(asked.limit, USUAL);
    let within = (asked.start.map(at_ms), at_ms(asked.end.unwrap_or_else(now_ms)));
    let Some(interval) = venue_views::Interval::of_word(asked.interval.as_str()) else {
        return Ok(b"[]".to_vec());
    };
    let candles = front.look(|desk| desk.price_candles((market.id, kind), interval, within, limit));
    let price = |price: Ticks| match kind {
        PriceKind::Index | PriceKind::Mark => market.price(price),
        PriceKind::Premium => premium(price),
    };
    let candles: Vec<_> = candles
        .iter()
        .map(|candle| told::Candle {
            open: price(candle.open),
            high: price(candle.high),
            low: price(candle.low),
            close: price(candle.close),
            ..shown(candle, asked.interval, market)
        })
        .collect();
    Ok(candles.to_json())
}

/// The same of a pair's index.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn index(front: &Front, asked: &PairKlines) -> Result<Vec<u8>, Failure> {
    let &PairKlines { pair, interval, start, end, limit } = asked;
    prices(front, &Klines { symbol: pair, interval, start, end, limit }, PriceKind::Index)
}

/// A premium, which candles hold in hundred-millionths.
fn premium(parts: Ticks) -> Decimal {
    Decimal::from_raw(i128::from(parts.number()).saturating_mul(10_000), 8)
}

/// When a candle ends that begins at a time: its last millisecond.
pub(crate) fn last_millisecond(from: Timestamp, interval: Interval) -> u64 {
    let next = venue_views::Interval::of_word(interval.as_str()).map(|span| span.next(from));
    show::millis(next.unwrap_or(from)).saturating_sub(1)
}

fn shown(candle: &Candle, interval: Interval, market: &Market) -> told::Candle {
    told::Candle {
        open_time: show::millis(candle.from),
        close_time: last_millisecond(candle.from, interval),
        open: market.price(candle.open),
        high: market.price(candle.high),
        low: market.price(candle.low),
        close: market.price(candle.close),
        volume: market.quantity(candle.lots),
        quote_volume: show::money(candle.quote),
        trades: candle.trades,
        taker_buy_volume: market.quantity(candle.taker_lots),
        taker_buy_quote_volume: show::money(candle.taker_quote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_that_may_be_asked_for_has_candles() {
        // Of one that the views do not know every chart would stay empty, and nothing would say why.
        let known = |interval: &Interval| venue_views::Interval::of_word(interval.as_str());
        let spans: Vec<_> = Interval::ALL.iter().filter_map(known).collect();
        assert_eq!(spans, venue_views::Interval::ALL);
        assert!(spans.is_sorted_by_key(|interval| interval.span()));
    }
}
