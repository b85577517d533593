//! The page's input about the venue: how it and its markets stand, as plain values.
//!
//! The binary fills these about once a second. Amounts are exact; times are milliseconds since 1970, counters grow from
//! the start of the process.

use units::{Money, Price, Quantity};

use crate::price::PriceStatus;

/// The venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueView {
    /// How it stands.
    pub state: VenueState,
    /// Whether a broken invariant has halted all of it.
    pub halted: bool,
    /// The asset that everything is settled in.
    pub settlement: String,
    /// Where its prices come from, without anything secret.
    pub oracle: String,
    /// Whether the stream of prices is open.
    pub connected: bool,
    /// The markets, by number.
    pub markets: Vec<MarketView>,
    /// What collateral is worth, by number of the asset.
    pub assets: Vec<AssetView>,
    /// Classes of work in the order in which they are let in.
    pub lanes: Vec<LaneView>,
    /// Whether they are let in as they come instead.
    pub fifo: bool,
    /// The fund and what it would have to pay.
    pub fund: FundView,
    /// The account that is kept of all money.
    pub proof: ProofView,
    /// The newest entries of the tape, the newest first.
    pub tape: Vec<TapeLine>,
    /// The number of the newest entry of the tape, and so how many there were.
    pub taped: u64,
    /// Liquidations that are going on.
    pub liquidating: usize,
    /// Accounts.
    pub accounts: usize,
    /// Open orders of all accounts.
    pub open_orders: usize,
    /// Commands that were done.
    pub commands: u64,
}

/// How the venue stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VenueState {
    /// It reads its journal.
    #[default]
    Starting,
    /// It takes work.
    Running,
    /// It ends what it has taken, and takes no more work of accounts.
    Draining,
    /// It has ended, or its journal has stopped: why.
    Stopped(String),
}

/// What may be done in a market; the worst is last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarketState {
    /// All.
    #[default]
    Trading,
    /// Orders rest and nothing trades until the state changes.
    Auction,
    /// What reduces, and cancels.
    ReduceOnly,
    /// Cancels.
    CancelOnly,
    /// Cancels, and nobody is liquidated.
    Halted,
}

impl MarketState {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Auction => "auction",
            Self::ReduceOnly => "reduce only",
            Self::CancelOnly => "cancel only",
            Self::Halted => "halted",
        }
    }
}

/// A market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketView {
    /// Such as `BTCUSDT`.
    pub symbol: String,
    /// The feed of its index, such as `BTC/USD`.
    pub feed: String,
    /// Its state.
    pub state: MarketState,
    /// What its index is good for.
    pub status: PriceStatus,
    /// The index.
    pub index: Option<Price>,
    /// How old the index is.
    pub age_ms: Option<u64>,
    /// The mark.
    pub mark: Option<Price>,
    /// The last trade's price.
    pub last: Option<Price>,
    /// How far the last price is from that of a day ago, in hundredths of a per cent.
    pub day_bps: Option<i64>,
    /// What was traded within a day.
    pub day_quote: Money,
    /// What all longs hold.
    pub open_interest: Quantity,
    /// Trades since the market is there.
    pub trades: u64,
    /// Places behind the point of a price, and of a quantity.
    pub places: (u8, u8),
    /// The best bids, from the highest on.
    pub bids: Vec<LevelView>,
    /// The best asks, from the lowest on.
    pub asks: Vec<LevelView>,
    /// The newest trades, the newest first.
    pub recent: Vec<TradeView>,
}

/// A price of a book, and what rests there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelView {
    /// The price.
    pub price: Price,
    /// All that rests there.
    pub quantity: Quantity,
}

/// A trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradeView {
    /// When.
    pub at_unix_ms: u64,
    /// At which price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// Whether the taker bought.
    pub bought: bool,
}

/// What an asset that is collateral is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetView {
    /// Such as `WBETH`.
    pub name: String,
    /// The feed of its price.
    pub feed: String,
    /// What the price is good for.
    pub status: PriceStatus,
    /// What it trades at, in the settlement asset.
    pub market: Option<Price>,
    /// What it is valued at as collateral.
    pub liquidation: Option<Price>,
    /// How old the price is.
    pub age_ms: Option<u64>,
}

/// A class of work, and who of it is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneView {
    /// What is in it, in a few words.
    pub name: String,
    /// Whether it holds what only cuts risk.
    pub cuts_risk: bool,
    /// Whether it is let in now.
    pub open: bool,
    /// What waits now.
    pub waiting: u64,
    /// What was let in.
    pub admitted: u64,
    /// What was sent away.
    pub shed: u64,
    /// What asked for the same as something that waited already, and had its answer.
    pub coalesced: u64,
    /// How long it waited for its turn; `None` where that is not measured.
    pub delay_us: Option<DelayView>,
}

/// How long work waited for its turn, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelayView {
    /// Half of it waited less.
    pub p50: u64,
    /// All but one in a hundred waited less.
    pub p99: u64,
}

/// The fund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FundView {
    /// What is in it.
    pub fund: Money,
    /// What it would have to pay, from the largest fall to the largest rise.
    pub coverage: Vec<CoverageView>,
    /// When that was worked out; 0 before the first time.
    pub covered_unix_ms: u64,
}

/// What the fund would have to pay if all prices moved at once and nothing could be sold on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverageView {
    /// The move, in hundredths of a per cent.
    pub move_bps: i64,
    /// What the two accounts with the largest losses would be below zero.
    pub two_largest: Money,
    /// What all accounts would be.
    pub all: Money,
}

/// Where all money is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProofView {
    /// Deposits less withdrawals, of accounts and of the fund.
    pub brought_in: Money,
    /// The cash and the isolated margin of all accounts.
    pub accounts: Money,
    /// What positions have cost and is not realised yet.
    pub costs: Money,
    /// Fees less rebates.
    pub fees: Money,
    /// What the house has paid for collateral and got for it.
    pub house: Money,
    /// What rounding has left over.
    pub dust: Money,
    /// Money that was never brought in: zero, always.
    pub excess: Money,
    /// The invariants that did not hold when everything was counted anew.
    pub broken: Vec<String>,
    /// When that was; 0 before the first time.
    pub counted_unix_ms: u64,
}

/// An entry of the tape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TapeLine {
    /// Its number.
    pub number: u64,
    /// When.
    pub at_unix_ms: u64,
    /// The number of the account.
    pub account: u32,
    /// What was liquidated.
    pub what: TapeWhat,
    /// What the account paid to the fund.
    pub fee: Money,
    /// What of the loss the fund paid.
    pub fund_paid: Money,
    /// What of it the opposite holders paid out of their profit.
    pub holders_paid: Money,
    /// What of it everybody paid.
    pub socialised: Money,
    /// What of it nobody paid.
    pub unpaid: Money,
    /// The fund after it.
    pub fund: Money,
}

/// What was liquidated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TapeWhat {
    /// A position, or a part of it.
    Position {
        /// The market.
        symbol: String,
        /// Whether it was long.
        long: bool,
        /// How much of it was closed.
        quantity: Quantity,
        /// At which price.
        price: Price,
        /// The mark then.
        mark: Price,
        /// Places behind the point of a price, and of a quantity.
        places: (u8, u8),
        /// Who took it.
        taken_by: TakenBy,
    },
    /// Collateral of a loan.
    Collateral {
        /// Of what.
        asset: String,
        /// How much.
        amount: Money,
        /// What the account got for it.
        credited: Money,
    },
    /// What an account owes that has nothing left.
    #[default]
    Debt,
}

/// Who took what was liquidated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakenBy {
    /// The book.
    #[default]
    Book,
    /// The backstop account.
    Backstop,
    /// The opposite holders, who were deleveraged.
    Holders,
}

/// An account, as only whoever holds its key sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountView {
    /// When it was looked at.
    pub at_unix_ms: u64,
    /// Its name.
    pub name: String,
    /// Its number, by which the tape has it.
    pub number: u32,
    /// The asset that everything is settled in.
    pub settlement: String,
    /// Whether it is being liquidated.
    pub liquidating: bool,
    /// What it has, as far as that counts as margin.
    pub equity: Money,
    /// Below what it is liquidated.
    pub maintenance: Money,
    /// What new risk could use.
    pub available: Money,
    /// Assets: name, amount, and what that is worth; the settlement asset first.
    pub balances: Vec<(String, Money, Money)>,
    /// Positions.
    pub positions: Vec<HoldingView>,
    /// Open orders, the newest first.
    pub orders: Vec<OrderView>,
    /// How many orders are open in all.
    pub open_orders: usize,
    /// Its own trades, the newest first.
    pub fills: Vec<FillView>,
    /// Its entries of the tape, the newest first.
    pub tape: Vec<TapeLine>,
}

/// A position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldingView {
    /// The market.
    pub symbol: String,
    /// Whether it is long.
    pub long: bool,
    /// How much, without a sign.
    pub quantity: Quantity,
    /// What it was opened at on average.
    pub entry: Price,
    /// The mark.
    pub mark: Option<Price>,
    /// The mark at which it would be liquidated, if nothing else changed.
    pub liquidation: Option<Price>,
    /// What it has won at the mark.
    pub profit: Money,
    /// Its own margin, where it is isolated.
    pub isolated: Option<Money>,
    /// How many times the margin it may be.
    pub leverage: u16,
    /// Places behind the point of a price, and of a quantity.
    pub places: (u8, u8),
    /// Holders that are deleveraged before it, and how many there are.
    pub queue: Option<(u32, u32)>,
    /// What is closed before anything of it is.
    pub ahead: Quantity,
}

/// An open order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderView {
    /// Its number.
    pub number: u64,
    /// The market.
    pub symbol: String,
    /// Whether it buys.
    pub buys: bool,
    /// Its limit; `None` for any price.
    pub price: Option<Price>,
    /// The price that makes it an order, where it waits for one.
    pub trigger: Option<Price>,
    /// What is left of it, and what was placed.
    pub quantity: (Quantity, Quantity),
    /// Places behind the point of a price, and of a quantity.
    pub places: (u8, u8),
    /// Whether it may only reduce.
    pub reduce_only: bool,
    /// Whether it closes all of the position there is when it fires.
    pub closes: bool,
    /// When it was placed.
    pub at_unix_ms: u64,
}

/// A trade as its account sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FillView {
    /// When.
    pub at_unix_ms: u64,
    /// The market.
    pub symbol: String,
    /// The trade.
    pub trade: TradeView,
    /// What was paid for it.
    pub fee: Money,
    /// The profit that it has realised.
    pub realised: Money,
    /// Places behind the point of a price, and of a quantity.
    pub places: (u8, u8),
}
