//! What orders are placed, changed, cancelled and asked for with.

use crate::decimal::Decimal;
use crate::failure::{ErrorCode, Failure};
use crate::params::{ClientIds, Limit, OrderIds, parameters};
use crate::text::{ClientOrderId, Symbol};
use crate::words::{
    OrderType, PositionSide, PriceMatch, ResponseType, SelfTradePrevention, Side, TimeInForce,
    WorkingType,
};

parameters! {
    /// An order.
    NewOrder {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which way.
        side: Side = "side",
        /// For which position; the only one where it is not said.
        position_side: Option<PositionSide> = "positionSide",
        /// Of which kind.
        order_type: OrderType = "type",
        /// What becomes of what does not trade at once.
        time_in_force: Option<TimeInForce> = "timeInForce",
        /// How much, in units of the base.
        quantity: Option<Decimal> = "quantity",
        /// Whether it may only reduce.
        reduce_only: Option<bool> = "reduceOnly",
        /// The worst price.
        price: Option<Decimal> = "price",
        /// The client's own name of it.
        client_order_id: Option<ClientOrderId> = "newClientOrderId",
        /// The price that it waits for.
        stop_price: Option<Decimal> = "stopPrice",
        /// Whether it closes the whole position.
        close_position: Option<bool> = "closePosition",
        /// The price at which it begins to follow.
        activation_price: Option<Decimal> = "activationPrice",
        /// How far the price has to come back, in hundredths.
        callback_rate: Option<Decimal> = "callbackRate",
        /// The price that its trigger looks at.
        working_type: Option<WorkingType> = "workingType",
        /// Whether it waits while mark and last price are far apart.
        price_protect: Option<bool> = "priceProtect",
        /// How much the answer tells.
        response_type: Option<ResponseType> = "newOrderRespType",
        /// A price of the book to be taken instead.
        price_match: Option<PriceMatch> = "priceMatch",
        /// What happens where it meets an order of its own account.
        self_trade_prevention: Option<SelfTradePrevention> = "selfTradePreventionMode",
        /// Until when it rests.
        good_till_date: Option<u64> = "goodTillDate",
    }
}
parameters! {
    /// A change of an order.
    ChangedOrder {
        /// In which market.
        symbol: Symbol = "symbol",
        /// The order's number.
        order_id: Option<u64> = "orderId",
        /// Or its client's name of it.
        client_order_id: Option<ClientOrderId> = "origClientOrderId",
        /// The order's side, which does not change.
        side: Side = "side",
        /// How much it is from now on, what has traded included.
        quantity: Decimal = "quantity",
        /// Its price from now on.
        price: Option<Decimal> = "price",
        /// A price of the book to be taken instead.
        price_match: Option<PriceMatch> = "priceMatch",
        /// How much the answer tells.
        response_type: Option<ResponseType> = "newOrderRespType",
    }
}
parameters! {
    /// Which order is meant.
    WhichOrder {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Its number.
        order_id: Option<u64> = "orderId",
        /// Or its client's name of it.
        client_order_id: Option<ClientOrderId> = "origClientOrderId",
    }
}
parameters! {
    /// Which orders are meant, ten at most.
    WhichOrders {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Their numbers.
        order_ids: Option<OrderIds> = "orderIdList" or "orderidlist",
        /// Or their clients' names of them.
        client_order_ids: Option<ClientIds> = "origClientOrderIdList" or "origclientorderidlist",
    }
}
parameters! {
    /// A cancel of all orders after a time.
    Countdown {
        /// In which market.
        symbol: Symbol = "symbol",
        /// After how many milliseconds; none stops the clock.
        countdown: u64 = "countdownTime",
    }
}
parameters! {
    /// Open and closed orders.
    OrderHistory {
        /// In which market.
        symbol: Symbol = "symbol",
        /// From this number on.
        order_id: Option<u64> = "orderId",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}
parameters! {
    /// An account's trades.
    TradeHistory {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Of which order.
        order_id: Option<u64> = "orderId",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// From this number on.
        from: Option<u64> = "fromId",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}
parameters! {
    /// How an order was changed.
    Amendments {
        /// In which market.
        symbol: Symbol = "symbol",
        /// The order's number.
        order_id: Option<u64> = "orderId",
        /// Or its client's name of it.
        client_order_id: Option<ClientOrderId> = "origClientOrderId",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 50 where it is not said.
        limit: Option<Limit<100>> = "limit",
    }
}

/// Whether a number or a name says which order is meant.
fn says_which(number: Option<u64>, name: Option<ClientOrderId>) -> Result<(), Failure> {
    if number.is_none() && name.is_none() {
        let words =
            "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!";
        return Err(Failure::said(ErrorCode::MandatoryParameter, words));
    }
    Ok(())
}

impl WhichOrder {
    /// Whether it says which order is meant. Where both stand there the number counts.
    ///
    /// # Errors
    /// Where neither does.
    pub fn check(&self) -> Result<(), Failure> {
        says_which(self.order_id, self.client_order_id)
    }
}

impl ChangedOrder {
    /// Whether it says which order is meant. Where both stand there the number counts.
    ///
    /// # Errors
    /// Where neither does.
    pub fn check(&self) -> Result<(), Failure> {
        says_which(self.order_id, self.client_order_id)
    }
}

impl NewOrder {
    /// An order of a kind, with nothing that it need not have.
    #[must_use]
    pub const fn new(symbol: Symbol, side: Side, order_type: OrderType, quantity: Decimal) -> Self {
        Self {
            symbol,
            side,
            position_side: None,
            order_type,
            time_in_force: None,
            quantity: Some(quantity),
            reduce_only: None,
            price: None,
            client_order_id: None,
            stop_price: None,
            close_position: None,
            activation_price: None,
            callback_rate: None,
            working_type: None,
            price_protect: None,
            response_type: None,
            price_match: None,
            self_trade_prevention: None,
            good_till_date: None,
        }
    }

    /// A limit order that rests until it is cancelled.
    #[must_use]
    pub const fn limit(symbol: Symbol, side: Side, quantity: Decimal, price: Decimal) -> Self {
        let mut order = Self::new(symbol, side, OrderType::Limit, quantity);
        order.price = Some(price);
        order.time_in_force = Some(TimeInForce::GoodTillCancelled);
        order
    }

    /// A market order.
    #[must_use]
    pub const fn market(symbol: Symbol, side: Side, quantity: Decimal) -> Self {
        Self::new(symbol, side, OrderType::Market, quantity)
    }

    /// Whether its parts go together, as far as that can be said without the market: each kind has what it has to have.
    ///
    /// # Errors
    /// Where something is missing that its kind wants, or is there that it does not take.
    pub fn check(&self) -> Result<(), Failure> {
        let closes = self.close_position == Some(true);
        if self.quantity.is_none() && !closes {
            return Err(Failure::mandatory("quantity"));
        }
        let price_matched = PriceMatch::asked(self.price_match).is_some();
        match self.order_type {
            OrderType::Limit | OrderType::Stop | OrderType::TakeProfit => {
                if self.price.is_none() && !price_matched {
                    return Err(Failure::mandatory("price"));
                }
            }
            OrderType::Market | OrderType::StopMarket | OrderType::TakeProfitMarket => {}
            OrderType::TrailingStopMarket => {
                if self.callback_rate.is_none() {
                    return Err(Failure::mandatory("callbackRate"));
                }
            }
            OrderType::Liquidation => return Err(Failure::of(ErrorCode::InvalidOrderType)),
        }
        if self.order_type == OrderType::Limit && self.time_in_force.is_none() {
            return Err(Failure::mandatory("timeInForce"));
        }
        if self.order_type == OrderType::Market {
            return self.check_market();
        }
        if self.price.is_some() && price_matched {
            return Err(Failure::with(ErrorCode::ParameterNotRequired, &["price"]));
        }
        self.check_lifetime()
    }

    fn check_market(&self) -> Result<(), Failure> {
        if self.price.is_some() {
            return Err(Failure::with(ErrorCode::ParameterNotRequired, &["price"]));
        }
        if PriceMatch::asked(self.price_match).is_some() {
            return Err(Failure::of(ErrorCode::PriceMatchType));
        }
        if self.time_in_force.is_some() {
            return Err(Failure::with(ErrorCode::ParameterNotRequired, &["timeInForce"]));
        }
        if self.close_position == Some(true) {
            return Err(Failure::with(ErrorCode::ClosePositionType, &["MARKET", "true"]));
        }
        Ok(())
    }

    fn check_lifetime(&self) -> Result<(), Failure> {
        match (self.time_in_force, self.good_till_date) {
            (Some(TimeInForce::GoodTillDate), None) => Err(Failure::mandatory("goodTillDate")),
            _ => Ok(()),
        }
    }
}
