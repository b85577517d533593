//! The surface's words: each set of them an enum, with the error that Binance gives for a wrong one.

/// A set of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $code:ident {
        $($(#[$word_doc:meta])* $word:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            /// The word that a text is; `None` where it is none of them.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$word),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl $crate::value::Value for $name {
            fn read(text: &str, name: &'static str) -> Result<Self, $crate::failure::Failure> {
                use $crate::failure::{ErrorCode, Failure};
                Self::parse(text).ok_or_else(|| Failure::with(ErrorCode::$code, &[name]))
            }

            fn print(&self, out: &mut String) {
                out.push_str(self.as_str());
            }
        }

        impl $crate::json::ToJson for $name {
            fn write(&self, out: &mut Vec<u8>) {
                out.push(b'"');
                out.extend_from_slice(self.as_str().as_bytes());
                out.push(b'"');
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Own;
                impl serde::de::Visitor<'_> for Own {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str(concat!("a word of ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text).ok_or_else(|| E::custom("an unknown word"))
                    }
                }
                deserializer.deserialize_str(Own)
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Which way an order goes.
    Side, InvalidSide {
        /// Towards long.
        Buy = "BUY",
        /// Towards short.
        Sell = "SELL",
    }
}
words! {
    /// Which position an order, or a position, is of.
    PositionSide, InvalidPositionSide {
        /// The only one, in one-way mode.
        Both = "BOTH",
        /// The long one, in hedge mode.
        Long = "LONG",
        /// The short one, in hedge mode.
        Short = "SHORT",
    }
}
words! {
    /// What kind an order is.
    OrderType, InvalidOrderType {
        /// At its price or better.
        Limit = "LIMIT",
        /// At any price within the market's bound.
        Market = "MARKET",
        /// Behind its trigger, a limit order.
        Stop = "STOP",
        /// Behind its trigger, a market order.
        StopMarket = "STOP_MARKET",
        /// Behind its trigger on the side of profit, a limit order.
        TakeProfit = "TAKE_PROFIT",
        /// Behind its trigger on the side of profit, a market order.
        TakeProfitMarket = "TAKE_PROFIT_MARKET",
        /// A market order behind a trigger that follows the price.
        TrailingStopMarket = "TRAILING_STOP_MARKET",
        /// An order of the liquidation engine.
        Liquidation = "LIQUIDATION",
    }
}
words! {
    /// What becomes of what does not trade at once.
    TimeInForce, InvalidTimeInForce {
        /// It rests until it is cancelled.
        GoodTillCancelled = "GTC",
        /// It is cancelled.
        ImmediateOrCancel = "IOC",
        /// All trades at once, or nothing.
        FillOrKill = "FOK",
        /// All rests, or nothing.
        PostOnly = "GTX",
        /// It rests until a time.
        GoodTillDate = "GTD",
    }
}
words! {
    /// How much of an order its answer tells.
    ResponseType, InvalidResponseType {
        /// That it was taken.
        Acknowledge = "ACK",
        /// What became of it.
        Result = "RESULT",
    }
}
words! {
    /// What happens where an order would trade with one of the same account.
    SelfTradePrevention, InvalidSelfTradePrevention {
        /// They trade.
        None = "NONE",
        /// The arriving one ends.
        ExpireTaker = "EXPIRE_TAKER",
        /// The resting one ends.
        ExpireMaker = "EXPIRE_MAKER",
        /// Both end.
        ExpireBoth = "EXPIRE_BOTH",
    }
}
words! {
    /// The price that a trigger looks at.
    WorkingType, InvalidWorkingType {
        /// The mark.
        MarkPrice = "MARK_PRICE",
        /// The last trade.
        ContractPrice = "CONTRACT_PRICE",
    }
}
words! {
    /// A price taken from the book instead of from the sender.
    PriceMatch, InvalidPriceMatch {
        /// None: the price that was sent.
        None = "NONE",
        /// The best of the other side.
        Opponent = "OPPONENT",
        /// The fifth of the other side.
        Opponent5 = "OPPONENT_5",
        /// The tenth of the other side.
        Opponent10 = "OPPONENT_10",
        /// The twentieth of the other side.
        Opponent20 = "OPPONENT_20",
        /// The best of the own side.
        Queue = "QUEUE",
        /// The fifth of the own side.
        Queue5 = "QUEUE_5",
        /// The tenth of the own side.
        Queue10 = "QUEUE_10",
        /// The twentieth of the own side.
        Queue20 = "QUEUE_20",
    }
}
words! {
    /// Whose money a position's margin is.
    MarginType, InvalidParameter {
        /// The account's.
        Crossed = "CROSSED",
        /// The position's own.
        Isolated = "ISOLATED",
    }
}
words! {
    /// Where an order stands.
    OrderStatus, InvalidOrderStatus {
        /// Nothing of it has traded.
        New = "NEW",
        /// A part of it has.
        PartiallyFilled = "PARTIALLY_FILLED",
        /// All of it has.
        Filled = "FILLED",
        /// It was cancelled.
        Canceled = "CANCELED",
        /// It was refused.
        Rejected = "REJECTED",
        /// Its lifetime was over.
        Expired = "EXPIRED",
        /// It met an order of its own account.
        ExpiredInMatch = "EXPIRED_IN_MATCH",
        /// It is one of the liquidation engine at the insurance fund.
        NewInsurance = "NEW_INSURANCE",
        /// It is one of automatic deleveraging.
        NewAdl = "NEW_ADL",
    }
}
words! {
    /// What a message about an order is about.
    ExecutionType, InvalidParameter {
        /// It was taken.
        New = "NEW",
        /// It was cancelled.
        Canceled = "CANCELED",
        /// Its account is being liquidated, or deleveraged.
        Calculated = "CALCULATED",
        /// Its lifetime was over.
        Expired = "EXPIRED",
        /// A part of it has traded.
        Trade = "TRADE",
        /// It was changed.
        Amendment = "AMENDMENT",
    }
}
words! {
    /// What kind an order of the algorithm service is.
    AlgoType, InvalidParameter {
        /// One that waits for a price.
        Conditional = "CONDITIONAL",
    }
}
words! {
    /// Where a conditional order stands.
    AlgoStatus, InvalidOrderStatus {
        /// It waits for its price.
        New = "NEW",
        /// It was cancelled.
        Canceled = "CANCELED",
        /// Its price has come, and it is being sent to the book.
        Triggering = "TRIGGERING",
        /// Its order is in the book.
        Triggered = "TRIGGERED",
        /// Its order has traded, or was cancelled.
        Finished = "FINISHED",
        /// Its order was refused.
        Rejected = "REJECTED",
        /// Its lifetime was over, or its position gone.
        Expired = "EXPIRED",
    }
}
words! {
    /// Whether a market takes orders.
    ContractStatus, WrongMarketStatus {
        /// All of them.
        Trading = "TRADING",
        /// Not yet.
        PendingTrading = "PENDING_TRADING",
        /// Before it is settled.
        PreSettle = "PRE_SETTLE",
        /// While it is settled.
        Settling = "SETTLING",
        /// Not any more.
        Close = "CLOSE",
        /// Not for now.
        Break = "BREAK",
        /// Only what reduces.
        ReduceOnly = "REDUCE_ONLY",
        /// Only cancels.
        CancelOnly = "CANCEL_ONLY",
        /// They rest, and trade together later.
        Auction = "AUCTION",
    }
}
words! {
    /// What kind a contract is.
    ContractType, InvalidContractType {
        /// Without an end.
        Perpetual = "PERPETUAL",
    }
}
words! {
    /// How long a candle is.
    Interval, BadInterval {
        /// A minute.
        Minute1 = "1m",
        /// Three of them.
        Minute3 = "3m",
        /// Five.
        Minute5 = "5m",
        /// Fifteen.
        Minute15 = "15m",
        /// Thirty.
        Minute30 = "30m",
        /// An hour.
        Hour1 = "1h",
        /// Two of them.
        Hour2 = "2h",
        /// Four.
        Hour4 = "4h",
        /// Six.
        Hour6 = "6h",
        /// Eight.
        Hour8 = "8h",
        /// Twelve.
        Hour12 = "12h",
        /// A day.
        Day1 = "1d",
        /// Three of them.
        Day3 = "3d",
        /// A week, from Monday on.
        Week1 = "1w",
        /// A calendar month.
        Month1 = "1M",
    }
}
words! {
    /// Why a balance has changed.
    IncomeType, InvalidParameter {
        /// Money went in or out.
        Transfer = "TRANSFER",
        /// A position was closed with profit or loss.
        RealizedPnl = "REALIZED_PNL",
        /// Funding.
        FundingFee = "FUNDING_FEE",
        /// The fee of a trade.
        Commission = "COMMISSION",
        /// The fee of a liquidation, or what the fund paid of a loss.
        InsuranceClear = "INSURANCE_CLEAR",
        /// One asset was changed into another.
        AutoExchange = "AUTO_EXCHANGE",
        /// Interest on a balance below zero.
        Interest = "INTEREST",
    }
}
words! {
    /// How a position was closed by the venue.
    AutoCloseType, InvalidParameter {
        /// By the liquidation engine.
        Liquidation = "LIQUIDATION",
        /// Against somebody's loss.
        Adl = "ADL",
    }
}
words! {
    /// How near automatic deleveraging a market is.
    AdlRisk, InvalidParameter {
        /// Far.
        Low = "low",
        /// Nearer.
        Medium = "medium",
        /// Near.
        High = "high",
    }
}
words! {
    /// Why an account's balances and positions are told.
    UpdateReason, InvalidParameter {
        /// Money went in.
        Deposit = "DEPOSIT",
        /// Money went out.
        Withdraw = "WITHDRAW",
        /// An order traded.
        Order = "ORDER",
        /// Funding.
        FundingFee = "FUNDING_FEE",
        /// A position's margin changed.
        MarginTransfer = "MARGIN_TRANSFER",
        /// The margin mode changed.
        MarginTypeChange = "MARGIN_TYPE_CHANGE",
        /// The venue set a balance right, such as after a deleveraging.
        Adjustment = "ADJUSTMENT",
        /// The fund paid or was paid.
        InsuranceClear = "INSURANCE_CLEAR",
        /// One asset was changed into another.
        AutoExchange = "AUTO_EXCHANGE",
    }
}

impl PriceMatch {
    /// What was asked for by what was sent: a `NONE` asks for as little as nothing does.
    #[must_use]
    pub fn asked(sent: Option<Self>) -> Option<Self> {
        sent.filter(|price| *price != Self::None)
    }
}

impl OrderType {
    /// Whether it waits for a price: such an order goes to the algorithm service.
    #[must_use]
    pub const fn is_conditional(self) -> bool {
        match self {
            Self::Limit | Self::Market | Self::Liquidation => false,
            Self::Stop
            | Self::StopMarket
            | Self::TakeProfit
            | Self::TakeProfitMarket
            | Self::TrailingStopMarket => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::value::Value as _;

    #[test]
    fn a_wrong_word_is_refused_by_its_own_code() {
        // Clients decide by the code whether to try again.
        let code = |failure: Failure| failure.code;
        assert_eq!(Side::read("buy", "side").map_err(code), Err(-1117));
        assert_eq!(OrderType::read("", "type").map_err(code), Err(-1116));
        assert_eq!(TimeInForce::read("PO", "timeInForce").map_err(code), Err(-1115));
        assert_eq!(PositionSide::read("x", "positionSide").map_err(code), Err(-4060));
        assert_eq!(Interval::read("2m", "interval").map_err(code), Err(-1120));
        let wrong = MarginType::read("cross", "marginType").expect_err("not a word");
        assert_eq!(wrong.message, "Data sent for parameter 'marginType' is not valid.");
    }

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for word in OrderType::ALL {
            assert_eq!(OrderType::parse(word.as_str()), Some(*word));
            let json = serde_json::to_string(word).expect("written");
            assert_eq!(serde_json::from_str::<OrderType>(&json).expect("read"), *word);
        }
    }
}
