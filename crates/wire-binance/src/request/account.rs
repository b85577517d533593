//! What accounts are asked about and set with.

use crate::decimal::Decimal;
use crate::params::{Limit, parameters};
use crate::text::{ListenKey, Symbol};
use crate::words::{AutoCloseType, IncomeType, MarginType, PositionSide};

parameters! {
    /// How an account was liquidated or deleveraged.
    ForceOrders {
        /// In which market; in all where it is not said.
        symbol: Option<Symbol> = "symbol",
        /// In which way; both where it is not said.
        auto_close_type: Option<AutoCloseType> = "autoCloseType",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 50 where it is not said.
        limit: Option<Limit<100>> = "limit",
    }
}
parameters! {
    /// Why balances have changed.
    IncomeHistory {
        /// In which market; in all where it is not said.
        symbol: Option<Symbol> = "symbol",
        /// For which reason; all where it is not said.
        income_type: Option<IncomeType> = "incomeType",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// Which of several pages, from 1 on.
        page: Option<u32> = "page",
        /// How many; 100 where it is not said.
        limit: Option<Limit<1_000>> = "limit",
    }
}
parameters! {
    /// A leverage.
    NewLeverage {
        /// In which market.
        symbol: Symbol = "symbol",
        /// How many times the margin a position may be.
        leverage: u16 = "leverage",
    }
}
parameters! {
    /// A margin mode.
    NewMarginType {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which.
        margin_type: MarginType = "marginType",
    }
}
parameters! {
    /// Margin that goes into or out of a position.
    NewPositionMargin {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which position; the only one where it is not said.
        position_side: Option<PositionSide> = "positionSide",
        /// How much.
        amount: Decimal = "amount",
        /// 1 puts it in, 2 takes it out.
        direction: Limit<2> = "type",
    }
}
parameters! {
    /// How margin was moved.
    MarginHistory {
        /// In which market.
        symbol: Symbol = "symbol",
        /// 1 in, 2 out; both where it is not said.
        direction: Option<Limit<2>> = "type",
        /// Not before.
        start: Option<u64> = "startTime",
        /// Not after.
        end: Option<u64> = "endTime",
        /// How many; 500 where it is not said.
        limit: Option<Limit<500>> = "limit",
    }
}
parameters! {
    /// One-way or hedge mode.
    PositionMode {
        /// Whether a long and a short position may be held at once.
        dual: bool = "dualSidePosition",
    }
}
parameters! {
    /// Whether all assets are margin.
    MultiAssets {
        /// Whether they are.
        multi: bool = "multiAssetsMargin",
    }
}
parameters! {
    /// A user's stream. Which is the key's, whatever is said.
    WhichStream {
        /// Which.
        listen_key: Option<ListenKey> = "listenKey",
    }
}
