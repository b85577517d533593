//! An order, with all that has become of it.

use machine::{codec_enum, codec_struct};
use units::fixed::{ONE, mul_div};
use units::{Money, Price, Quantity, Rounding, Timestamp};
use venue_core::{AccountId, CloseReason, Lots, MarketId, OrderId, PlaceOrder, Side, Ticks};

use crate::client_id::ClientId;

/// An order, with all that has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number; that of the order with a trigger and of the one that it becomes.
    pub number: OrderId,
    /// The client's name for it.
    pub client: ClientId,
    /// What the venue took: as it was placed, but for a reduce-only order's lots, which are cut to what is left to
    /// reduce.
    pub placed: PlaceOrder,
    /// Its limit now; `None` of a market order, and of one that waits and will be a market order.
    pub price: Option<Ticks>,
    /// What is left of it, or was when it was closed.
    pub left: Lots,
    /// What has traded.
    pub traded: Lots,
    /// What that was worth.
    pub quote: Money,
    /// What was paid for it; below zero it was got back.
    pub fees: Money,
    /// The profit that it has realised.
    pub realised: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When its trigger fired.
    pub triggered_at: Option<Timestamp>,
    /// When its price or lots were changed last.
    pub amended_at: Option<Timestamp>,
    /// How it ended; `None` while it is open.
    pub ending: Option<Ending>,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
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
    /// Its trigger fired, and it was refused.
    Refused,
}

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderStatus {
    /// It waits for its trigger.
    Waiting,
    /// It rests, and nothing of it has traded.
    New,
    /// It rests, and a part of it has traded.
    PartlyFilled,
    /// It has ended.
    Ended(Ending),
}

codec_struct! {
    Order {
        number, client, placed, price, left, traded, quote, fees, realised, placed_at, updated_at, triggered_at,
        amended_at, ending,
    }
}

codec_enum! {
    Ending {
        0 = Filled,
        1 = Cancelled,
        2 = Immediate,
        3 = Expired,
        4 = SelfTrade,
        5 = ReduceOnly,
        6 = CancelAfter,
        7 = Protection,
        8 = Liquidation,
        9 = Refused,
    }
}

impl Order {
    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.placed.account
    }

    /// Where.
    #[must_use]
    pub const fn market(&self) -> MarketId {
        self.placed.market
    }

    /// Which way.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.placed.side
    }

    /// All its lots, those that have traded included.
    #[must_use]
    pub const fn lots(&self) -> Lots {
        self.traded.plus(self.left)
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> OrderStatus {
        match self.ending {
            Some(ending) => OrderStatus::Ended(ending),
            None if self.traded > Lots::ZERO && self.left == Lots::ZERO => {
                OrderStatus::Ended(Ending::Filled)
            }
            None if self.waits() => OrderStatus::Waiting,
            None if self.traded > Lots::ZERO => OrderStatus::PartlyFilled,
            None => OrderStatus::New,
        }
    }

    /// Whether it waits for its trigger.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.ending.is_none() && self.placed.trigger.is_some() && self.triggered_at.is_none()
    }

    /// The average price of what has traded, for lots of this size, rounded down; `None` where nothing has.
    #[must_use]
    pub fn average(&self, lot: Quantity) -> Option<Price> {
        let amount = i128::from(self.traded.number()).checked_mul(lot.raw())?;
        mul_div(self.quote.raw(), ONE, amount, Rounding::Down).map(Price::from_raw)
    }
}

impl From<CloseReason> for Ending {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Filled => Self::Filled,
            CloseReason::Cancelled => Self::Cancelled,
            CloseReason::Immediate => Self::Immediate,
            CloseReason::Expired => Self::Expired,
            CloseReason::SelfTrade => Self::SelfTrade,
            CloseReason::ReduceOnly => Self::ReduceOnly,
            CloseReason::CancelAfter => Self::CancelAfter,
            CloseReason::Protection => Self::Protection,
            CloseReason::Liquidation => Self::Liquidation,
            CloseReason::Refused(_) => Self::Refused,
        }
    }
}
