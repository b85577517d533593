//! Exact values: what a number stands for is in its type.

use core::fmt;

use crate::fixed::{self, DecimalError, ONE, Rounding};

/// A hundredth of a per cent, in trillionths.
const ONE_BPS: i128 = 100_000_000;

/// What every exact value can do.
macro_rules! exact {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i128);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// One.
            pub const ONE: Self = Self(ONE);

            /// The value of so many trillionths.
            #[must_use]
            pub const fn from_raw(trillionths: i128) -> Self {
                Self(trillionths)
            }

            /// A whole number; stays at the end of the range.
            #[must_use]
            pub const fn whole(number: i128) -> Self {
                Self(number.saturating_mul(ONE))
            }

            /// The value in trillionths.
            #[must_use]
            pub const fn raw(self) -> i128 {
                self.0
            }

            /// Reads a decimal number, such as `25.3519` or `1e-7`.
            ///
            /// # Errors
            /// Where the text is no decimal number, or too large.
            pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
                fixed::parse(text).map(Self)
            }

            /// The sum; stays at the end of the range.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                match self.0.checked_add(other.0) {
                    Some(sum) => Self(sum),
                    None => Self(end_of(self.0)),
                }
            }

            /// The difference; stays at the end of the range.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                match self.0.checked_sub(other.0) {
                    Some(rest) => Self(rest),
                    None => Self(end_of(self.0)),
                }
            }

            /// The value times a ratio; `None` where it does not fit.
            #[must_use]
            pub fn times(self, ratio: Ratio, rounding: Rounding) -> Option<Self> {
                fixed::mul_div(self.0, ratio.0, ONE, rounding).map(Self)
            }

            /// Half way between two values, rounded down.
            #[must_use]
            pub const fn midpoint(self, other: Self) -> Self {
                Self(i128::midpoint(self.0, other.0))
            }

            /// How far apart two values are.
            #[must_use]
            pub const fn distance(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0).saturating_abs())
            }
        }

        impl fmt::Display for $name {
            /// Writes the number with as many places as it needs, twelve at most.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fixed::write(self.0, formatter)
            }
        }
    };
}

/// The end of the range on a number's side of zero, which is where a sum or a difference that does not fit would lie. Set
/// apart, so that one that fits costs no more than itself and a look at the flag.
#[cold]
const fn end_of(number: i128) -> i128 {
    if number < 0 { i128::MIN } else { i128::MAX }
}

exact! {
    /// What one unit of an asset costs, in units of another.
    Price
}
exact! {
    /// A share, a factor or an exchange rate: a number without a unit.
    Ratio
}
exact! {
    /// So much of an asset.
    Quantity
}
exact! {
    /// An amount of money, in the unit of account.
    Money
}

impl Price {
    /// This price as a part of another: how many times that one it is. `None` where that is zero or less.
    #[must_use]
    pub fn over(self, other: Self, rounding: Rounding) -> Option<Ratio> {
        if other.0 <= 0 {
            return None;
        }
        fixed::mul_div(self.0, ONE, other.0, rounding).map(Ratio)
    }

    /// How far this price is from another, as a part of that one; `None` where that is zero or less.
    #[must_use]
    pub fn deviation(self, from: Self) -> Option<Ratio> {
        self.distance(from).over(from, Rounding::Nearest)
    }

    /// What a quantity costs at this price; `None` where it does not fit.
    #[must_use]
    pub fn of(self, quantity: Quantity, rounding: Rounding) -> Option<Money> {
        fixed::mul_div(self.0, quantity.0, ONE, rounding).map(Money)
    }
}

impl Ratio {
    /// So many hundredths of a per cent.
    #[must_use]
    pub const fn from_bps(bps: i128) -> Self {
        Self(bps.saturating_mul(ONE_BPS))
    }

    /// This ratio in whole hundredths of a per cent, rounded towards zero.
    #[must_use]
    pub fn as_bps(self) -> i64 {
        let bps = self.0.checked_div(ONE_BPS).unwrap_or(0);
        i64::try_from(bps).unwrap_or(if bps < 0 { i64::MIN } else { i64::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_stay_at_the_ends() {
        // Money that comes around from one end to the other is made of nothing.
        let (most, least) = (Money::from_raw(i128::MAX), Money::from_raw(i128::MIN));
        for one in [most, least, Money::ZERO, Money::ONE, Money::from_raw(-1)] {
            for other in [most, least, Money::ZERO, Money::ONE, Money::from_raw(-1)] {
                assert_eq!(one.plus(other).raw(), one.raw().saturating_add(other.raw()));
                assert_eq!(one.minus(other).raw(), one.raw().saturating_sub(other.raw()));
            }
        }
    }

    #[test]
    fn a_value_is_written_as_it_is_read() {
        for text in ["0", "1", "-1", "25.3519", "0.000000000001", "-0.5", "68900.01"] {
            assert_eq!(Price::parse(text.as_bytes()).expect("a number").to_string(), text);
        }
        assert_eq!(Price::parse(b"1.50").expect("a number").to_string(), "1.5");
    }

    #[test]
    fn deviations_are_parts_of_what_they_are_from() {
        let one = Price::ONE;
        let low = Price::parse(b"0.65").expect("a number");
        assert_eq!(low.deviation(one), Ratio::parse(b"0.35").ok());
        assert_eq!(low.deviation(Price::ZERO), None);
        assert_eq!(Ratio::from_bps(50), Ratio::parse(b"0.005").expect("a number"));
        assert_eq!(Ratio::from_bps(-50).as_bps(), -50);
    }

    #[test]
    fn money_is_rounded_as_named() {
        let price = Price::parse(b"0.000000000003").expect("a number");
        let half = Quantity::parse(b"0.5").expect("a number");
        assert_eq!(price.of(half, Rounding::Down), Some(Money::from_raw(1)));
        assert_eq!(price.of(half, Rounding::Up), Some(Money::from_raw(2)));
    }
}
