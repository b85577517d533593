//! What is answered about conditional orders.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::decimal::Decimal;
use crate::json::{ToJson, shapes};
use crate::text::{ClientOrderId, Symbol};
use crate::words::{
    AlgoStatus, AlgoType, OrderType, PositionSide, PriceMatch, SelfTradePrevention, Side,
    TimeInForce, WorkingType,
};

shapes! {
    /// A conditional order.
    AlgoOrder {
        /// Its number.
        algo_id: u64 = "algoId",
        /// The client's name of it, or the one that it was given.
        client_algo_id: ClientOrderId = "clientAlgoId",
        /// Always `CONDITIONAL`.
        algo_type: AlgoType = "algoType",
        /// Of which kind it is.
        order_type: OrderType = "orderType",
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which way.
        side: Side = "side",
        /// For which position.
        position_side: PositionSide = "positionSide",
        /// What becomes of what does not trade at once.
        time_in_force: TimeInForce = "timeInForce",
        /// How much it is for.
        quantity: Decimal = "quantity",
        /// Where it stands.
        algo_status: AlgoStatus = "algoStatus",
        /// The price that it waits for; zero for one that follows.
        trigger_price: Decimal = "triggerPrice",
        /// The worst price; zero for a market order.
        price: Decimal = "price",
        /// Never.
        iceberg_quantity: Option<Decimal> = "icebergQuantity",
        /// What happens where its order meets one of its own account.
        self_trade_prevention: SelfTradePrevention = "selfTradePreventionMode",
        /// The price that its trigger looks at.
        working_type: WorkingType = "workingType",
        /// Whether its price is taken from the book.
        price_match: PriceMatch = "priceMatch",
        /// Whether it closes the whole position.
        close_position: bool = "closePosition",
        /// Whether it waits while mark and last price are far apart.
        price_protect: bool = "priceProtect",
        /// Whether it may only reduce.
        reduce_only: bool = "reduceOnly",
        /// The price at which it begins to follow; empty for none.
        activate_price: MaybeDecimal = "activatePrice",
        /// How far the price has to come back, in hundredths; empty for none.
        callback_rate: MaybeDecimal = "callbackRate",
        /// When it came.
        create_time: u64 = "createTime",
        /// When it last changed.
        update_time: u64 = "updateTime",
        /// When it fired; zero while it waits.
        trigger_time: u64 = "triggerTime",
        /// Until when it rests; zero for ever.
        good_till_date: u64 = "goodTillDate",
    } ? {
        /// The number of the order that it has become, as a text; empty for none.
        actual_order_id: String = "actualOrderId",
        /// What that order traded at on average.
        actual_price: Decimal = "actualPrice",
    }

    /// That a conditional order was cancelled.
    AlgoCancelled {
        /// Its number.
        algo_id: u64 = "algoId",
        /// The client's name of it.
        client_algo_id: ClientOrderId = "clientAlgoId",
        /// 200, as a text.
        code: String = "code",
        /// That it was done.
        message: String = "msg",
    }
}

impl AlgoCancelled {
    /// That it was.
    #[must_use]
    pub fn new(algo_id: u64, client_algo_id: ClientOrderId) -> Self {
        let (code, message) = ("200".to_owned(), "success".to_owned());
        Self { algo_id, client_algo_id, code, message }
    }
}

/// A number that may be missing: then its text is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaybeDecimal(pub Option<Decimal>);

impl ToJson for MaybeDecimal {
    fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Some(number) => ToJson::write(number, out),
            None => out.extend_from_slice(b"\"\""),
        }
    }
}

impl<'de> Deserialize<'de> for MaybeDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(Self(None));
        }
        Decimal::parse(&text).map(|number| Self(Some(number))).map_err(D::Error::custom)
    }
}
