//! The tape: every liquidation and deleveraging, numbered without a gap and chained by hash.

mod show;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use units::{Money, Price, Timestamp};

use crate::id::{AccountId, AssetId, MarketId};
use crate::value::{Lots, PositionSide, Side, Ticks};

/// An entry of the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeEntry {
    /// Its number, from 1 on, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub account: AccountId,
    /// What was liquidated.
    pub what: Liquidated,
    /// What the account paid to the fund.
    pub fee: Money,
    /// What of the loss the fund paid.
    pub fund_paid: Money,
    /// What of the loss holders paid out of their profit.
    pub holders_paid: Money,
    /// What of the loss everybody paid.
    pub socialised: Money,
    /// What of the loss nobody paid: the account stays below zero by it.
    pub unpaid: Money,
    /// The fund after it.
    pub fund: Money,
    /// The hash over this entry and the one before.
    pub hash: [u8; 32],
}

/// What was liquidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liquidated {
    /// Lots of a position.
    Position {
        /// Where.
        market: MarketId,
        /// Which of the account's positions there.
        position: PositionSide,
        /// The side of the order that closed it.
        side: Side,
        /// How many lots were closed.
        lots: Lots,
        /// At which price.
        price: Ticks,
        /// The mark then.
        mark: Ticks,
        /// The price at which nothing would have been left.
        bankruptcy: Ticks,
        /// Who took the lots.
        taken_by: TakenBy,
    },
    /// Collateral of a margin loan, which the venue's house took over.
    Collateral {
        /// Of what.
        asset: AssetId,
        /// How much.
        amount: Money,
        /// The price of one whole unit before the discount.
        price: Price,
        /// What the account got for it.
        credited: Money,
    },
    /// What an account owes that has nothing left.
    Debt,
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

/// What is wrong with a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TapeFault {
    /// An entry is missing, or there twice.
    #[error("entry {0} does not follow the one before")]
    Gap(u64),
    /// An entry was changed, or one before it.
    #[error("the hash of entry {0} is not that of what is written")]
    Hash(u64),
}

/// The end of a tape: all that the next entry needs to know of those before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapeEnd {
    /// The number of the last entry; 0 where there is none.
    pub number: u64,
    /// Its hash; noughts where there is none.
    pub hash: [u8; 32],
}

impl TapeEnd {
    /// Numbers an entry and chains it to the tape; what is in `number` and `hash` before does not matter.
    pub(crate) fn append(&mut self, mut entry: TapeEntry) -> TapeEntry {
        entry.number = self.number.saturating_add(1);
        entry.hash = entry.digest(&self.hash);
        *self = Self { number: entry.number, hash: entry.hash };
        entry
    }

    /// Looks whether an entry follows, and takes it as the new end.
    ///
    /// # Errors
    /// Where it does not follow, or was changed.
    pub fn follow(&mut self, entry: &TapeEntry) -> Result<(), TapeFault> {
        if entry.number != self.number.saturating_add(1) {
            return Err(TapeFault::Gap(entry.number));
        }
        if entry.hash != entry.digest(&self.hash) {
            return Err(TapeFault::Hash(entry.number));
        }
        *self = Self { number: entry.number, hash: entry.hash };
        Ok(())
    }
}

impl TapeEntry {
    /// The hash over the hash before and all that is written, each number at its full width and the highest byte first.
    fn digest(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(self.number.to_be_bytes());
        hasher.update(self.at.as_nanos().to_be_bytes());
        hasher.update(self.account.number().to_be_bytes());
        self.what.update(&mut hasher);
        for money in
            [self.fee, self.fund_paid, self.holders_paid, self.socialised, self.unpaid, self.fund]
        {
            hasher.update(money.raw().to_be_bytes());
        }
        hasher.finalize().into()
    }
}

impl Liquidated {
    fn update(&self, hasher: &mut Sha256) {
        match *self {
            Self::Position { market, position, side, lots, price, mark, bankruptcy, taken_by } => {
                hasher.update([0, position_byte(position), side_byte(side), taken_by.byte()]);
                hasher.update(market.number().to_be_bytes());
                for number in [lots.number(), price.number(), mark.number(), bankruptcy.number()] {
                    hasher.update(number.to_be_bytes());
                }
            }
            Self::Collateral { asset, amount, price, credited } => {
                hasher.update([1]);
                hasher.update(asset.number().to_be_bytes());
                for number in [amount.raw(), price.raw(), credited.raw()] {
                    hasher.update(number.to_be_bytes());
                }
            }
            Self::Debt => hasher.update([2]),
        }
    }
}

impl TakenBy {
    const fn byte(self) -> u8 {
        match self {
            Self::Book => 0,
            Self::Backstop => 1,
            Self::Holders => 2,
        }
    }
}

const fn position_byte(position: PositionSide) -> u8 {
    match position {
        PositionSide::Both => 0,
        PositionSide::Long => 1,
        PositionSide::Short => 2,
    }
}

const fn side_byte(side: Side) -> u8 {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(account: u32) -> TapeEntry {
        TapeEntry {
            number: 0,
            at: Timestamp::from_nanos(7),
            account: AccountId::new(account),
            what: Liquidated::Position {
                market: MarketId::new(1),
                position: PositionSide::Both,
                side: Side::Sell,
                lots: Lots::new(3),
                price: Ticks::new(99),
                mark: Ticks::new(100),
                bankruptcy: Ticks::new(95),
                taken_by: TakenBy::Book,
            },
            fee: Money::ONE,
            fund_paid: Money::ZERO,
            holders_paid: Money::ZERO,
            socialised: Money::ZERO,
            unpaid: Money::ZERO,
            fund: Money::whole(9),
            hash: [0; 32],
        }
    }

    fn verify<'a>(entries: impl IntoIterator<Item = &'a TapeEntry>) -> Result<(), TapeFault> {
        let mut end = TapeEnd::default();
        entries.into_iter().try_for_each(|entry| end.follow(entry))
    }

    #[test]
    fn a_tape_that_was_changed_or_cut_is_found() {
        // Who could leave a liquidation out would publish fewer of them than there were.
        let mut end = TapeEnd::default();
        let mut tape: Vec<_> = (0..4).map(|number| end.append(entry(number))).collect();
        assert_eq!(verify(&tape), Ok(()));
        assert_eq!(verify(tape.iter().skip(1)), Err(TapeFault::Gap(2)));
        assert_eq!(verify([&tape[0], &tape[2]]), Err(TapeFault::Gap(3)));
        assert_eq!(verify([&tape[0], &tape[0]]), Err(TapeFault::Gap(1)));
        tape[1].fund_paid = Money::ONE;
        assert_eq!(verify(&tape), Err(TapeFault::Hash(2)));
        // Whoever works the hash of the changed entry out again changes that of the next.
        tape[1].hash = tape[1].digest(&tape[0].hash);
        assert_eq!(verify(&tape), Err(TapeFault::Hash(3)));
    }

    #[test]
    fn every_field_is_in_the_hash() {
        // What is not in it can be changed without anybody finding out.
        let digest = |change: fn(&mut TapeEntry)| {
            let mut entry = entry(0);
            change(&mut entry);
            entry.digest(&[0; 32])
        };
        let mut seen = vec![
            digest(|_| {}),
            digest(|entry| entry.number = 1),
            digest(|entry| entry.at = Timestamp::ZERO),
            digest(|entry| entry.account = AccountId::new(1)),
            digest(|entry| entry.fee = Money::ZERO),
            digest(|entry| entry.fund_paid = Money::ONE),
            digest(|entry| entry.holders_paid = Money::ONE),
            digest(|entry| entry.socialised = Money::ONE),
            digest(|entry| entry.unpaid = Money::ONE),
            digest(|entry| entry.fund = Money::ONE),
            digest(|entry| entry.what = Liquidated::Debt),
        ];
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
