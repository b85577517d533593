//! What streams tell.

use units::{Money, Ratio, Timestamp};
use venue_core::{
    AccountId, AssetId, BalanceReason, BookLevel, Lots, MarketId, MarketState, PositionView,
    PriceOf, PriceStatus, Side, TapeEntry, Ticks,
};

use crate::order::Order;
use crate::trade::{Aggregate, PublicTrade, UserTrade};

/// Something that is durable and that a stream tells. All of one entry's come after each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Prices of a book, with what rests there now.
    Levels(LevelsChange),
    /// The best prices of a book, or what rests there, have changed.
    Best(BestChange),
    /// A trade.
    Trade(MarketId, PublicTrade),
    /// An aggregated trade; of one that grows the newest form counts.
    Aggregate(MarketId, Aggregate),
    /// An order's state after something that happened to it.
    Order(Box<OrderChange>),
    /// What an account has now, after an entry that has changed it.
    Account(Box<AccountChange>),
    /// An account's leverage in a market, and whether its margin is isolated.
    Leg {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// How many times the margin a position may be.
        leverage: u16,
        /// Whether positions have margin of their own.
        isolated: bool,
    },
    /// Whether an account holds both sides at once.
    Hedge(AccountId, bool),
    /// An entry of the tape.
    Tape(Box<TapeEntry>),
    /// An account, or one of its isolated positions, is being liquidated, or not any more.
    Liquidation {
        /// Whose.
        account: AccountId,
        /// The isolated position's market, if it is one.
        isolated: Option<MarketId>,
        /// Whether it began.
        begun: bool,
    },
    /// A market's mark has changed.
    Mark(MarketId, Ticks),
    /// What a price is good for has changed.
    Status(PriceOf, PriceStatus),
    /// A market's state has changed.
    State(MarketId, MarketState),
    /// A market or an asset is there, or its settings have changed.
    Settings,
    /// Funding was charged.
    Funded(MarketId, Ratio),
    /// The insurance fund, after a change.
    Fund(Money),
    /// An invariant is broken.
    Broken(&'static str, Option<MarketId>),
}

/// Prices of a book that have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelsChange {
    /// Where.
    pub market: MarketId,
    /// The number of the first change in it, from 1 on; each change of a price has one.
    pub first: u64,
    /// The number of the last change in it.
    pub last: u64,
    /// When.
    pub at: Timestamp,
    /// Each price with what rests there now; zero where nothing does.
    pub levels: Vec<(Side, Ticks, Lots)>,
}

/// The best prices of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestChange {
    /// Where.
    pub market: MarketId,
    /// The number of the book's last change.
    pub update: u64,
    /// When.
    pub at: Timestamp,
    /// The highest bid.
    pub bid: Option<BookLevel>,
    /// The lowest ask.
    pub ask: Option<BookLevel>,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// It was placed.
    New,
    /// It has traded.
    Trade(UserTrade),
    /// Its price or lots have changed.
    Amended,
    /// Its trigger has fired.
    Triggered,
    /// It has ended, not by a trade.
    Ended,
    /// The liquidation engine, or deleveraging, has traded for the account. The order is what it would have been.
    Forced(UserTrade, Forced),
}

/// Who has traded for an account that did not ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// The liquidation engine.
    Liquidation,
    /// Deleveraging: the account's lots were closed against a liquidation.
    Deleverage,
}

/// What happened to an order, and how it stands after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// What happened.
    pub execution: Execution,
    /// The order after it.
    pub order: Order,
    /// When.
    pub at: Timestamp,
}

/// Why what an account has has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountReason {
    /// Its orders have traded.
    Order,
    /// Anything else.
    Balance(BalanceReason),
}

/// What an account has after an entry that has changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Whose.
    pub account: AccountId,
    /// Why: the first reason, where there are several.
    pub reason: AccountReason,
    /// When.
    pub at: Timestamp,
    /// Assets that have changed: what there is now, and the change but for profit and fees of trades.
    pub balances: Vec<(AssetId, Money, Money)>,
    /// Positions in markets in which something has changed.
    pub positions: Vec<PositionView>,
}
