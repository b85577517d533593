//! What is answered about orders and trades.

use serde::Deserialize;

use crate::decimal::Decimal;
use crate::failure::Failure;
use crate::json::{ToJson, shapes};
use crate::text::{Asset, ClientOrderId, Symbol};
use crate::words::{
    OrderStatus, OrderType, PositionSide, PriceMatch, SelfTradePrevention, Side, TimeInForce,
    WorkingType,
};

shapes! {
    /// An order.
    Order {
        /// Its number.
        order_id: u64 = "orderId",
        /// In which market.
        symbol: Symbol = "symbol",
        /// Where it stands.
        status: OrderStatus = "status",
        /// The client's name of it, or the one that it was given.
        client_order_id: ClientOrderId = "clientOrderId",
        /// Its price; zero for a market order.
        price: Decimal = "price",
        /// What it traded at on average; zero while nothing has.
        average_price: Decimal = "avgPrice",
        /// How much it was for.
        original_quantity: Decimal = "origQty",
        /// How much of it has traded.
        executed_quantity: Decimal = "executedQty",
        /// How much of the quote that was.
        cumulative_quote: Decimal = "cumQuote",
        /// What becomes of what does not trade at once.
        time_in_force: TimeInForce = "timeInForce",
        /// Of which kind it is.
        order_type: OrderType = "type",
        /// Whether it may only reduce.
        reduce_only: bool = "reduceOnly",
        /// Whether it closes the whole position.
        close_position: bool = "closePosition",
        /// Which way.
        side: Side = "side",
        /// For which position.
        position_side: PositionSide = "positionSide",
        /// The price that it waited for; zero for none.
        stop_price: Decimal = "stopPrice",
        /// The price that its trigger looked at.
        working_type: WorkingType = "workingType",
        /// Whether it waited while mark and last price were far apart.
        price_protect: bool = "priceProtect",
        /// Of which kind it was before its trigger fired.
        original_type: OrderType = "origType",
        /// Whether its price was taken from the book.
        price_match: PriceMatch = "priceMatch",
        /// What happens where it meets an order of its own account.
        self_trade_prevention: SelfTradePrevention = "selfTradePreventionMode",
        /// Until when it rests; zero for ever.
        good_till_date: u64 = "goodTillDate",
        /// When it last changed.
        update_time: u64 = "updateTime",
    } ? {
        /// When it came; told where an order is asked for.
        time: u64 = "time",
        /// How much of it has traded, told where it is placed, changed or cancelled.
        cumulative_quantity: Decimal = "cumQty",
        /// The price at which it began to follow.
        activate_price: Decimal = "activatePrice",
        /// How far the price has to come back, in hundredths.
        price_rate: Decimal = "priceRate",
        /// The pair, told where it was changed.
        pair: Symbol = "pair",
    }

    /// A trade of an account.
    UserTrade {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Its number in its market.
        id: u64 = "id",
        /// Of which order.
        order_id: u64 = "orderId",
        /// Which way.
        side: Side = "side",
        /// At which price.
        price: Decimal = "price",
        /// How much of the base.
        quantity: Decimal = "qty",
        /// The profit that closing a position has made.
        realized_pnl: Decimal = "realizedPnl",
        /// How much of the quote.
        quote_quantity: Decimal = "quoteQty",
        /// The fee; below zero what was got.
        commission: Decimal = "commission",
        /// In which asset.
        commission_asset: Asset = "commissionAsset",
        /// When.
        time: u64 = "time",
        /// For which position.
        position_side: PositionSide = "positionSide",
        /// Whether the account's order bought.
        buyer: bool = "buyer",
        /// Whether the account's order rested.
        maker: bool = "maker",
    }

    /// A change of an order.
    Amendment {
        /// Its number.
        amendment_id: u64 = "amendmentId",
        /// In which market.
        symbol: Symbol = "symbol",
        /// The pair.
        pair: Symbol = "pair",
        /// Of which order.
        order_id: u64 = "orderId",
        /// The client's name of it.
        client_order_id: ClientOrderId = "clientOrderId",
        /// When.
        time: u64 = "time",
        /// What has changed.
        amendment: Amended = "amendment",
    }

    /// What a change of an order has changed.
    Amended {
        /// The price.
        price: BeforeAfter = "price",
        /// How much it is for.
        original_quantity: BeforeAfter = "origQty",
        /// How many changes of the order there are with it.
        count: u32 = "count",
    }

    /// Something that has changed.
    BeforeAfter {
        /// What it was.
        before: Decimal = "before",
        /// What it is.
        after: Decimal = "after",
    }

    /// That something was done.
    Done {
        /// 200.
        code: u32 = "code",
        /// What.
        message: String = "msg",
    }

    /// That all orders of a market will be cancelled.
    CountdownSet {
        /// In which market.
        symbol: Symbol = "symbol",
        /// After how many milliseconds; zero never.
        countdown: Decimal = "countdownTime",
    }
}

impl Done {
    /// That all open orders were cancelled.
    #[must_use]
    pub fn cancelled_all() -> Self {
        Self { code: 200, message: "The operation of cancel all open order is done.".to_owned() }
    }

    /// That a setting was made.
    #[must_use]
    pub fn success() -> Self {
        Self { code: 200, message: "success".to_owned() }
    }
}

/// What became of one of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each<T> {
    /// It was done.
    Done(T),
    /// It was refused.
    Refused(Failure),
}

impl<T: ToJson> ToJson for Each<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Done(done) => done.write(out),
            Self::Refused(failure) => failure.write(out),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Each<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Refused {
            code: i32,
            msg: String,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Refused(Refused),
            Done(T),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Refused(Refused { code, msg }) => {
                Self::Refused(Failure { code, message: msg.into(), status: 400 })
            }
            Either::Done(done) => Self::Done(done),
        })
    }
}
