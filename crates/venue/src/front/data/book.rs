//! Books, and the best of them.

use venue_core::BookLevel;
use wire_binance::answer::{BestTicker, Book, Level};
use wire_binance::{Depth, Failure, MaybeSymbol, ToJson as _};

use super::one_or_all;
use crate::front::market::Market;
use crate::front::range::count;
use crate::front::{Front, now_ms, show};

/// Levels of a side where nothing is said.
const USUAL: u32 = 500;

/// Levels as they are told.
pub(crate) fn levels(levels: &[BookLevel], market: &Market) -> Vec<Level> {
    let level = |level: &BookLevel| Level {
        price: market.price(level.price),
        quantity: market.quantity(level.lots),
    };
    levels.iter().map(level).collect()
}

/// A book.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn depth(front: &Front, asked: &Depth) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = count(asked.limit.map_or(USUAL, |limit| limit.levels()));
    let depth = front.look(|desk| desk.depth(market.id, limit)).unwrap_or_default();
    let book = Book {
        last_update_id: depth.update,
        event_time: now_ms(),
        transaction_time: show::millis(depth.at),
        bids: levels(&depth.bids, market),
        asks: levels(&depth.asks, market),
    };
    Ok(book.to_json())
}

/// The best bids and asks.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn tickers(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let tickers = front.look(|desk| {
        let ticker = |market: &std::sync::Arc<Market>| {
            let depth = desk.depth(market.id, 1).unwrap_or_default();
            let (bid, ask) = (depth.bids.first(), depth.asks.first());
            BestTicker {
                symbol: market.symbol,
                bid_price: market.price_or_zero(bid.map(|level| level.price)),
                bid_quantity: market
                    .quantity(bid.map_or_else(Default::default, |level| level.lots)),
                ask_price: market.price_or_zero(ask.map(|level| level.price)),
                ask_quantity: market
                    .quantity(ask.map_or_else(Default::default, |level| level.lots)),
                time: show::millis(depth.at),
                last_update_id: Some(depth.update),
            }
        };
        markets.iter().map(ticker).collect()
    });
    Ok(one_or_all(asked, tickers))
}
