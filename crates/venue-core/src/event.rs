//! Everything that a venue does, told so that a reader can rebuild any view of it.

use units::{Money, Timestamp};

use crate::command::{MarketState, PlaceOrder, PriceUpdate, Protection};
use crate::deleverage::Decision;
use crate::id::{AccountId, AssetId, MarketId, OrderId, TradeId};
use crate::refusal::Refusal;
use crate::tape::TapeEntry;
use crate::value::{Lots, PositionSide, Side, Ticks};

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The command was refused; of a list, the entry at `index` was.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The sender's number, of an order.
        tag: u64,
        /// The place in the list; zero where it is none.
        index: u32,
    },
    /// The venue's settings have changed.
    Configured,
    /// There is an asset, or its settings have changed.
    AssetSet(AssetId),
    /// There is a market, or its settings have changed.
    MarketSet(MarketId),
    /// The market's state.
    StateSet(MarketId, MarketState),
    /// An account was opened.
    AccountOpened(AccountId),
    /// An account's settings in a market.
    LegSet {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// How many times the margin a position may be.
        leverage: u16,
        /// Whether positions have margin of their own.
        isolated: bool,
    },
    /// Whether the account holds both sides at once.
    HedgeSet(AccountId, bool),
    /// A balance has changed, but for trades, whose events say it themselves.
    Balance {
        /// Whose.
        account: AccountId,
        /// Of what.
        asset: AssetId,
        /// By how much.
        change: Money,
        /// What it is now.
        balance: Money,
        /// Why.
        reason: BalanceReason,
    },
    /// The margin of an isolated position has changed, but for trades.
    IsolatedMargin {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Which position.
        side: PositionSide,
        /// What it is now.
        margin: Money,
    },
    /// An order was taken: it rests, or waits for its trigger, or is about to trade.
    Accepted {
        /// Its number.
        order: OrderId,
        /// What was asked for; of a reduce-only order the lots that are left to reduce, and of one that reduces the limit
        /// that it may have.
        placed: PlaceOrder,
    },
    /// An order that waited has become one; it is checked and matched next.
    Triggered(OrderId),
    /// An order's price or lots have changed.
    Amended {
        /// Which.
        order: OrderId,
        /// The price.
        price: Ticks,
        /// What is left of it.
        left: Lots,
        /// Whether it has kept its place among those of its price.
        kept_place: bool,
    },
    /// Two orders have traded.
    Trade(Trade),
    /// An order is no more.
    Closed {
        /// Which.
        order: OrderId,
        /// Whose.
        account: AccountId,
        /// What was left of it.
        left: Lots,
        /// Why.
        reason: CloseReason,
    },
    /// A count-down runs until then, or has been stopped.
    CancelAfterSet(AccountId, MarketId, Option<Timestamp>),
    /// Market-maker protection has been set or taken away.
    ProtectionSet(AccountId, MarketId, Option<Protection>),
    /// Market-maker protection has cancelled an account's orders; it is frozen until then.
    ProtectionTripped(AccountId, MarketId, Timestamp),
    /// A price has come in.
    Priced(PriceUpdate),
    /// The mark of a market has changed: where it is, and the ends that it may be at.
    Marked {
        /// Where.
        market: MarketId,
        /// The mark.
        mark: Ticks,
        /// The lowest that it may be by the price's status.
        low: Ticks,
        /// The highest.
        high: Ticks,
    },
    /// Funding was charged; each account's part is a balance event.
    Funded(MarketId, units::Ratio),
    /// The fund has changed.
    Fund {
        /// For which market, if for one.
        market: Option<MarketId>,
        /// By how much.
        change: Money,
        /// What it is now.
        balance: Money,
    },
    /// An account, or one of its isolated positions, is being liquidated.
    LiquidationStarted {
        /// Whose.
        account: AccountId,
        /// The isolated position's market, if it is one.
        isolated: Option<MarketId>,
        /// What it had.
        equity: Money,
        /// What it would have to have.
        maintenance: Money,
    },
    /// It is well again, or has nothing left.
    LiquidationEnded {
        /// Whose.
        account: AccountId,
        /// The isolated position's market, if it is one.
        isolated: Option<MarketId>,
    },
    /// Who is closed against what the book did not take, and who pays what is missing, with all that is needed to work
    /// it out again.
    Deleveraged(Box<Decision>),
    /// An entry of the tape.
    Tape(TapeEntry),
    /// The digest of the state after so many commands.
    Digest {
        /// How many.
        commands: u64,
        /// The digest.
        digest: [u8; 32],
    },
    /// An invariant is broken; the market, or the venue, has halted.
    Broken {
        /// Its name, such as `VN-1`.
        invariant: &'static str,
        /// The market, if it is of one.
        market: Option<MarketId>,
    },
}

/// Two orders that have traded. The price is the maker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Its number in its market.
    pub trade: TradeId,
    /// Where.
    pub market: MarketId,
    /// At which price.
    pub price: Ticks,
    /// How many lots.
    pub lots: Lots,
    /// The side of the taker.
    pub taker_side: Side,
    /// The order that rested.
    pub maker: TradeSide,
    /// The order that arrived.
    pub taker: TradeSide,
}

/// One side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeSide {
    /// Which order; 0 for one of the liquidation engine.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// What is left of the order.
    pub left: Lots,
    /// What was paid, or got back (below zero).
    pub fee: Money,
    /// The profit that closing a position, or a part of it, has made.
    pub realised: Money,
}

/// Why a balance has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceReason {
    /// It was put in.
    Deposit,
    /// It was taken out.
    Withdrawal,
    /// Funding.
    Funding,
    /// Interest on a loan.
    Interest,
    /// It went into or came out of an isolated position.
    Margin,
    /// Collateral was converted in a liquidation.
    Conversion,
    /// The fee of a liquidation.
    LiquidationFee,
    /// The fund paid a loss.
    Fund,
    /// A position was taken over, or given up, at the bankruptcy price.
    Takeover,
    /// A part of somebody's loss was paid out of profit.
    Deleverage,
    /// A part of a loss that nobody was left to pay.
    Socialised,
}

/// Why an order is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// All of it has traded.
    Filled,
    /// Its account has cancelled it.
    Cancelled,
    /// It was not to rest.
    Immediate,
    /// Its time was over.
    Expired,
    /// It would have traded with the account's own order.
    SelfTrade,
    /// There is nothing left that it could reduce.
    ReduceOnly,
    /// The count-down was not said again.
    CancelAfter,
    /// Market-maker protection.
    Protection,
    /// Its account is being liquidated.
    Liquidation,
    /// Its trigger fired and it was refused; or it rested, and its account could not bear the trade whose turn it was.
    Refused(Refusal),
}
