//! What is answered about accounts: balances, positions and income.

use crate::decimal::Decimal;
use crate::json::shapes;
use crate::text::{Asset, Symbol};
use crate::words::PositionSide;

shapes! {
    /// How much an account has of an asset.
    Balance {
        /// The account's name.
        account_alias: String = "accountAlias",
        /// Of which.
        asset: Asset = "asset",
        /// How much, without profit that is not taken.
        balance: Decimal = "balance",
        /// The part that is not the margin of an isolated position.
        cross_wallet_balance: Decimal = "crossWalletBalance",
        /// Profit of cross positions that is not taken.
        cross_unrealized_pnl: Decimal = "crossUnPnl",
        /// What new orders may use.
        available_balance: Decimal = "availableBalance",
        /// What may be taken out.
        max_withdraw_amount: Decimal = "maxWithdrawAmount",
        /// Whether it is margin.
        margin_available: bool = "marginAvailable",
        /// When it last changed.
        update_time: u64 = "updateTime",
    }

    /// An account.
    Account {
        /// Margin that positions and orders want.
        total_initial_margin: Decimal = "totalInitialMargin",
        /// Margin below which it is liquidated.
        total_maintenance_margin: Decimal = "totalMaintMargin",
        /// What it has, without profit that is not taken.
        total_wallet_balance: Decimal = "totalWalletBalance",
        /// Profit that is not taken.
        total_unrealized_profit: Decimal = "totalUnrealizedProfit",
        /// What it has, with that profit.
        total_margin_balance: Decimal = "totalMarginBalance",
        /// Margin that positions want.
        total_position_initial_margin: Decimal = "totalPositionInitialMargin",
        /// Margin that orders want.
        total_order_initial_margin: Decimal = "totalOpenOrderInitialMargin",
        /// What it has, without the margin of isolated positions.
        total_cross_wallet_balance: Decimal = "totalCrossWalletBalance",
        /// Profit of cross positions that is not taken.
        total_cross_unrealized_pnl: Decimal = "totalCrossUnPnl",
        /// What new orders may use.
        available_balance: Decimal = "availableBalance",
        /// What may be taken out.
        max_withdraw_amount: Decimal = "maxWithdrawAmount",
        /// What it has of each asset.
        assets: Vec<AccountAsset> = "assets",
        /// Its positions.
        positions: Vec<AccountPosition> = "positions",
    } ? {
        /// Which fees it pays; of the second version alone, as what follows.
        fee_tier: u32 = "feeTier",
        /// Whether it may trade.
        can_trade: bool = "canTrade",
        /// Whether money may be put in.
        can_deposit: bool = "canDeposit",
        /// Whether money may be taken out.
        can_withdraw: bool = "canWithdraw",
        /// Whether all assets are margin.
        multi_assets_margin: bool = "multiAssetsMargin",
        /// When it last changed.
        update_time: u64 = "updateTime",
    }

    /// What an account has of an asset.
    AccountAsset {
        /// Of which.
        asset: Asset = "asset",
        /// How much, without profit that is not taken.
        wallet_balance: Decimal = "walletBalance",
        /// Profit that is not taken.
        unrealized_profit: Decimal = "unrealizedProfit",
        /// How much, with that profit.
        margin_balance: Decimal = "marginBalance",
        /// Margin below which the account is liquidated.
        maintenance_margin: Decimal = "maintMargin",
        /// Margin that positions and orders want.
        initial_margin: Decimal = "initialMargin",
        /// Margin that positions want.
        position_initial_margin: Decimal = "positionInitialMargin",
        /// Margin that orders want.
        order_initial_margin: Decimal = "openOrderInitialMargin",
        /// How much is not the margin of an isolated position.
        cross_wallet_balance: Decimal = "crossWalletBalance",
        /// Profit of cross positions that is not taken.
        cross_unrealized_pnl: Decimal = "crossUnPnl",
        /// What new orders may use.
        available_balance: Decimal = "availableBalance",
        /// What may be taken out.
        max_withdraw_amount: Decimal = "maxWithdrawAmount",
        /// Whether it is margin.
        margin_available: bool = "marginAvailable",
        /// When it last changed.
        update_time: u64 = "updateTime",
    }

    /// A position of an account.
    AccountPosition {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which of those there.
        position_side: PositionSide = "positionSide",
        /// How much of the base; below zero short.
        position_amount: Decimal = "positionAmt",
        /// Profit that is not taken.
        unrealized_profit: Decimal = "unrealizedProfit",
        /// Its own margin with that profit; zero for a cross position.
        isolated_margin: Decimal = "isolatedMargin",
        /// What it is worth at the mark; below zero short.
        notional: Decimal = "notional",
        /// Its own margin; zero for a cross position.
        isolated_wallet: Decimal = "isolatedWallet",
        /// Margin that it wants.
        initial_margin: Decimal = "initialMargin",
        /// Margin below which it is liquidated.
        maintenance_margin: Decimal = "maintMargin",
        /// When it last changed.
        update_time: u64 = "updateTime",
    } ? {
        /// Margin that the position wants; of the second version alone, as what follows.
        position_initial_margin: Decimal = "positionInitialMargin",
        /// Margin that orders want.
        order_initial_margin: Decimal = "openOrderInitialMargin",
        /// How many times the margin it may be.
        leverage: Decimal = "leverage",
        /// Whether it has margin of its own.
        isolated: bool = "isolated",
        /// What it was opened at on average.
        entry_price: Decimal = "entryPrice",
        /// What it has to be closed at for nothing to be lost.
        break_even_price: Decimal = "breakEvenPrice",
        /// How large it may be at its leverage.
        max_notional: Decimal = "maxNotional",
    }

    /// A position and how near liquidation it is.
    PositionRisk {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Which of those there.
        position_side: PositionSide = "positionSide",
        /// How much of the base; below zero short.
        position_amount: Decimal = "positionAmt",
        /// What it was opened at on average; zero where there is none.
        entry_price: Decimal = "entryPrice",
        /// What it has to be closed at for nothing to be lost.
        break_even_price: Decimal = "breakEvenPrice",
        /// The mark.
        mark_price: Decimal = "markPrice",
        /// Profit that is not taken.
        unrealized_profit: Decimal = "unRealizedProfit",
        /// The mark at which it is liquidated, if nothing else changes; zero for never.
        liquidation_price: Decimal = "liquidationPrice",
        /// Its own margin with the profit; zero for a cross position.
        isolated_margin: Decimal = "isolatedMargin",
        /// What it is worth at the mark; below zero short.
        notional: Decimal = "notional",
        /// In what its margin is.
        margin_asset: Asset = "marginAsset",
        /// Its own margin; zero for a cross position.
        isolated_wallet: Decimal = "isolatedWallet",
        /// Margin that position and orders want.
        initial_margin: Decimal = "initialMargin",
        /// Margin below which it is liquidated.
        maintenance_margin: Decimal = "maintMargin",
        /// Margin that the position wants.
        position_initial_margin: Decimal = "positionInitialMargin",
        /// Margin that orders want.
        order_initial_margin: Decimal = "openOrderInitialMargin",
        /// How near deleveraging it is, from 0 to 4.
        adl: u32 = "adl",
        /// What bids are worth.
        bid_notional: Decimal = "bidNotional",
        /// What asks are worth.
        ask_notional: Decimal = "askNotional",
        /// When it last changed.
        update_time: u64 = "updateTime",
    } ? {
        /// How many times the margin it may be; on Binance of the second version alone, as what follows.
        leverage: Decimal = "leverage",
        /// `cross` or `isolated`.
        margin_type: PositionMargin = "marginType",
        /// Whether margin is added to it by itself, as a text; never.
        auto_add_margin: String = "isAutoAddMargin",
        /// How large it may be at its leverage.
        max_notional: Decimal = "maxNotionalValue",
    }

    /// How near deleveraging an account's positions in a market are.
    AdlQuantile {
        /// In which market.
        symbol: Symbol = "symbol",
        /// Each of them.
        quantile: AdlQuantiles = "adlQuantile",
    }

    /// How near deleveraging positions are: from 0 to 4, the greater the nearer.
    AdlQuantiles {
    } ? {
        /// The long one of hedge mode.
        long: u32 = "LONG",
        /// The short one of hedge mode.
        short: u32 = "SHORT",
        /// The only one.
        both: u32 = "BOTH",
    }

    /// Why a balance has changed.
    Income {
        /// In which market; empty where it is of none.
        symbol: String = "symbol",
        /// The reason.
        income_type: String = "incomeType",
        /// By how much.
        income: Decimal = "income",
        /// Of what.
        asset: Asset = "asset",
        /// More about it.
        info: String = "info",
        /// When.
        time: u64 = "time",
        /// Its number.
        transaction_id: u64 = "tranId",
        /// The number of the trade, as a text; empty where it is of none.
        trade_id: String = "tradeId",
    }
}

crate::words::words! {
    /// Whose money a position's margin is, as positions tell it.
    PositionMargin, InvalidParameter {
        /// The account's.
        Cross = "cross",
        /// The position's own.
        Isolated = "isolated",
    }
}
