//! What traders want done, and what they are told of it: plain values between their decisions and the network.

use units::Money;
use wire_binance::{ErrorCode, Side};

/// Who wants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    /// A maker, by its number.
    Maker(usize),
    /// A trader, by its number.
    Taker(usize),
}

/// Something that a trader wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// Who wants it.
    pub who: Seat,
    /// What it is.
    pub what: What,
}

/// What is to be done; markets are meant by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An order that rests and does not take.
    Rest {
        /// In which market.
        market: usize,
        /// Which of the maker's places it is for.
        place: usize,
        /// Which way.
        side: Side,
        /// At which price.
        ticks: i64,
        /// How much.
        lots: i64,
        /// Its own name.
        name: u64,
    },
    /// Another price for an order that rests, with what it is for as a whole from now on.
    Move {
        /// In which market.
        market: usize,
        /// Which of the maker's places it is for.
        place: usize,
        /// Which way.
        side: Side,
        /// At which price from now on.
        ticks: i64,
        /// How much in all, what has traded included.
        lots: i64,
        /// Its own name.
        name: u64,
    },
    /// An order is taken back.
    Cancel {
        /// In which market.
        market: usize,
        /// Which of the maker's places it was for.
        place: usize,
        /// Its own name.
        name: u64,
    },
    /// All orders in a market are taken back.
    CancelAll {
        /// In which market.
        market: usize,
    },
    /// An order that takes what there is.
    Take {
        /// In which market.
        market: usize,
        /// Which way.
        side: Side,
        /// How much.
        lots: i64,
        /// The worst price; none where what is held is to be closed at whatever there is.
        worst: Option<i64>,
        /// Whether it may only close what is held.
        closes: bool,
    },
    /// The leverage in a market.
    Leverage {
        /// In which market.
        market: usize,
        /// How many times the margin.
        times: u16,
    },
    /// What the account holds.
    Ask,
    /// Money from outside.
    Deposit(Money),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It was done.
    Done {
        /// How many lots of an order have traded by then; zero of anything else.
        traded: i64,
        /// Whether an order rests.
        rests: bool,
    },
    /// What the account holds: lots by the markets' numbers, below zero short. Other markets have none.
    Held(Vec<(usize, i64)>),
    /// The venue refused it.
    Refused(Why),
    /// The venue had too much to do, and did not do it.
    Shed,
    /// Nobody knows whether it was done.
    Lost,
}

/// Why something was refused, as far as it makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// There is no such order any more.
    Gone,
    /// It would have taken at once.
    WouldTake,
    /// The order is so already.
    Same,
    /// There is not enough money.
    Money,
    /// There is nothing to close, or it is being liquidated.
    NothingToClose,
    /// Anything else.
    Other,
}

impl Why {
    /// The reason that a code stands for.
    pub(crate) fn of(code: Option<ErrorCode>) -> Self {
        let is = |codes: &[ErrorCode]| code.is_some_and(|code| codes.contains(&code));
        if is(&[ErrorCode::NoSuchOrder, ErrorCode::CancelRejected]) {
            Self::Gone
        } else if is(&[ErrorCode::PostOnlyReject]) {
            Self::WouldTake
        } else if is(&[ErrorCode::SameOrder]) {
            Self::Same
        } else if is(&[ErrorCode::MarginNotSufficient, ErrorCode::BalanceNotSufficient]) {
            Self::Money
        } else if is(&[
            ErrorCode::ReduceOnlyReject,
            ErrorCode::ReduceOnlyMargin,
            ErrorCode::UserInLiquidation,
        ]) {
            Self::NothingToClose
        } else {
            Self::Other
        }
    }
}
