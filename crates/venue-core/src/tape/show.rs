//! An entry of the tape as a line for people.

use std::fmt;

use super::{Liquidated, TakenBy, TapeEntry};
use crate::value::Side;

impl fmt::Display for TapeEntry {
    /// What happened, who absorbed it, and the fund after it. Prices are in ticks and quantities in lots; money is in the
    /// settlement asset. Who paid nothing is not named.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.number, self.account, self.what)?;
        for (amount, what) in [
            (self.fee, "fee"),
            (self.fund_paid, "paid by the fund"),
            (self.holders_paid, "paid by holders"),
            (self.socialised, "paid by all"),
            (self.unpaid, "unpaid"),
        ] {
            if amount.raw() != 0 {
                write!(formatter, ", {what} {amount}")?;
            }
        }
        write!(formatter, "; fund {}", self.fund)
    }
}

impl fmt::Display for Liquidated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position { market, side, lots, price, mark, bankruptcy, taken_by, .. } => {
                let done = match side {
                    Side::Buy => "bought",
                    Side::Sell => "sold",
                };
                write!(formatter, "{done} {lots} lots of {market} at {price} to {taken_by}")?;
                write!(formatter, " (mark {mark}, bankruptcy {bankruptcy})")
            }
            Self::Collateral { asset, amount, price, credited } => {
                write!(formatter, "{amount} of {asset} at {price} converted into {credited}")
            }
            Self::Debt => formatter.write_str("debt without anything left"),
        }
    }
}

impl fmt::Display for TakenBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Book => "the book",
            Self::Backstop => "the backstop",
            Self::Holders => "the opposite holders",
        })
    }
}

#[cfg(test)]
mod tests {
    use units::{Money, Timestamp};

    use super::*;
    use crate::id::{AccountId, MarketId};
    use crate::value::{Lots, PositionSide, Ticks};

    #[test]
    fn a_line_names_who_paid_and_nobody_else() {
        // Whoever reads the tape on the worst day has to see at once whose the loss is.
        let what = Liquidated::Position {
            market: MarketId::new(2),
            position: PositionSide::Both,
            side: Side::Sell,
            lots: Lots::new(30),
            price: Ticks::new(980),
            mark: Ticks::new(979),
            bankruptcy: Ticks::new(985),
            taken_by: TakenBy::Book,
        };
        let entry = TapeEntry {
            number: 7,
            at: Timestamp::ZERO,
            account: AccountId::new(4),
            what,
            fee: Money::ZERO,
            fund_paid: Money::from_raw(12_500_000_000_000),
            holders_paid: Money::ZERO,
            socialised: Money::ZERO,
            unpaid: Money::ZERO,
            fund: Money::whole(100),
            hash: [0; 32],
        };
        let line = "7 account 4: sold 30 lots of market 2 at 980 to the book (mark 979, bankruptcy 985), paid by the \
                    fund 12.5; fund 100";
        assert_eq!(entry.to_string(), line);
    }
}
