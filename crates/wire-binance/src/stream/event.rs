//! What is told of markets.

use crate::answer::Level;
use crate::decimal::Decimal;
use crate::json::shapes;
use crate::text::Symbol;
use crate::words::{Interval, OrderStatus, OrderType, Side, TimeInForce};

shapes! {
    /// What has changed in a book; of a partial one its best levels.
    DepthUpdate @ "depthUpdate" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
        /// In which market.
        symbol: Symbol = "s",
        /// The number of the first change.
        first_update_id: u64 = "U",
        /// The number of the last change.
        last_update_id: u64 = "u",
        /// The number of the last change that was told before.
        previous_update_id: u64 = "pu",
        /// Levels that are different now; a quantity of zero takes one away.
        bids: Vec<Level> = "b",
        /// The same of the asks.
        asks: Vec<Level> = "a",
    }

    /// A trade.
    TradeEvent @ "trade" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        trade_time: u64 = "T",
        /// In which market.
        symbol: Symbol = "s",
        /// Its number there.
        trade_id: u64 = "t",
        /// At which price.
        price: Decimal = "p",
        /// How much of the base.
        quantity: Decimal = "q",
        /// Who has traded, such as `MARKET`, `INSURANCE_FUND` or `ADL`.
        kind: String = "X",
        /// Whether the buyer's order rested.
        buyer_is_maker: bool = "m",
    }

    /// Trades of one order at one price.
    AggTradeEvent @ "aggTrade" {
        /// When they were told.
        event_time: u64 = "E",
        /// In which market.
        symbol: Symbol = "s",
        /// Their number there.
        aggregate_id: u64 = "a",
        /// At which price.
        price: Decimal = "p",
        /// How much of the base.
        quantity: Decimal = "q",
        /// The number of the first of them.
        first_trade_id: u64 = "f",
        /// The number of the last of them.
        last_trade_id: u64 = "l",
        /// When they happened.
        trade_time: u64 = "T",
        /// Whether the buyer's order rested.
        buyer_is_maker: bool = "m",
    }

    /// The most important of what happened within a day.
    MiniTickerEvent @ "24hrMiniTicker" {
        /// When it was told.
        event_time: u64 = "E",
        /// In which market.
        symbol: Symbol = "s",
        /// The latest price.
        close: Decimal = "c",
        /// The first price.
        open: Decimal = "o",
        /// The highest.
        high: Decimal = "h",
        /// The lowest.
        low: Decimal = "l",
        /// How much of the base was traded.
        volume: Decimal = "v",
        /// How much of the quote was traded.
        quote_volume: Decimal = "q",
    }

    /// What happened within a day.
    TickerEvent @ "24hrTicker" {
        /// When it was told.
        event_time: u64 = "E",
        /// In which market.
        symbol: Symbol = "s",
        /// By how much the price has changed.
        price_change: Decimal = "p",
        /// The same in hundredths of the first price.
        price_change_percent: Decimal = "P",
        /// What a unit of the base cost on average.
        weighted_average_price: Decimal = "w",
        /// The latest price.
        close: Decimal = "c",
        /// The quantity of the latest trade.
        last_quantity: Decimal = "Q",
        /// The first price.
        open: Decimal = "o",
        /// The highest.
        high: Decimal = "h",
        /// The lowest.
        low: Decimal = "l",
        /// How much of the base was traded.
        volume: Decimal = "v",
        /// How much of the quote was traded.
        quote_volume: Decimal = "q",
        /// When the day began.
        open_time: u64 = "O",
        /// When it ended: now.
        close_time: u64 = "C",
        /// The number of its first trade.
        first_trade_id: u64 = "F",
        /// The number of its last trade.
        last_trade_id: u64 = "L",
        /// How many trades.
        trades: u64 = "n",
    }

    /// The best bid and ask.
    BookTickerEvent @ "bookTicker" {
        /// The number of the book's last change.
        update_id: u64 = "u",
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
        /// In which market.
        symbol: Symbol = "s",
        /// The best bid; zero where there is none.
        bid: Decimal = "b",
        /// How much of the base is bid for at it.
        bid_quantity: Decimal = "B",
        /// The best ask; zero where there is none.
        ask: Decimal = "a",
        /// How much of the base is asked for at it.
        ask_quantity: Decimal = "A",
    }

    /// Mark and funding.
    MarkPriceEvent @ "markPriceUpdate" {
        /// When it was told.
        event_time: u64 = "E",
        /// In which market.
        symbol: Symbol = "s",
        /// The mark.
        mark_price: Decimal = "p",
        /// The index.
        index_price: Decimal = "i",
        /// What the contract would be settled at now.
        estimated_settle_price: Decimal = "P",
        /// The rate of funding.
        funding_rate: Decimal = "r",
        /// When funding is charged next.
        next_funding_time: u64 = "T",
    }

    /// A candle.
    KlineEvent @ "kline" {
        /// When it was told.
        event_time: u64 = "E",
        /// In which market.
        symbol: Symbol = "s",
        /// The candle.
        kline: Kline = "k",
    }

    /// A candle as it is told.
    Kline {
        /// When it began.
        open_time: u64 = "t",
        /// Its last millisecond.
        close_time: u64 = "T",
        /// In which market.
        symbol: Symbol = "s",
        /// How long it is.
        interval: Interval = "i",
        /// The number of its first trade.
        first_trade_id: u64 = "f",
        /// The number of its last trade.
        last_trade_id: u64 = "L",
        /// The first price.
        open: Decimal = "o",
        /// The last.
        close: Decimal = "c",
        /// The highest.
        high: Decimal = "h",
        /// The lowest.
        low: Decimal = "l",
        /// How much of the base was traded.
        volume: Decimal = "v",
        /// How many trades.
        trades: u64 = "n",
        /// Whether nothing is added to it any more.
        closed: bool = "x",
        /// How much of the quote was traded.
        quote_volume: Decimal = "q",
        /// How much of the base takers bought.
        taker_buy_volume: Decimal = "V",
        /// How much of the quote takers bought for.
        taker_buy_quote_volume: Decimal = "Q",
        /// What it is nobody says.
        ignored: String = "B",
    }

    /// A liquidation.
    ForceOrderEvent @ "forceOrder" {
        /// When it was told.
        event_time: u64 = "E",
        /// The order that closed the position.
        order: ForcedOrder = "o",
    }

    /// An order that closed somebody's position.
    ForcedOrder {
        /// In which market.
        symbol: Symbol = "s",
        /// Which way.
        side: Side = "S",
        /// Always a limit order.
        order_type: OrderType = "o",
        /// Always immediate or cancelled.
        time_in_force: TimeInForce = "f",
        /// How much it was for.
        original_quantity: Decimal = "q",
        /// Its price.
        price: Decimal = "p",
        /// What it traded at on average.
        average_price: Decimal = "ap",
        /// Where it stands.
        status: OrderStatus = "X",
        /// How much has traded at last.
        last_filled_quantity: Decimal = "l",
        /// How much of it has traded.
        filled_quantity: Decimal = "z",
        /// When.
        trade_time: u64 = "T",
    }
}
