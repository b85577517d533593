//! The codes of errors, with their words and HTTP statuses, from Binance's public list of error codes for USDⓈ-M
//! futures. What that list says twice is here once; the words of filters are those that its API answers with.

/// The codes.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $status:literal, $template:literal $(, general $general:literal)?;)+) => {
        /// An error of Binance's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)+
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its number, below zero.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$name => $number,)+
                }
            }

            /// The status of the HTTP answer that it is told in.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }

            /// Its words; each `%s` is a place for something.
            #[must_use]
            pub const fn template(self) -> &'static str {
                match self {
                    $(Self::$name => $template,)+
                }
            }

            /// Its words without places.
            #[must_use]
            pub const fn general(self) -> &'static str {
                match self {
                    $(Self::$name => codes!(@general $template $(, $general)?),)+
                }
            }

            /// The error of a number.
            #[must_use]
            pub const fn of(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
    (@general $template:literal) => { $template };
    (@general $template:literal, $general:literal) => { $general };
}

codes! {
    /// Something went wrong; nobody knows what became of the request.
    Unknown = -1000, 500, "An unknown error occurred while processing the request.";
    /// The request was not done.
    Disconnected = -1001, 503, "Internal error; unable to process your request. Please try again.";
    /// The key may not do this.
    Unauthorized = -1002, 401, "You are not authorized to execute this request.";
    /// Too much was asked in a time.
    TooManyRequests = -1003, 429, "Too many requests; current limit is %s requests per minute. Please use the websocket for live updates to avoid polling the API.", general "Too many requests queued.";
    /// An answer from behind made no sense; nobody knows what became of the request.
    UnexpectedResponse = -1006, 500, "An unexpected response was received from the message bus. Execution status unknown.";
    /// No answer came in time; nobody knows what became of the request.
    Timeout = -1007, 408, "Timeout waiting for response from backend server. Send status unknown; execution status unknown.";
    /// There is more to do than can be done; the request was not done.
    Throttled = -1008, 503, "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again.";
    /// The address may not use this key.
    NonWhiteList = -1011, 403, "This IP cannot access this route.";
    /// The message makes no sense.
    InvalidMessage = -1013, 400, "INVALID_MESSAGE.";
    /// The order's parts do not go together.
    UnknownOrderComposition = -1014, 400, "Unsupported order combination.";
    /// Too many orders in a time.
    TooManyOrders = -1015, 429, "Too many new orders; current limit is %s orders per %s.", general "Too many new orders.";
    /// The service ends.
    ShuttingDown = -1016, 503, "This service is no longer available.";
    /// Not done here.
    UnsupportedOperation = -1020, 400, "This operation is not supported.";
    /// The request is too old, or from the future.
    InvalidTimestamp = -1021, 400, "Timestamp for this request is outside of the recvWindow.";
    /// The signature is not that of the request.
    InvalidSignature = -1022, 400, "Signature for this request is not valid.";
    /// The end is before the start.
    StartAfterEnd = -1023, 400, "Start time is greater than end time.";
    /// Signs that do not belong there.
    IllegalCharacters = -1100, 400, "Illegal characters found in parameter '%s'; legal range is '%s'.", general "Illegal characters found in a parameter.";
    /// More parameters than there may be, or one twice.
    TooManyParameters = -1101, 400, "Too many parameters; expected %s and received %s.", general "Too many parameters sent for this endpoint.";
    /// A parameter is missing, or is not what it should be.
    MandatoryParameter = -1102, 400, "Mandatory parameter '%s' was not sent, was empty/null, or malformed.", general "A mandatory parameter was not sent, was empty/null, or malformed.";
    /// Nobody knows the parameter.
    UnknownParameter = -1103, 400, "An unknown parameter was sent.";
    /// There are parameters that nobody reads.
    UnreadParameters = -1104, 400, "Not all sent parameters were read; read %s parameter(s) but was sent %s.", general "Not all sent parameters were read.";
    /// A parameter is empty.
    EmptyParameter = -1105, 400, "Parameter '%s' was empty.", general "A parameter was empty.";
    /// A parameter that does not go with the others.
    ParameterNotRequired = -1106, 400, "Parameter '%s' sent when not required.", general "A parameter was sent when not required.";
    /// There is no such asset.
    BadAsset = -1108, 400, "Invalid asset.";
    /// There is no such account.
    BadAccount = -1109, 400, "Invalid account.";
    /// More digits than there are.
    BadPrecision = -1111, 400, "Precision is over the maximum defined for this asset.";
    /// The book's other side is empty.
    NoDepth = -1112, 400, "No orders on book for symbol.";
    /// A time in force that does not go with the type.
    TimeInForceNotRequired = -1114, 400, "TimeInForce parameter sent when not required.";
    /// No such time in force.
    InvalidTimeInForce = -1115, 400, "Invalid timeInForce.";
    /// No such type.
    InvalidOrderType = -1116, 400, "Invalid orderType.";
    /// No such side.
    InvalidSide = -1117, 400, "Invalid side.";
    /// A client's name of an order is empty.
    EmptyClientOrderId = -1118, 400, "New client order ID was empty.";
    /// The name of the order that is meant is empty.
    EmptyOriginalClientOrderId = -1119, 400, "Original client order ID was empty.";
    /// No such length of a candle.
    BadInterval = -1120, 400, "Invalid interval.";
    /// No such market.
    BadSymbol = -1121, 400, "Invalid symbol.";
    /// The market is not in a state for this.
    InvalidSymbolStatus = -1122, 400, "Invalid symbol status.";
    /// No such stream.
    InvalidListenKey = -1125, 400, "This listenKey does not exist.";
    /// More time between start and end than is looked through.
    MoreThanHours = -1127, 400, "More than %s hours between startTime and endTime.", general "Lookup interval is too big.";
    /// Parameters that exclude each other.
    BadCombination = -1128, 400, "Combination of optional parameters invalid.";
    /// A parameter is not what it should be.
    InvalidParameter = -1130, 400, "Data sent for parameter '%s' is not valid.", general "Invalid data sent for a parameter.";
    /// The window is longer than there may be.
    BadReceiveWindow = -1131, 400, "recvWindow must be less than 60000.";
    /// No such kind of answer.
    InvalidResponseType = -1136, 400, "Invalid newOrderRespType.";
    /// The order was refused.
    NewOrderRejected = -2010, 400, "NEW_ORDER_REJECTED";
    /// There is no such order to cancel.
    CancelRejected = -2011, 400, "Unknown order sent.";
    /// Not all could be cancelled.
    CancelAllFail = -2012, 400, "Batch cancel failure.";
    /// There is no such order.
    NoSuchOrder = -2013, 400, "Order does not exist.";
    /// The key is none.
    BadKeyFormat = -2014, 401, "API-key format invalid.";
    /// The key is not known, or may not do this, or not from there.
    RejectedKey = -2015, 401, "Invalid API-key, IP, or permissions for action.";
    /// The account's keys are locked.
    KeysLocked = -2017, 401, "API Keys are locked on this account.";
    /// There is too little money.
    BalanceNotSufficient = -2018, 400, "Balance is insufficient.";
    /// There is too little margin.
    MarginNotSufficient = -2019, 400, "Margin is insufficient.";
    /// It cannot be filled.
    UnableToFill = -2020, 400, "Unable to fill.";
    /// The trigger would fire at once.
    WouldTrigger = -2021, 400, "Order would immediately trigger.";
    /// There is nothing to reduce.
    ReduceOnlyReject = -2022, 400, "ReduceOnly Order is rejected.";
    /// The account is being liquidated.
    UserInLiquidation = -2023, 400, "User in liquidation mode now.";
    /// The position is too small.
    PositionNotSufficient = -2024, 400, "Position is not sufficient.";
    /// There are as many orders as there may be.
    MaxOpenOrders = -2025, 400, "Reach max open order limit.";
    /// Such an order cannot only reduce.
    ReduceOnlyTypeNotSupported = -2026, 400, "This OrderType is not supported when reduceOnly.";
    /// The position would be larger than its leverage takes.
    MaxLeverageRatio = -2027, 400, "Exceeded the maximum allowable position at current leverage.";
    /// The leverage would be too small for the money there is.
    MinLeverageRatio = -2028, 400, "Leverage is smaller than permitted: insufficient margin balance.";
    /// The order's state is not one for this.
    InvalidOrderStatus = -4000, 400, "Invalid order status.";
    /// A price of nothing.
    PriceLessThanZero = -4001, 400, "Price less than 0.";
    /// A price above the market's.
    PriceGreaterThanMax = -4002, 400, "Price greater than max price.";
    /// A quantity of nothing.
    QuantityLessThanZero = -4003, 400, "Quantity less than or equal to zero.";
    /// A quantity below the market's.
    QuantityLessThanMin = -4004, 400, "Quantity less than min quantity.";
    /// A quantity above the market's.
    QuantityGreaterThanMax = -4005, 400, "Quantity greater than max quantity.";
    /// A trigger's price of nothing.
    StopPriceLessThanZero = -4006, 400, "Stop price less than zero.";
    /// A trigger's price above the market's.
    StopPriceGreaterThanMax = -4007, 400, "Stop price greater than max price.";
    /// A price below the market's.
    PriceLessThanMin = -4013, 400, "Price less than min price.";
    /// A price between two ticks.
    PriceNotOnTick = -4014, 400, "Price not increased by tick size.";
    /// A client's name of an order is too long.
    InvalidClientOrderId = -4015, 400, "Client order id length should not be more than 36 chars.";
    /// A price above the band.
    PriceAboveBand = -4016, 400, "Limit price can't be higher than %s.", general "Price is higher than mark price multiplier cap.";
    /// The number of levels is not one that there is.
    InvalidDepthLimit = -4021, 400, "'%s' is not valid depth limit.", general "Invalid depth limit.";
    /// The market is not in a state for this.
    WrongMarketStatus = -4022, 400, "market status sent is not valid.";
    /// A quantity between two steps.
    QuantityNotOnStep = -4023, 400, "Qty not increased by step size.";
    /// A price below the band.
    PriceBelowBand = -4024, 400, "Limit price can't be lower than %s.", general "Price is lower than mark price multiplier floor.";
    /// A leverage that there is not.
    InvalidLeverage = -4028, 400, "Leverage %s is not valid", general "Invalid leverage";
    /// No such price to look at.
    InvalidWorkingType = -4031, 400, "Invalid parameter working type.";
    /// More orders to cancel than are taken at once.
    TooManyCancels = -4032, 400, "Exceed maximum cancel order size.";
    /// There are as many conditional orders as there may be.
    MaxStopOrders = -4045, 400, "Reach max stop order limit.";
    /// The margin mode is that already.
    NoNeedToChangeMarginType = -4046, 400, "No need to change margin type.";
    /// The margin mode stays while there are orders.
    MarginTypeOpenOrders = -4047, 400, "Margin type cannot be changed if there exists open orders.";
    /// The margin mode stays while there is a position.
    MarginTypePosition = -4048, 400, "Margin type cannot be changed if there exists position.";
    /// Margin is only moved for isolated positions.
    AddMarginCrossed = -4049, 400, "Add margin only support for isolated position.";
    /// There is too little money to move.
    CrossBalanceInsufficient = -4050, 400, "Cross balance insufficient.";
    /// There is too little in the position to move.
    IsolatedBalanceInsufficient = -4051, 400, "Isolated balance insufficient.";
    /// There is no position to move money to.
    AddMarginNoPosition = -4054, 400, "Cannot add position margin: position is 0.";
    /// Nothing is to be moved.
    AmountNotPositive = -4055, 400, "Amount must be positive.";
    /// The position mode is that already.
    NoNeedToChangePositionSide = -4059, 400, "No need to change position side.";
    /// No such position.
    InvalidPositionSide = -4060, 400, "Invalid position side.";
    /// One position, or two: the account has it otherwise.
    PositionSideNotMatch = -4061, 400, "Order's position side does not match user's setting.";
    /// In hedge mode the side says whether it reduces.
    ReduceOnlyConflict = -4062, 400, "Invalid or improper reduceOnly value.";
    /// The position mode stays while there are orders.
    PositionSideOpenOrders = -4067, 400, "Position side cannot be changed if there exists open orders.";
    /// The position mode stays while there is a position.
    PositionSidePosition = -4068, 400, "Position side cannot be changed if there exists position.";
    /// More or fewer orders than are taken at once.
    InvalidBatchSize = -4082, 400, "Invalid number of batch place orders: %s", general "Invalid number of batch place orders.";
    /// The orders could not be placed.
    PlaceBatchFail = -4083, 400, "Fail to place batch orders.";
    /// The account may only reduce.
    OnlyReduceOnly = -4087, 400, "User can only place reduce only order";
    /// The account may not place orders.
    NoPlacePermission = -4088, 400, "User can not place order currently";
    /// No such kind of contract.
    InvalidContractType = -4104, 400, "Invalid contract type";
    /// There is an open order of that name.
    DuplicatedClientOrderId = -4116, 400, "clientOrderId is duplicated";
    /// The order fires just now.
    StopOrderTriggering = -4117, 400, "stop order is triggering";
    /// With the orders there are it would turn the position.
    ReduceOnlyMargin = -4118, 400, "ReduceOnly Order Failed. Please check your existing position and open orders";
    /// Conditional orders go to the algorithm service.
    UseAlgoOrder = -4120, 400, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.";
    /// The best price is beyond the bound.
    MarketOrderReject = -4131, 400, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.";
    /// The price at which it begins to follow is none.
    InvalidActivationPrice = -4135, 400, "Invalid activation price";
    /// Such an order cannot close the position.
    ClosePositionType = -4136, 400, "Target strategy invalid for orderType %s,closePosition %s", general "Target strategy invalid for orderType";
    /// What closes the position has no quantity of its own.
    QuantityWithClosePosition = -4137, 400, "Quantity must be zero with closePosition equals true";
    /// What closes the position only reduces.
    ReduceOnlyMustBeTrue = -4138, 400, "Reduce only must be true with closePosition equals true";
    /// Positions are not opened here now.
    InvalidOpeningStatus = -4140, 400, "Invalid symbol status for opening position";
    /// The market takes no orders.
    SymbolClosed = -4141, 400, "Symbol is closed";
    /// No such pair.
    InvalidPair = -4144, 400, "Invalid pair";
    /// Leverage cannot go down below an isolated position.
    IsolatedLeverageReject = -4161, 400, "Leverage reduction is not supported in Isolated Margin Mode with open positions";
    /// The order is worth too little.
    MinNotional = -4164, 400, "Order's notional must be no smaller than %s (unless you choose reduce only)", general "Order's notional is too small (unless you choose reduce only)";
    /// Not such a time between start and end.
    InvalidTimeInterval = -4165, 400, "Maximum time interval is %s days", general "Invalid time interval";
    /// Isolated margin and all assets as margin do not go together.
    MultiAssetsIsolated = -4167, 400, "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.";
    /// Isolated margin and all assets as margin do not go together.
    IsolatedMultiAssets = -4168, 400, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.";
    /// It is that already.
    NoNeedToChangeMultiAssets = -4171, 400, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.";
    /// The account is in a pause that was asked for, such as market-maker protection.
    CoolingOff = -4192, 400, "Trade forbidden due to Cooling-off Period.";
    /// The venue takes only what reduces.
    QuantitativeRules = -4400, 400, "Futures Trading Quantitative Rules violated, only reduceOnly order is allowed, please try again later.";
    /// There is no such path.
    InvalidPath = -5000, 404, "Path %s, Method %s is invalid", general "Path is invalid";
    /// Not all could trade at once.
    FillOrKillReject = -5021, 400, "Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history";
    /// It would have traded at once.
    PostOnlyReject = -5022, 400, "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history";
    /// The market takes no changes of orders.
    AmendNotTrading = -5024, 400, "Symbol is not in trading status. Order amendment is not permitted.";
    /// Only limit orders can be changed.
    LimitOrderOnly = -5025, 400, "Only limit order is supported.";
    /// It was changed as often as it may be.
    TooManyAmendments = -5026, 400, "Exceed maximum modify order limit.";
    /// It is that already.
    SameOrder = -5027, 400, "No need to modify the order.";
    /// The request came too late to the engine.
    EngineReceiveWindow = -5028, 400, "Timestamp for this request is outside of the ME recvWindow.";
    /// What the change would leave is worth too little.
    AmendMinNotional = -5029, 400, "Order's notional must be no smaller than %s", general "Order's notional is too small";
    /// No such way to take a price from the book.
    InvalidPriceMatch = -5037, 400, "Invalid price match";
    /// Only limit orders take a price from the book.
    PriceMatchType = -5038, 400, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT";
    /// No such way to keep apart what is one's own.
    InvalidSelfTradePrevention = -5039, 400, "Invalid self trade prevention mode";
    /// The time is too near, or too far.
    GoodTillDate = -5040, 400, "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000";
    /// The book has no such price.
    NoPriceMatch = -5041, 400, "No depth matches this BBO order";
}

impl ErrorCode {
    /// Whether nobody knows what became of the request: it may have been done.
    #[must_use]
    pub const fn leaves_unknown(self) -> bool {
        matches!(self, Self::Unknown | Self::UnexpectedResponse | Self::Timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_there_once_and_says_something_without_places() {
        // A `%s` that reaches a client says that nobody has looked at the words.
        let mut numbers: Vec<i32> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        assert!(numbers.is_sorted_by(|one, next| one > next), "they stand in their order");
        numbers.dedup();
        assert_eq!(numbers.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!(!code.general().contains("%s") && !code.general().is_empty(), "{code:?}");
            assert_eq!(ErrorCode::of(code.number()), Some(*code));
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn overload_and_doubt_have_statuses_that_tell_them_apart() {
        // ccxt takes 429 and 418 for a ban, whatever the code; a request that may have been done is none to repeat.
        assert_eq!(ErrorCode::Throttled.status(), 503);
        assert_eq!(ErrorCode::Timeout.status(), 408);
        assert!(ErrorCode::Timeout.leaves_unknown() && !ErrorCode::Throttled.leaves_unknown());
    }
}
