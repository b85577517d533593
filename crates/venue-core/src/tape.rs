//! The tape: every liquidation and deleveraging, numbered without a gap and chained by hash.

use units::{Money, Timestamp};

use crate::id::{AccountId, MarketId};
use crate::value::{Lots, Side, Ticks};

/// An entry of the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeEntry {
    /// Its number, from 1 on, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Whose position.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// The side of the order that closed it.
    pub side: Side,
    /// How many lots were closed.
    pub lots: Lots,
    /// At which price.
    pub price: Ticks,
    /// The mark then.
    pub mark: Ticks,
    /// The price at which nothing would have been left.
    pub bankruptcy: Ticks,
    /// Who took the lots.
    pub taken_by: TakenBy,
    /// What of the loss the fund paid.
    pub fund_paid: Money,
    /// What of the loss holders paid out of their profit.
    pub holders_paid: Money,
    /// What of the loss everybody paid.
    pub socialised: Money,
    /// The fund after it.
    pub fund: Money,
    /// The hash over this entry and the one before.
    pub hash: [u8; 32],
}

/// Who took the lots of a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    /// The book.
    Book,
    /// The backstop account, at the bankruptcy price.
    Backstop,
    /// The opposite holders.
    Holders,
}
