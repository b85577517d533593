//! What conditional orders are placed, cancelled and asked for with.

use crate::decimal::Decimal;
use crate::failure::{ErrorCode, Failure};
use crate::params::{Limit, parameters};
use crate::text::{ClientOrderId, Symbol};
use crate::words::{
    AlgoType, OrderType, PositionSide, PriceMatch, ResponseType, SelfTradePrevention, Side,
    TimeInForce, WorkingType,
};

parameters! {
    /// A conditional order.
    NewAlgoOrder {
        /// Always `CONDITIONAL`.
        algo_type: AlgoType = "algoType",
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
        /// The worst price, where its order is a limit order.
        price: Option<Decimal> = "price",
        /// The price that it waits for.
        trigger_price: Option<Decimal> = "triggerPrice",
        /// The price that its trigger looks at.
        working_type: Option<WorkingType> = "workingType",
        /// A price of the book to be taken instead.
        price_match: Option<PriceMatch> = "priceMatch",
        /// Whether it closes the whole position.
        close_position: Option<bool> = "closePosition",
        /// Whether it waits while mark and last price are far apart.
        price_protect: Option<bool> = "priceProtect",
        /// Whether it may only reduce.
        reduce_only: Option<bool> = "reduceOnly",
        /// The price at which it begins to follow.
        activate_price: Option<Decimal> = "activatePrice" or "activationPrice",
        /// How far the price has to come back, in hundredths.
        callback_rate: Option<Decimal> = "callbackRate",
        /// The client's own name of it.
        client_algo_id: Option<ClientOrderId> = "clientAlgoId",
        /// How much the answer tells.
        response_type: Option<ResponseType> = "newOrderRespType",
        /// What happens where it meets an order of its own account.
        self_trade_prevention: Option<SelfTradePrevention> = "selfTradePreventionMode",
        /// Until when it rests.
        good_till_date: Option<u64> = "goodTillDate",
    }
}
parameters! {
    /// Which conditional order is meant.
    WhichAlgoOrder {
        /// In which market; it need not be said.
        symbol: Option<Symbol> = "symbol",
        /// Its number.
        algo_id: Option<u64> = "algoId",
        /// Or its client's name of it.
        client_algo_id: Option<ClientOrderId> = "clientAlgoId",
    }
}
parameters! {
    /// The open conditional orders.
    OpenAlgoOrders {
        /// Always `CONDITIONAL`.
        algo_type: Option<AlgoType> = "algoType",
        /// In which market; in all where it is not said.
        symbol: Option<Symbol> = "symbol",
        /// Which one alone.
        algo_id: Option<u64> = "algoId",
    }
}
parameters! {
    /// Open and closed conditional orders.
    AlgoHistory {
        /// In which market.
        symbol: Symbol = "symbol",
        /// From this number on.
        algo_id: Option<u64> = "algoId",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// Which of several pages, from 1 on.
        page: Option<u32> = "page",
        /// How many; 500 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}

impl WhichAlgoOrder {
    /// Whether it says which order is meant. Where both stand there the number counts.
    ///
    /// # Errors
    /// Where neither does.
    pub fn check(&self) -> Result<(), Failure> {
        if self.algo_id.is_none() && self.client_algo_id.is_none() {
            let words = "Param 'clientAlgoId' or 'algoId' must be sent, but both were empty/null!";
            return Err(Failure::said(ErrorCode::MandatoryParameter, words));
        }
        Ok(())
    }
}

impl NewAlgoOrder {
    /// Whether its parts go together, as far as that can be said without the market: each kind has what it has to have.
    ///
    /// # Errors
    /// Where something is missing that its kind wants, or is there that it does not take.
    pub fn check(&self) -> Result<(), Failure> {
        if !self.order_type.is_conditional() {
            return Err(Failure::of(ErrorCode::InvalidOrderType));
        }
        let closes = self.close_position == Some(true);
        match (self.quantity, closes) {
            (None, false) => return Err(Failure::mandatory("quantity")),
            (Some(_), true) => return Err(Failure::of(ErrorCode::QuantityWithClosePosition)),
            (None, true) | (Some(_), false) => {}
        }
        let trails = self.order_type == OrderType::TrailingStopMarket;
        if trails && self.callback_rate.is_none() {
            return Err(Failure::mandatory("callbackRate"));
        }
        if !trails && self.trigger_price.is_none() {
            return Err(Failure::mandatory("triggerPrice"));
        }
        let limited = matches!(self.order_type, OrderType::Stop | OrderType::TakeProfit);
        let price_matched = PriceMatch::asked(self.price_match).is_some();
        if limited && self.price.is_none() && !price_matched {
            return Err(Failure::mandatory("price"));
        }
        if limited && closes {
            let given = [self.order_type.as_str(), "true"];
            return Err(Failure::with(ErrorCode::ClosePositionType, &given));
        }
        Ok(())
    }
}
