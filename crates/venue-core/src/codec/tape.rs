//! Entries of the tape, for readers that keep some.

use machine::{codec_enum, codec_struct};

use crate::tape::{Liquidated, TakenBy, TapeEntry};

codec_struct! {
    TapeEntry {
        number, at, account, what, fee, fund_paid, holders_paid, socialised, unpaid, fund, hash,
    }
}

codec_enum! {
    Liquidated {
        0 = Position { market, position, side, lots, price, mark, bankruptcy, taken_by },
        1 = Collateral { asset, amount, price, credited },
        2 = Debt,
    }
    TakenBy { 0 = Book, 1 = Backstop, 2 = Holders }
}
