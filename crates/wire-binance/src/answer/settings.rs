//! What is answered about an account's settings, limits and streams.

use crate::decimal::Decimal;
use crate::json::{Number, shapes};
use crate::text::{Asset, ListenKey, Symbol};
use crate::words::{MarginType, PositionSide};

shapes! {
    /// The margin that positions of a market want.
    LeverageBrackets {
        /// In which market.
        symbol: Symbol = "symbol",
        /// By their size, from the smallest on.
        brackets: Vec<Bracket> = "brackets",
    }

    /// The margin that positions of a size want.
    Bracket {
        /// Which bracket, from 1 on.
        bracket: u32 = "bracket",
        /// The greatest leverage.
        initial_leverage: u32 = "initialLeverage",
        /// Up to which notional.
        notional_cap: Number = "notionalCap",
        /// From which notional on.
        notional_floor: Number = "notionalFloor",
        /// The part of the notional below which a position is liquidated.
        maintenance_margin_ratio: Number = "maintMarginRatio",
        /// What is taken off, so that the margin does not jump between brackets.
        cumulative: Number = "cum",
    }

    /// An account's fees in a market.
    CommissionRate {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Of an order that rests; below zero what is got.
        maker: Decimal = "makerCommissionRate",
        /// Of an order that arrives.
        taker: Decimal = "takerCommissionRate",
    }

    /// An account's modes.
    AccountConfig {
        /// Which fees it pays.
        fee_tier: u32 = "feeTier",
        /// Whether it may trade.
        can_trade: bool = "canTrade",
        /// Whether money may be put in.
        can_deposit: bool = "canDeposit",
        /// Whether money may be taken out.
        can_withdraw: bool = "canWithdraw",
        /// Whether a long and a short position may be held at once.
        dual_side_position: bool = "dualSidePosition",
        /// When it last changed.
        update_time: u64 = "updateTime",
        /// Whether all assets are margin.
        multi_assets_margin: bool = "multiAssetsMargin",
    }

    /// An account's leverage and margin mode in a market.
    SymbolConfig {
        /// In which market.
        symbol: Symbol = "symbol",
        /// The margin mode.
        margin_type: MarginType = "marginType",
        /// Whether margin is added by itself, as a text; never.
        auto_add_margin: String = "isAutoAddMargin",
        /// The leverage.
        leverage: u32 = "leverage",
        /// How large a position may be at it.
        max_notional: Decimal = "maxNotionalValue",
    }

    /// A limit of how much may be asked in a time.
    RateLimit {
        /// `REQUEST_WEIGHT`, `ORDERS` or `RAW_REQUESTS`.
        rate_limit_type: String = "rateLimitType",
        /// `SECOND`, `MINUTE` or `DAY`.
        interval: String = "interval",
        /// How many of them.
        interval_number: u32 = "intervalNum",
        /// How much.
        limit: u64 = "limit",
    } ? {
        /// How much there was already.
        count: u64 = "count",
    }

    /// A leverage that was set.
    LeverageSet {
        /// The leverage.
        leverage: u32 = "leverage",
        /// How large a position may be at it.
        max_notional: Decimal = "maxNotionalValue",
        /// In which market.
        symbol: Symbol = "symbol",
    }

    /// Margin that was moved.
    MarginMoved {
        /// How much.
        amount: Number = "amount",
        /// 200.
        code: u32 = "code",
        /// That it was done.
        message: String = "msg",
        /// 1 in, 2 out.
        direction: u32 = "type",
    }

    /// Margin that was moved, as it is told later.
    MarginMove {
        /// In which market.
        symbol: Symbol = "symbol",
        /// 1 in, 2 out.
        direction: u32 = "type",
        /// Who has moved it, such as `USER_ADJUST`.
        delta_type: String = "deltaType",
        /// How much.
        amount: Decimal = "amount",
        /// Of what.
        asset: Asset = "asset",
        /// When.
        time: u64 = "time",
        /// Of which position.
        position_side: PositionSide = "positionSide",
    }

    /// One-way or hedge mode.
    PositionModeSet {
        /// Whether a long and a short position may be held at once.
        dual: bool = "dualSidePosition",
    }

    /// Whether all assets are margin.
    MultiAssetsSet {
        /// Whether they are.
        multi: bool = "multiAssetsMargin",
    }

    /// A user's stream.
    Stream {
        /// Its name.
        listen_key: ListenKey = "listenKey",
    }
}
