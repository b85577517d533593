//! What an account is told about itself.

use crate::decimal::Decimal;
use crate::json::shapes;
use crate::text::{Asset, ClientOrderId, ListenKey, Symbol};
use crate::words::{
    AlgoStatus, AlgoType, ExecutionType, MarginType, OrderStatus, OrderType, PositionSide,
    PriceMatch, SelfTradePrevention, Side, TimeInForce, UpdateReason, WorkingType,
};

shapes! {
    /// Something has happened to an order.
    OrderTradeUpdate @ "ORDER_TRADE_UPDATE" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
        /// The order.
        order: OrderUpdate = "o",
    }

    /// An order, and what has happened to it.
    OrderUpdate {
        /// In which market.
        symbol: Symbol = "s",
        /// The client's name of it; `autoclose-` and more for a liquidation, `adl_autoclose` for a deleveraging.
        client_order_id: ClientOrderId = "c",
        /// Which way.
        side: Side = "S",
        /// Of which kind.
        order_type: OrderType = "o",
        /// What becomes of what does not trade at once.
        time_in_force: TimeInForce = "f",
        /// How much it is for.
        original_quantity: Decimal = "q",
        /// Its price.
        price: Decimal = "p",
        /// What it traded at on average.
        average_price: Decimal = "ap",
        /// The price that it waited for.
        stop_price: Decimal = "sp",
        /// What has happened.
        execution_type: ExecutionType = "x",
        /// Where it stands.
        status: OrderStatus = "X",
        /// Its number.
        order_id: u64 = "i",
        /// How much has traded now.
        last_filled_quantity: Decimal = "l",
        /// How much of it has traded.
        filled_quantity: Decimal = "z",
        /// At which price it has traded now.
        last_filled_price: Decimal = "L",
        /// When.
        trade_time: u64 = "T",
        /// The number of the trade; zero where there was none.
        trade_id: u64 = "t",
        /// What the account's bids are worth.
        bids_notional: Decimal = "b",
        /// What its asks are worth.
        asks_notional: Decimal = "a",
        /// Whether it rested.
        maker: bool = "m",
        /// Whether it may only reduce.
        reduce_only: bool = "R",
        /// The price that its trigger looked at.
        working_type: WorkingType = "wt",
        /// Of which kind it was before its trigger fired.
        original_type: OrderType = "ot",
        /// For which position.
        position_side: PositionSide = "ps",
        /// Whether it closes the whole position.
        close_position: bool = "cp",
        /// Whether it waited while mark and last price were far apart.
        price_protect: bool = "pP",
        /// What it is nobody says.
        ignored_si: u64 = "si",
        /// What it is nobody says.
        ignored_ss: u64 = "ss",
        /// The profit that closing a position has made now.
        realized_profit: Decimal = "rp",
        /// What happens where it meets an order of its own account.
        self_trade_prevention: SelfTradePrevention = "V",
        /// Whether its price was taken from the book.
        price_match: PriceMatch = "pm",
        /// Until when it rests; zero for ever.
        good_till_date: u64 = "gtd",
    } ? {
        /// The asset of the fee, where there was one.
        commission_asset: Asset = "N",
        /// The fee; below zero what was got.
        commission: Decimal = "n",
        /// The price at which it began to follow.
        activation_price: Decimal = "AP",
        /// How far the price has to come back, in hundredths.
        callback_rate: Decimal = "cr",
        /// Why it was cancelled, as a number in a text.
        expire_reason: String = "er",
    }

    /// Something has happened to a conditional order.
    AlgoUpdate @ "ALGO_UPDATE" {
        /// When it happened.
        transaction_time: u64 = "T",
        /// When it was told.
        event_time: u64 = "E",
        /// The order.
        order: AlgoOrderUpdate = "o",
    }

    /// A conditional order.
    AlgoOrderUpdate {
        /// The client's name of it.
        client_algo_id: ClientOrderId = "caid",
        /// Its number.
        algo_id: u64 = "aid",
        /// Always `CONDITIONAL`.
        algo_type: AlgoType = "at",
        /// Of which kind.
        order_type: OrderType = "o",
        /// In which market.
        symbol: Symbol = "s",
        /// Which way.
        side: Side = "S",
        /// For which position.
        position_side: PositionSide = "ps",
        /// What becomes of what does not trade at once.
        time_in_force: TimeInForce = "f",
        /// How much it is for.
        quantity: Decimal = "q",
        /// Where it stands.
        status: AlgoStatus = "X",
        /// The number of the order that it has become, as a text; empty for none.
        actual_order_id: String = "ai",
        /// What that order traded at on average.
        average_price: Decimal = "ap",
        /// How much of that order has traded.
        executed_quantity: Decimal = "aq",
        /// Of which kind that order is; `0` for none.
        actual_type: String = "act",
        /// The price that it waits for.
        trigger_price: Decimal = "tp",
        /// The worst price.
        price: Decimal = "p",
        /// What happens where its order meets one of its own account.
        self_trade_prevention: SelfTradePrevention = "V",
        /// The price that its trigger looks at.
        working_type: WorkingType = "wt",
        /// Whether its price is taken from the book.
        price_match: PriceMatch = "pm",
        /// Whether it closes the whole position.
        close_position: bool = "cp",
        /// Whether it waits while mark and last price are far apart.
        price_protect: bool = "pP",
        /// Whether it may only reduce.
        reduce_only: bool = "R",
        /// When it fired; zero while it waits.
        trigger_time: u64 = "tt",
        /// Until when it rests; zero for ever.
        good_till_date: u64 = "gtd",
    } ? {
        /// Why its order was refused.
        reject_reason: String = "rm",
    }

    /// Balances and positions have changed.
    AccountUpdate @ "ACCOUNT_UPDATE" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
        /// What has changed.
        update: AccountChange = "a",
    }

    /// What of an account has changed.
    AccountChange {
        /// Why.
        reason: UpdateReason = "m",
        /// Balances.
        balances: Vec<BalanceUpdate> = "B",
        /// Positions.
        positions: Vec<PositionUpdate> = "P",
    }

    /// A balance that has changed.
    BalanceUpdate {
        /// Of which asset.
        asset: Asset = "a",
        /// How much there is.
        wallet_balance: Decimal = "wb",
        /// How much of it is not the margin of an isolated position.
        cross_wallet_balance: Decimal = "cw",
        /// By how much, but for profit and fees.
        balance_change: Decimal = "bc",
    }

    /// A position that has changed.
    PositionUpdate {
        /// In which market.
        symbol: Symbol = "s",
        /// How much of the base; below zero short.
        amount: Decimal = "pa",
        /// What it was opened at on average.
        entry_price: Decimal = "ep",
        /// What it has to be closed at for nothing to be lost.
        break_even_price: Decimal = "bep",
        /// Profit that it has made since it was opened, before fees.
        accumulated_realized: Decimal = "cr",
        /// Profit that is not taken.
        unrealized_profit: Decimal = "up",
        /// Whose money its margin is.
        margin_type: crate::answer::PositionMargin = "mt",
        /// Its own margin; zero for a cross position.
        isolated_wallet: Decimal = "iw",
        /// Which of those there.
        position_side: PositionSide = "ps",
    }

    /// A leverage, or a mode, has changed.
    AccountConfigUpdate @ "ACCOUNT_CONFIG_UPDATE" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
    } ? {
        /// A leverage.
        leverage: LeverageUpdate = "ac",
        /// Whether all assets are margin.
        multi_assets: MultiAssetsUpdate = "ai",
    }

    /// A leverage that has changed.
    LeverageUpdate {
        /// In which market.
        symbol: Symbol = "s",
        /// The leverage.
        leverage: u32 = "l",
    }

    /// A mode that has changed.
    MultiAssetsUpdate {
        /// Whether all assets are margin.
        multi: bool = "j",
    }

    /// Positions that are near liquidation.
    MarginCall @ "MARGIN_CALL" {
        /// When it was told.
        event_time: u64 = "E",
        /// Each of them.
        positions: Vec<MarginCallPosition> = "p",
    } ? {
        /// What the account has, without the margin of isolated positions.
        cross_wallet_balance: Decimal = "cw",
    }

    /// A position that is near liquidation.
    MarginCallPosition {
        /// In which market.
        symbol: Symbol = "s",
        /// Which of those there.
        position_side: PositionSide = "ps",
        /// How much of the base; below zero short.
        amount: Decimal = "pa",
        /// Whose money its margin is.
        margin_type: MarginType = "mt",
        /// Its own margin; zero for a cross position.
        isolated_wallet: Decimal = "iw",
        /// The mark.
        mark_price: Decimal = "mp",
        /// Profit that is not taken.
        unrealized_profit: Decimal = "up",
        /// Margin below which it is liquidated.
        maintenance_margin: Decimal = "mm",
    }

    /// The order that a conditional order became was refused.
    TriggerReject @ "CONDITIONAL_ORDER_TRIGGER_REJECT" {
        /// When it was told.
        event_time: u64 = "E",
        /// When it happened.
        transaction_time: u64 = "T",
        /// The order.
        order: RejectedTrigger = "or",
    }

    /// An order that was refused when its trigger fired.
    RejectedTrigger {
        /// In which market.
        symbol: Symbol = "s",
        /// Its number.
        order_id: u64 = "i",
        /// Why.
        reason: String = "r",
    }

    /// The stream ends, since nobody has lengthened it.
    ListenKeyExpired @ "listenKeyExpired" {
        /// When it was told.
        event_time: u64 = "E",
        /// Which.
        listen_key: ListenKey = "listenKey",
    }
}
