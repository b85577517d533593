//! From a client's order to the core's.

use units::Ratio;
use venue_core::{
    AccountId, Lifetime, Lots, PlaceOrder, PositionSide, SelfTrade, Side, Ticks, Trigger,
    TriggerCondition, TriggerPrice,
};
use wire_binance::{
    Decimal, ErrorCode, Failure, NewAlgoOrder, NewOrder, OrderType, PriceMatch,
    SelfTradePrevention, TimeInForce, WorkingType,
};

use crate::front::at_ms;
use crate::front::market::Market;

/// What both kinds of requests say of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    side: wire_binance::Side,
    position: Option<wire_binance::PositionSide>,
    kind: OrderType,
    time_in_force: Option<TimeInForce>,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
    /// A price of the book that is to be taken instead.
    pub price_match: Option<PriceMatch>,
    trigger_price: Option<Decimal>,
    working: Option<WorkingType>,
    close_position: bool,
    reduce_only: bool,
    activation: Option<Decimal>,
    callback: Option<Decimal>,
    self_trade: Option<SelfTradePrevention>,
    good_till: Option<u64>,
}

impl From<&NewOrder> for Wanted {
    fn from(order: &NewOrder) -> Self {
        Self {
            side: order.side,
            position: order.position_side,
            kind: order.order_type,
            time_in_force: order.time_in_force,
            quantity: order.quantity,
            price: order.price,
            price_match: PriceMatch::asked(order.price_match),
            trigger_price: order.stop_price,
            working: order.working_type,
            close_position: order.close_position == Some(true),
            reduce_only: order.reduce_only == Some(true),
            activation: order.activation_price,
            callback: order.callback_rate,
            self_trade: order.self_trade_prevention,
            good_till: order.good_till_date,
        }
    }
}

impl From<&NewAlgoOrder> for Wanted {
    fn from(order: &NewAlgoOrder) -> Self {
        Self {
            side: order.side,
            position: order.position_side,
            kind: order.order_type,
            time_in_force: order.time_in_force,
            quantity: order.quantity,
            price: order.price,
            price_match: PriceMatch::asked(order.price_match),
            trigger_price: order.trigger_price,
            working: order.working_type,
            close_position: order.close_position == Some(true),
            reduce_only: order.reduce_only == Some(true),
            activation: order.activate_price,
            callback: order.callback_rate,
            self_trade: order.self_trade_prevention,
            good_till: order.good_till_date,
        }
    }
}

/// The core's side of a client's.
pub(crate) const fn side(side: wire_binance::Side) -> Side {
    match side {
        wire_binance::Side::Buy => Side::Buy,
        wire_binance::Side::Sell => Side::Sell,
    }
}

/// The core's position of a client's; the only one where nothing is said.
pub(crate) fn position(position: Option<wire_binance::PositionSide>) -> PositionSide {
    match position {
        None | Some(wire_binance::PositionSide::Both) => PositionSide::Both,
        Some(wire_binance::PositionSide::Long) => PositionSide::Long,
        Some(wire_binance::PositionSide::Short) => PositionSide::Short,
    }
}

impl Wanted {
    /// Which way.
    pub(crate) const fn side(&self) -> wire_binance::Side {
        self.side
    }

    /// The order for the core. `matched` is the price of the book that it takes, where it asks for one.
    ///
    /// # Errors
    /// Where a number does not fit the market, or the parts do not go together.
    pub(crate) fn order(
        &self,
        account: AccountId,
        market: &Market,
        matched: Option<Ticks>,
    ) -> Result<PlaceOrder, Failure> {
        let lots = match self.quantity {
            Some(quantity) if !self.close_position => market.lots(quantity)?,
            Some(_) => return Err(Failure::of(ErrorCode::QuantityWithClosePosition)),
            None if self.close_position => Lots::ZERO,
            None => return Err(Failure::mandatory("quantity")),
        };
        let limited =
            matches!(self.kind, OrderType::Limit | OrderType::Stop | OrderType::TakeProfit);
        let limit = match (limited, matched, self.price) {
            (false, _, _) => None,
            (true, Some(matched), _) => Some(matched),
            (true, None, Some(price)) => Some(market.ticks(price)?),
            (true, None, None) => return Err(Failure::mandatory("price")),
        };
        Ok(PlaceOrder {
            account,
            market: market.id,
            side: side(self.side),
            position: position(self.position),
            limit,
            lots,
            lifetime: self.lifetime(limited)?,
            reduce_only: self.reduce_only || self.close_position,
            self_trade: self_trade(self.self_trade),
            trigger: self.trigger(market)?,
            tag: 0,
        })
    }

    fn lifetime(&self, limited: bool) -> Result<Lifetime, Failure> {
        if !limited {
            return Ok(Lifetime::ImmediateOrCancel);
        }
        Ok(match self.time_in_force.unwrap_or(TimeInForce::GoodTillCancelled) {
            TimeInForce::GoodTillCancelled => Lifetime::GoodTillCancelled,
            TimeInForce::ImmediateOrCancel => Lifetime::ImmediateOrCancel,
            TimeInForce::FillOrKill => Lifetime::FillOrKill,
            TimeInForce::PostOnly => Lifetime::PostOnly,
            TimeInForce::GoodTillDate => {
                let date = self.good_till.ok_or_else(|| Failure::mandatory("goodTillDate"))?;
                Lifetime::GoodTill(at_ms(date))
            }
        })
    }

    fn trigger(&self, market: &Market) -> Result<Option<Trigger>, Failure> {
        let at = || match self.trigger_price {
            Some(price) => market.ticks(price),
            None => Err(Failure::mandatory("stopPrice")),
        };
        let condition = match self.kind {
            OrderType::Limit | OrderType::Market => return Ok(None),
            OrderType::Stop | OrderType::StopMarket => TriggerCondition::Stop(at()?),
            OrderType::TakeProfit | OrderType::TakeProfitMarket => {
                TriggerCondition::TakeProfit(at()?)
            }
            OrderType::TrailingStopMarket => {
                let rate = self.callback.ok_or_else(|| Failure::mandatory("callbackRate"))?;
                let from = self.activation.map(|price| market.ticks(price)).transpose();
                let from = from.map_err(|_| Failure::of(ErrorCode::InvalidActivationPrice))?;
                TriggerCondition::Trailing { callback: callback(rate)?, from }
            }
            OrderType::Liquidation => return Err(Failure::of(ErrorCode::InvalidOrderType)),
        };
        let by = match self.working {
            Some(WorkingType::MarkPrice) => TriggerPrice::Mark,
            Some(WorkingType::ContractPrice) | None => TriggerPrice::Last,
        };
        Ok(Some(Trigger { condition, by, close_position: self.close_position }))
    }
}

/// A call-back in hundredths, as a part.
fn callback(hundredths: Decimal) -> Result<Ratio, Failure> {
    let part = Ratio::from_raw(hundredths.raw().checked_div(100).unwrap_or(0));
    // Binance takes a tenth of a per cent to ten.
    if part < Ratio::from_bps(10) || part > Ratio::from_bps(1_000) {
        return Err(Failure::with(ErrorCode::InvalidParameter, &["callbackRate"]));
    }
    Ok(part)
}

fn self_trade(prevention: Option<SelfTradePrevention>) -> SelfTrade {
    match prevention {
        None | Some(SelfTradePrevention::None) => SelfTrade::Allow,
        Some(SelfTradePrevention::ExpireTaker) => SelfTrade::CancelTaker,
        Some(SelfTradePrevention::ExpireMaker) => SelfTrade::CancelMaker,
        Some(SelfTradePrevention::ExpireBoth) => SelfTrade::CancelBoth,
    }
}

#[cfg(test)]
mod tests {
    use units::Timestamp;
    use wire_binance::{Endpoint, Params, Request};

    use super::*;
    use crate::front::market::testing::bitcoin;

    fn read(query: &str) -> Result<PlaceOrder, Failure> {
        let params = Params::read(query.as_bytes(), b"")?;
        let request = Request::read(Endpoint::PlaceOrder, &params)?;
        let order = if let Request::PlaceOrder(order) = request { Some(order) } else { None };
        let order = order.ok_or_else(|| Failure::of(ErrorCode::Unknown))?;
        order.check()?;
        Wanted::from(&*order).order(AccountId::new(3), &bitcoin(), None)
    }

    fn placed(query: &str) -> Result<PlaceOrder, i32> {
        read(query).map_err(|failure| failure.code)
    }

    #[test]
    fn each_kind_of_order_becomes_what_it_means() {
        // An order that becomes another one trades what nobody has asked for.
        let limit =
            placed("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.01&price=70000")
                .expect("a limit order");
        assert_eq!(
            (limit.side, limit.lots, limit.limit),
            (Side::Sell, Lots::new(10), Some(Ticks::new(700_000)))
        );
        assert_eq!(
            (limit.lifetime, limit.reduce_only, limit.trigger),
            (Lifetime::PostOnly, false, None)
        );
        let market = placed("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.002&reduceOnly=true")
            .expect("a market order");
        assert_eq!(
            (market.limit, market.lifetime, market.reduce_only),
            (None, Lifetime::ImmediateOrCancel, true)
        );
        let stop = placed("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&stopPrice=60000&closePosition=true&workingType=MARK_PRICE").expect("a stop");
        let trigger = stop.trigger.expect("a trigger");
        assert_eq!(
            (trigger.condition, trigger.by),
            (TriggerCondition::Stop(Ticks::new(600_000)), TriggerPrice::Mark)
        );
        assert!(trigger.close_position && stop.lots == Lots::ZERO && stop.reduce_only);
        let profit = placed("symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT&stopPrice=80000&price=79000&quantity=1&timeInForce=GTC").expect("a take-profit");
        assert_eq!(profit.limit, Some(Ticks::new(790_000)));
        assert!(matches!(
            profit.trigger.map(|trigger| trigger.condition),
            Some(TriggerCondition::TakeProfit(_))
        ));
        let trailing = placed(
            "symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=1.5",
        )
        .expect("a trailing stop");
        let condition = TriggerCondition::Trailing { callback: Ratio::from_bps(150), from: None };
        assert_eq!(trailing.trigger.map(|trigger| trigger.condition), Some(condition));
        let dated = placed("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTD&goodTillDate=1700000000000&quantity=1&price=1").expect("a dated order");
        assert_eq!(
            dated.lifetime,
            Lifetime::GoodTill(Timestamp::from_nanos(1_700_000_000_000_000_000))
        );
    }

    #[test]
    fn parts_that_do_not_go_together_are_refused() {
        for (query, code) in [
            ("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01&price=0.11", -1111),
            ("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.0001&price=1", -1111),
            ("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0&price=1", -4003),
            ("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1", -1102),
            (
                "symbol=BTCUSDT&side=SELL&type=STOP_MARKET&stopPrice=1&quantity=1&closePosition=true",
                -4137,
            ),
            (
                "symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=20",
                -1130,
            ),
            ("symbol=BTCUSDT&side=SELL&type=LIQUIDATION&quantity=1", -1116),
        ] {
            assert_eq!(placed(query).map(|_| ()), Err(code), "{query}");
        }
    }
}
