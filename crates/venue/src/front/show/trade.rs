//! Trades.

use venue_core::Side;
use venue_views::{Aggregate, PublicTrade, UserTrade};
use wire_binance::answer as told;

use super::{millis, money, position, side};
use crate::front::market::Market;

/// A trade, as everybody sees it.
pub(crate) fn public(trade: &PublicTrade, market: &Market) -> told::PublicTrade {
    told::PublicTrade {
        id: trade.trade.number(),
        price: market.price(trade.price),
        quantity: market.quantity(trade.lots),
        quote_quantity: money(market.worth(trade.lots, trade.price)),
        time: millis(trade.at),
        buyer_is_maker: trade.taker_side == Side::Sell,
    }
}

/// Trades of one order at one price.
pub(crate) fn aggregate(trades: &Aggregate, market: &Market) -> told::AggTrade {
    told::AggTrade {
        id: trades.number,
        price: market.price(trades.price),
        quantity: market.quantity(trades.lots),
        first_id: trades.first.number(),
        last_id: trades.last.number(),
        time: millis(trades.at),
        buyer_is_maker: trades.taker_side == Side::Sell,
    }
}

/// A side of a trade, as its account sees it.
pub(crate) fn own(trade: &UserTrade, market: &Market, settlement: &str) -> told::UserTrade {
    told::UserTrade {
        symbol: market.symbol,
        id: trade.trade.number(),
        order_id: trade.order.number(),
        side: side(trade.side),
        price: market.price(trade.price),
        quantity: market.quantity(trade.lots),
        realized_pnl: money(trade.realised),
        quote_quantity: money(trade.quote),
        commission: money(trade.fee),
        commission_asset: super::asset(settlement),
        time: millis(trade.at),
        position_side: position(trade.position),
        buyer: trade.side == Side::Buy,
        maker: trade.maker,
    }
}
