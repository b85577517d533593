//! What trades cost, as parts of what they are worth.

use units::fixed::ONE;
use units::{Money, Ratio, Rounding};

use crate::settings::Fees;

/// A part that is taken of amounts, rounded up, also below zero. Kept as a fraction in lowest terms too: rates have few
/// digits, so that the exact part of nearly every amount is one multiplication and one division in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FeeRate {
    rate: Ratio,
    /// So many parts,
    parts: i64,
    /// of so many; zero where that does not fit.
    of: i64,
}

/// The rates of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeeRates {
    /// Of orders that rested.
    maker: FeeRate,
    /// Of orders that arrive.
    taker: FeeRate,
}

/// Which of a market's rates an order pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pays {
    /// That of orders that rested.
    Maker,
    /// That of orders that arrive.
    Taker,
    /// None.
    Nothing,
}

impl FeeRates {
    /// What an order costs that trades for so much.
    pub(crate) fn of(&self, pays: Pays, notional: Money) -> Money {
        match pays {
            Pays::Maker => self.maker.of(notional),
            Pays::Taker => self.taker.of(notional),
            Pays::Nothing => Money::ZERO,
        }
    }

    pub(crate) fn new(fees: &Fees) -> Self {
        Self { maker: FeeRate::new(fees.maker), taker: FeeRate::new(fees.taker) }
    }
}

impl Default for FeeRate {
    fn default() -> Self {
        Self { rate: Ratio::ZERO, parts: 0, of: 1 }
    }
}

impl FeeRate {
    fn new(rate: Ratio) -> Self {
        let shared = common(rate.raw().unsigned_abs(), ONE.unsigned_abs());
        let shared = i128::try_from(shared).unwrap_or(1);
        let lowest = |number: i128| number.checked_div(shared).and_then(|it| it.try_into().ok());
        // A division by zero is none, so that every amount goes the long way then.
        let (parts, of) = lowest(rate.raw()).zip(lowest(ONE)).unwrap_or((0, 0));
        Self { rate, parts, of }
    }

    /// What is taken of an amount; nothing where that does not fit.
    fn of(self, amount: Money) -> Money {
        if let Some(part) = self.quick(amount) {
            return part;
        }
        amount.times(self.rate, Rounding::Up).unwrap_or(Money::ZERO)
    }

    /// The same, where 64 bits are enough.
    fn quick(self, amount: Money) -> Option<Money> {
        let product = i64::try_from(amount.raw()).ok()?.checked_mul(self.parts)?;
        let down = product.checked_div(self.of)?;
        // Towards zero is up for what is below.
        let rest = product.checked_rem(self.of)?;
        let part = i128::from(down).wrapping_add(i128::from(rest > 0));
        Some(Money::from_raw(part))
    }
}

/// The largest number that divides both.
fn common(mut one: u128, mut other: u128) -> u128 {
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nearly_all_fees_go_the_short_way() {
        // Otherwise every trade pays for two long divisions.
        let amount = Money::whole(900_000);
        for bps in [-1, 0, 2, 5] {
            assert!(FeeRate::new(Ratio::from_bps(bps)).quick(amount).is_some(), "{bps}");
        }
    }

    proptest! {
        #[test]
        fn a_fee_is_the_exact_part_rounded_up(
            amount in prop_oneof![any::<i64>().prop_map(i128::from), any::<i128>()],
            small in any::<bool>(),
            rate in prop_oneof![-100_i128..1_000, -ONE..ONE, any::<i128>()],
        ) {
            // A fee that differs by a unit makes or loses money against the record of it.
            let amount = Money::from_raw(if small { amount >> 24 } else { amount });
            let rates = [Ratio::from_raw(rate), Ratio::from_raw(rate.saturating_mul(10_000_000))];
            for rate in rates {
                let exact = amount.times(rate, Rounding::Up).unwrap_or(Money::ZERO);
                prop_assert_eq!(FeeRate::new(rate).of(amount), exact);
            }
        }
    }
}
