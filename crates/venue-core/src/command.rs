//! Everything that can happen to a venue. A journal of commands, each with its time, is the whole truth about it.

use units::{Money, Price, Ratio, Span, Timestamp};

use crate::id::{AccountId, AssetId, MarketId, OrderId};
use crate::settings::{AssetSettings, MarketSettings, VenueSettings};
use crate::value::{Lots, PositionSide, Side, Ticks};

/// A command. Each either does what it says, or is refused by an event and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sets what holds for the whole venue.
    Configure(VenueSettings),
    /// Adds an asset; the first is the settlement asset.
    AddAsset(AssetSettings),
    /// Changes an asset's settings. Haircuts for maintenance may only fall, so that nobody is liquidated by it.
    SetAsset(AssetId, AssetSettings),
    /// Adds a market.
    AddMarket(Box<MarketSettings>),
    /// Changes a market's settings. Maintenance may only fall; what is traded, and its tick value, stay.
    SetMarket(MarketId, Box<MarketSettings>),
    /// Changes a market's state.
    SetState(MarketId, MarketState),
    /// Opens the next account.
    OpenAccount,
    /// Puts an amount of an asset into an account.
    Deposit(Transfer),
    /// Takes an amount of an asset out of an account. Of the settlement asset it may leave less than nothing: a loan
    /// that the account's collateral carries.
    Withdraw(Transfer),
    /// Puts money of the venue's owner into the insurance fund, or takes it out (below zero).
    Fund(Money),
    /// Sets an account's leverage in a market.
    SetLeverage {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// How many times the margin a position may be; from 1 on.
        leverage: u16,
    },
    /// Chooses cross or isolated margin for an account in a market; only without a position and orders there.
    SetMarginMode {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Whether positions have margin of their own.
        isolated: bool,
    },
    /// Chooses one position, or a long and a short one beside each other, in all markets; only without any position
    /// and order.
    SetHedgeMode {
        /// Whose.
        account: AccountId,
        /// Whether both sides may be held at once.
        hedge: bool,
    },
    /// Moves money between an account's cash and the margin of an isolated position: in, or out (below zero).
    MoveMargin {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Which position.
        side: PositionSide,
        /// How much goes into the position.
        amount: Money,
    },
    /// Sends an order.
    Place(PlaceOrder),
    /// Sends several orders, which are taken in their order, each as if it came alone.
    PlaceAll(Vec<PlaceOrder>),
    /// Changes a resting order's price or lots.
    Amend {
        /// Who asks.
        account: AccountId,
        /// Which order.
        order: OrderId,
        /// The price from now on.
        price: Ticks,
        /// All lots of the order from now on, those that have traded included.
        lots: Lots,
    },
    /// Cancels an order that rests or waits for its trigger.
    Cancel {
        /// Who asks.
        account: AccountId,
        /// Which order.
        order: OrderId,
    },
    /// Cancels an account's orders, in one market or in all.
    CancelAll {
        /// Whose.
        account: AccountId,
        /// Where; everywhere, if not given.
        market: Option<MarketId>,
    },
    /// Cancels an account's orders in a market after a time, unless it is said again before; a time of zero stops the
    /// clock. What a client that may lose its connection says again and again.
    CancelAfter {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// From now on.
        after: Span,
    },
    /// Sets an account's market-maker protection in a market; `None` takes it away.
    Protect {
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// From when on its orders are cancelled.
        protection: Option<Protection>,
    },
    /// Says what something is worth outside.
    Price(PriceUpdate),
    /// Charges funding: longs pay `rate` of their notional at the mark to shorts, or the other way round below zero.
    Funding {
        /// Where.
        market: MarketId,
        /// A part of the notional.
        rate: Ratio,
    },
    /// Charges interest on balances below zero, for the fund.
    Interest {
        /// A part of the balance.
        rate: Ratio,
    },
    /// Nothing but the time: what is due by then is done.
    Tick,
}

/// An amount that goes in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much; above zero.
    pub amount: Money,
}

impl Transfer {
    /// Of the settlement asset.
    #[must_use]
    pub const fn money(account: AccountId, amount: Money) -> Self {
        Self { account, asset: AssetId::SETTLEMENT, amount }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// Which way.
    pub side: Side,
    /// For which position.
    pub position: PositionSide,
    /// The worst price; `None` is a market order, whose limit is the take bound around the mark.
    pub limit: Option<Ticks>,
    /// How many lots; zero where `close_position` says how many.
    pub lots: Lots,
    /// What becomes of what does not trade at once.
    pub lifetime: Lifetime,
    /// Whether it may only reduce the position.
    pub reduce_only: bool,
    /// What happens where it would trade with the account's own order.
    pub self_trade: SelfTrade,
    /// What it waits for before it is an order at all.
    pub trigger: Option<Trigger>,
    /// The sender's own number, given back in events; the venue does not look at it.
    pub tag: u64,
}

impl PlaceOrder {
    /// An order at a limit that rests until it is cancelled.
    #[must_use]
    pub const fn limit(
        account: AccountId,
        market: MarketId,
        side: Side,
        price: Ticks,
        lots: Lots,
    ) -> Self {
        Self {
            account,
            market,
            side,
            position: PositionSide::Both,
            limit: Some(price),
            lots,
            lifetime: Lifetime::GoodTillCancelled,
            reduce_only: false,
            self_trade: SelfTrade::Allow,
            trigger: None,
            tag: 0,
        }
    }
}

/// What becomes of what does not trade at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It rests until it is cancelled.
    GoodTillCancelled,
    /// It rests until a time.
    GoodTill(Timestamp),
    /// It is cancelled.
    ImmediateOrCancel,
    /// All of it trades at once, or nothing.
    FillOrKill,
    /// All of it rests, or nothing: where it would trade at once it is refused.
    PostOnly,
}

/// What happens where an order would trade with one of the same account. The arriving order's word counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfTrade {
    /// They trade.
    #[default]
    Allow,
    /// The arriving order is cancelled.
    CancelTaker,
    /// The resting order is cancelled.
    CancelMaker,
    /// Both are cancelled.
    CancelBoth,
}

/// What an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The condition.
    pub condition: TriggerCondition,
    /// The price that it looks at.
    pub by: TriggerPrice,
    /// Whether its lots are those that the position has when it fires.
    pub close_position: bool,
}

/// When an order with a trigger becomes an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerCondition {
    /// Where the price goes against: at or above for a buy, at or below for a sale.
    Stop(Ticks),
    /// Where the price goes with: at or below for a buy, at or above for a sale.
    TakeProfit(Ticks),
    /// Where the price has come back by a part of its best since `from` was reached (or since the order came).
    Trailing {
        /// The part.
        callback: Ratio,
        /// The price at which it begins to follow: at or above for a sale, at or below for a buy.
        from: Option<Ticks>,
    },
}

/// The price that a trigger looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerPrice {
    /// The mark.
    Mark,
    /// The last trade.
    Last,
}

/// When a market maker's orders are taken away before more of them trade than the maker meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The window in which traded lots are counted.
    pub window: Span,
    /// The lots at which all orders of the account in the market are cancelled.
    pub lots_max: Lots,
    /// For how long new orders that do not reduce are refused then.
    pub frozen: Span,
}

/// The state of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarketState {
    /// All orders.
    #[default]
    Trading,
    /// Only orders that reduce, and cancels.
    ReduceOnly,
    /// Only cancels.
    CancelOnly,
    /// Orders rest, and trade at one price when trading begins.
    Auction,
    /// Only cancels; nobody is liquidated.
    Halted,
}

/// What something is worth outside, and how far that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceUpdate {
    /// Of what.
    pub of: PriceOf,
    /// What it is good for.
    pub status: PriceStatus,
    /// The `market` lane, in the settlement asset for one whole unit.
    pub market: Price,
    /// The `liquidation` lane.
    pub liquidation: Price,
    /// How far either may be off.
    pub confidence: Price,
    /// When it was true, by the venue's clock.
    pub as_of: Timestamp,
}

impl PriceUpdate {
    /// A price that is known well, on both lanes.
    #[must_use]
    pub const fn live(of: PriceOf, price: Price, as_of: Timestamp) -> Self {
        let (status, confidence) = (PriceStatus::Live, Price::ZERO);
        Self { of, status, market: price, liquidation: price, confidence, as_of }
    }
}

/// What a price is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceOf {
    /// A market's index.
    Index(MarketId),
    /// An asset that is collateral.
    Asset(AssetId),
}

/// The oracle's word on a price, from the best to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceStatus {
    /// All is well.
    Live,
    /// A bound binds: nobody is liquidated on the difference.
    Capped,
    /// Too few sources, or too little confidence.
    Degraded,
    /// The last price, for a moment.
    Held,
    /// Two markets: low and high are both true.
    Split,
    /// No price.
    #[default]
    Halted,
}

impl PriceStatus {
    /// Whether such a price has values of its own, rather than standing for the last one.
    #[must_use]
    pub const fn has_values(self) -> bool {
        match self {
            Self::Live | Self::Capped | Self::Degraded | Self::Split => true,
            Self::Held | Self::Halted => false,
        }
    }
}
