//! What streams tell of markets.

use std::sync::Arc;

use venue_core::{Liquidated, Side, TapeEntry};
use venue_views::{Aggregate, BestChange, Candle, Desk, PublicTrade, Ticker};
use wire_binance::stream::{
    AggTradeEvent, BookTickerEvent, DepthLevels, DepthUpdate, ForceOrderEvent, ForcedOrder, Kline,
    KlineEvent, MarkPriceEvent, MiniTickerEvent, TickerEvent, TradeEvent,
};
use wire_binance::{Interval, OrderStatus, OrderType, TimeInForce};

use crate::front::data::book::levels;
use crate::front::data::candles::last_millisecond;
use crate::front::data::premium::premium;
use crate::front::data::tickers::percent;
use crate::front::market::Market;
use crate::front::show;

/// A trade.
pub(super) fn trade(trade: &PublicTrade, market: &Market, now: u64) -> TradeEvent {
    TradeEvent {
        event_time: now,
        trade_time: show::millis(trade.at),
        symbol: market.symbol,
        trade_id: trade.trade.number(),
        price: market.price(trade.price),
        quantity: market.quantity(trade.lots),
        kind: "MARKET".to_owned(),
        buyer_is_maker: trade.taker_side == Side::Sell,
    }
}

/// Trades of one order at one price.
pub(super) fn aggregate(trades: &Aggregate, market: &Market, now: u64) -> AggTradeEvent {
    AggTradeEvent {
        event_time: now,
        symbol: market.symbol,
        aggregate_id: trades.number,
        price: market.price(trades.price),
        quantity: market.quantity(trades.lots),
        first_trade_id: trades.first.number(),
        last_trade_id: trades.last.number(),
        trade_time: show::millis(trades.at),
        buyer_is_maker: trades.taker_side == Side::Sell,
    }
}

/// The best bid and ask.
pub(super) fn best(change: &BestChange, market: &Market, now: u64) -> BookTickerEvent {
    let (bid, ask) = (change.bid, change.ask);
    BookTickerEvent {
        event_time: now,
        transaction_time: show::millis(change.at),
        symbol: market.symbol,
        update_id: change.update,
        bid: market.price_or_zero(bid.map(|level| level.price)),
        bid_quantity: market.quantity(bid.map_or_else(Default::default, |level| level.lots)),
        ask: market.price_or_zero(ask.map(|level| level.price)),
        ask_quantity: market.quantity(ask.map_or_else(Default::default, |level| level.lots)),
    }
}

/// The best levels of a book, whole.
pub(super) fn partial(
    desk: &Desk,
    market: &Market,
    count: DepthLevels,
    now: u64,
) -> Option<DepthUpdate> {
    let depth = desk.depth(market.id, count.count())?;
    Some(DepthUpdate {
        event_time: now,
        transaction_time: show::millis(depth.at),
        symbol: market.symbol,
        first_update_id: depth.update,
        last_update_id: depth.update,
        previous_update_id: depth.update.saturating_sub(1),
        bids: levels(&depth.bids, market),
        asks: levels(&depth.asks, market),
    })
}

/// The most important of what happened within a day.
pub(super) fn mini_ticker(ticker: &Ticker, market: &Market, now: u64) -> MiniTickerEvent {
    MiniTickerEvent {
        event_time: now,
        symbol: market.symbol,
        close: market.price(ticker.last),
        open: market.price(ticker.open),
        high: market.price(ticker.high),
        low: market.price(ticker.low),
        volume: market.quantity(ticker.lots),
        quote_volume: show::money(ticker.quote),
    }
}

/// What happened within a day.
pub(super) fn ticker(ticker: &Ticker, market: &Market, now: u64) -> TickerEvent {
    TickerEvent {
        event_time: now,
        symbol: market.symbol,
        price_change: market.price(ticker.last.minus(ticker.open)),
        price_change_percent: percent(ticker),
        weighted_average_price: market.average(ticker.quote, ticker.lots),
        close: market.price(ticker.last),
        last_quantity: market.quantity(ticker.last_lots),
        open: market.price(ticker.open),
        high: market.price(ticker.high),
        low: market.price(ticker.low),
        volume: market.quantity(ticker.lots),
        quote_volume: show::money(ticker.quote),
        open_time: show::millis(ticker.from),
        close_time: show::millis(ticker.to),
        first_trade_id: ticker.first_trade.number(),
        last_trade_id: ticker.last_trade.number(),
        trades: ticker.trades,
    }
}

/// Mark and funding.
pub(super) fn mark(desk: &Desk, market: &Market, now: u64) -> MarkPriceEvent {
    let told = premium(desk, market, now);
    MarkPriceEvent {
        event_time: now,
        symbol: told.symbol,
        mark_price: told.mark_price,
        index_price: told.index_price,
        estimated_settle_price: told.estimated_settle_price,
        funding_rate: told.last_funding_rate,
        next_funding_time: told.next_funding_time,
    }
}

/// A candle; `closed` says that nothing is added to it any more.
pub(super) fn kline(
    candle: &Candle,
    market: &Market,
    (interval, closed): (Interval, bool),
    now: u64,
) -> KlineEvent {
    let kline = Kline {
        open_time: show::millis(candle.from),
        close_time: last_millisecond(candle.from, interval),
        symbol: market.symbol,
        interval,
        first_trade_id: candle.first.number(),
        last_trade_id: candle.last.number(),
        open: market.price(candle.open),
        close: market.price(candle.close),
        high: market.price(candle.high),
        low: market.price(candle.low),
        volume: market.quantity(candle.lots),
        trades: candle.trades,
        closed,
        quote_volume: show::money(candle.quote),
        taker_buy_volume: market.quantity(candle.taker_lots),
        taker_buy_quote_volume: show::money(candle.taker_quote),
        ignored: "0".to_owned(),
    };
    KlineEvent { event_time: now, symbol: market.symbol, kline }
}

/// A liquidation.
pub(super) fn forced(entry: &TapeEntry, market: &Arc<Market>, now: u64) -> Option<ForceOrderEvent> {
    let Liquidated::Position { side, lots, price, .. } = entry.what else { return None };
    let (price, quantity) = (market.price(price), market.quantity(lots));
    Some(ForceOrderEvent {
        event_time: now,
        order: ForcedOrder {
            symbol: market.symbol,
            side: show::side(side),
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::ImmediateOrCancel,
            original_quantity: quantity,
            price,
            average_price: price,
            status: OrderStatus::Filled,
            last_filled_quantity: quantity,
            filled_quantity: quantity,
            trade_time: show::millis(entry.at),
        },
    })
}
