//! Trades, as those who made them and as everybody sees them.

use machine::codec_struct;
use units::{Money, Timestamp};
use venue_core::{AccountId, AssetId, Lots, MarketId, OrderId, PositionSide, Side, Ticks, TradeId};

use crate::client_id::ClientId;

/// A side of a trade, as its account sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserTrade {
    /// Its number in its market; 0 where lots changed hands without a trade: by a takeover or deleveraging.
    pub trade: TradeId,
    /// Whose.
    pub account: AccountId,
    /// Which order; 0 for one of the liquidation engine.
    pub order: OrderId,
    /// The client's name for it.
    pub client: ClientId,
    /// Where.
    pub market: MarketId,
    /// Which way.
    pub side: Side,
    /// For which position.
    pub position: PositionSide,
    /// At which price.
    pub price: Ticks,
    /// How many lots.
    pub lots: Lots,
    /// What that was worth.
    pub quote: Money,
    /// What was paid for it; below zero it was got back.
    pub fee: Money,
    /// The profit that it has realised.
    pub realised: Money,
    /// Whether the order rested.
    pub maker: bool,
    /// When.
    pub at: Timestamp,
}

/// A trade, as everybody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicTrade {
    /// Its number in its market.
    pub trade: TradeId,
    /// At which price.
    pub price: Ticks,
    /// How many lots.
    pub lots: Lots,
    /// The side of the taker.
    pub taker_side: Side,
    /// When.
    pub at: Timestamp,
}

/// Trades of one taking order at one price that followed each other, as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// Its number in its market, from 1 on.
    pub number: u64,
    /// At which price.
    pub price: Ticks,
    /// How many lots.
    pub lots: Lots,
    /// The first of its trades.
    pub first: TradeId,
    /// The last.
    pub last: TradeId,
    /// The side of the taker.
    pub taker_side: Side,
    /// When.
    pub at: Timestamp,
}

/// A change of what an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Income {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// In which market, where it is of one.
    pub market: Option<MarketId>,
    /// How much came in; below zero it went out.
    pub amount: Money,
    /// What for.
    pub kind: IncomeKind,
    /// The trade, where it is of one; 0 else.
    pub trade: TradeId,
    /// When.
    pub at: Timestamp,
}

/// What an account got something for, or paid it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncomeKind {
    /// Put in or taken out.
    Transfer,
    /// Profit that a trade has realised.
    Realised,
    /// The fee of a trade.
    Commission,
    /// Funding.
    Funding,
    /// Interest on a loan.
    Interest,
    /// What liquidation has changed: its fee, conversion of collateral, what the fund paid.
    Liquidation,
    /// What deleveraging has changed, and losses that everybody pays.
    Deleverage,
}

codec_struct! {
    UserTrade {
        trade, account, order, client, market, side, position, price, lots, quote, fee, realised, maker, at,
    }
    PublicTrade { trade, price, lots, taker_side, at }
    Aggregate { number, price, lots, first, last, taker_side, at }
    Income { account, asset, market, amount, kind, trade, at }
}

machine::codec_enum! {
    IncomeKind {
        0 = Transfer,
        1 = Realised,
        2 = Commission,
        3 = Funding,
        4 = Interest,
        5 = Liquidation,
        6 = Deleverage,
    }
}
