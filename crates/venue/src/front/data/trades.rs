//! Trades, as everybody sees them.

use wire_binance::{AggTrades, Failure, HistoricalTrades, LatestTrades, ToJson as _};

use crate::front::range::{Within, limit};
use crate::front::{Front, show};

/// How many where nothing is said.
const USUAL: usize = 500;

/// The latest trades.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn latest(front: &Front, asked: &LatestTrades) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = limit(asked.limit, USUAL);
    let trades: Vec<_> = front.look(|desk| {
        let all = desk.trades(market.id).into_iter().flatten();
        let mut newest: Vec<_> = all.rev().take(limit).collect();
        newest.reverse();
        newest.into_iter().map(|trade| show::trade::public(trade, market)).collect()
    });
    Ok(trades.to_json())
}

/// Trades from a number on, as far as they are kept.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn historical(front: &Front, asked: &HistoricalTrades) -> Result<Vec<u8>, Failure> {
    let Some(from) = asked.from else {
        return latest(front, &LatestTrades { symbol: asked.symbol, limit: asked.limit });
    };
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = limit(asked.limit, USUAL);
    let trades: Vec<_> = front.look(|desk| {
        let all = desk.trades(market.id).into_iter().flatten();
        let wanted = all.filter(|trade| trade.trade.number() >= from).take(limit);
        wanted.map(|trade| show::trade::public(trade, market)).collect()
    });
    Ok(trades.to_json())
}

/// Trades of one order at one price together: from a number, within a time, or the latest.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn aggregated(front: &Front, asked: &AggTrades) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let limit = limit(asked.limit, USUAL);
    let within = Within::new(asked.start, asked.end);
    let first = asked.from.unwrap_or(0);
    let trades: Vec<_> = front.look(|desk| {
        let all = desk.aggregates(market.id).into_iter().flatten();
        let fits = all.filter(|trade| trade.number >= first && within.holds(trade.at));
        let wanted: Vec<_> = if asked.from.is_some() || asked.start.is_some() {
            fits.take(limit).collect()
        } else {
            let mut newest: Vec<_> = fits.rev().take(limit).collect();
            newest.reverse();
            newest
        };
        wanted.into_iter().map(|trade| show::trade::aggregate(trade, market)).collect()
    });
    Ok(trades.to_json())
}
