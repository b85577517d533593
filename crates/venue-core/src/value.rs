//! Prices in ticks, quantities in lots, and sides.

use std::fmt;

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

/// Prices and quantities are below this, so that a notional in trillionths fits 128 bits with room for sums.
pub const WHOLE_LIMIT: i64 = 1 << 40;

/// Defines a whole number of something.
macro_rules! whole {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// None.
            pub const ZERO: Self = Self(0);

            /// So many.
            #[must_use]
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// How many.
            #[must_use]
            pub const fn number(self) -> i64 {
                self.0
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

            /// The number below zero; stays at the end of the range.
            #[must_use]
            pub const fn negated(self) -> Self {
                Self(self.0.saturating_neg())
            }

            /// The size, without its sign.
            #[must_use]
            pub const fn size(self) -> Self {
                Self(self.0.saturating_abs())
            }

            /// Whether it is above zero and below [`WHOLE_LIMIT`].
            #[must_use]
            pub const fn is_within_limit(self) -> bool {
                self.0 > 0 && self.0 < WHOLE_LIMIT
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

whole!(
    /// A price as a number of the market's ticks.
    Ticks
);
whole!(
    /// A quantity as a number of the market's lots; below zero it is a short position or a sale.
    Lots
);

/// The end of the range on a number's side of zero, which is where a sum or a difference that does not fit would lie. Set
/// apart, so that one that fits costs no more than itself and a look at the flag.
#[cold]
const fn end_of(number: i64) -> i64 {
    if number < 0 { i64::MIN } else { i64::MAX }
}

/// A value, and the lowest and the highest that it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends<T> {
    /// What it is taken for.
    pub(crate) at: T,
    /// The lowest.
    pub(crate) low: T,
    /// The highest.
    pub(crate) high: T,
}

impl<T: Copy> Ends<T> {
    /// A value that is known.
    pub(crate) const fn known(value: T) -> Self {
        Self { at: value, low: value, high: value }
    }
}

impl Ticks {
    /// A part of a price, rounded down; all of it where it does not fit.
    #[must_use]
    pub fn part(self, part: Ratio) -> Self {
        let ticks = mul_div(self.0.into(), part.raw(), ONE, Rounding::Down);
        ticks.and_then(|ticks| i64::try_from(ticks).ok()).map_or(self, Self)
    }
}

/// What a quantity is worth at a price, where one lot is worth `tick_value` for each tick. Exact; below zero for
/// lots below zero. Stays at the end of the range, which values within [`WHOLE_LIMIT`] never reach.
#[must_use]
pub fn worth(lots: Lots, price: Ticks, tick_value: Money) -> Money {
    if let (Some(ticks), Ok(each)) =
        (lots.number().checked_mul(price.number()), i64::try_from(tick_value.raw()))
    {
        return Money::from_raw(i128::from(ticks).wrapping_mul(i128::from(each)));
    }
    // A product of two 64-bit numbers always fits.
    let ticks = i128::from(lots.number()).wrapping_mul(i128::from(price.number()));
    Money::from_raw(product(ticks, tick_value.raw()))
}

/// A product that stays at the end of the range. Nearly all factors are small, and then it is one multiplication; the
/// general one costs ten times as much, and is on the way of every order.
pub(crate) fn product(one: i128, other: i128) -> i128 {
    match (i64::try_from(one), i64::try_from(other)) {
        (Ok(one), Ok(other)) => i128::from(one).wrapping_mul(i128::from(other)),
        _ => one.saturating_mul(other),
    }
}

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Bids.
    Buy,
    /// Asks.
    Sell,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// The side of orders that close a position of so many lots.
    pub(crate) const fn that_closes(lots: Lots) -> Self {
        if lots.number() > 0 { Self::Sell } else { Self::Buy }
    }

    /// Lots as the change that a trade on this side makes to a position.
    #[must_use]
    pub const fn signed(self, lots: Lots) -> Lots {
        match self {
            Self::Buy => lots,
            Self::Sell => lots.negated(),
        }
    }

    /// The one of two limits of this side that goes less far.
    pub(crate) fn nearer(self, one: Ticks, other: Ticks) -> Ticks {
        match self {
            Self::Buy => one.min(other),
            Self::Sell => one.max(other),
        }
    }

    /// Whether a limit of this side would trade at a price of the other.
    #[must_use]
    pub const fn reaches(self, limit: Ticks, price: Ticks) -> bool {
        match self {
            Self::Buy => limit.number() >= price.number(),
            Self::Sell => limit.number() <= price.number(),
        }
    }
}

/// Which of an account's positions in a market is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PositionSide {
    /// The only one: one-way mode.
    #[default]
    Both,
    /// The long one of hedge mode.
    Long,
    /// The short one of hedge mode.
    Short,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_stay_at_the_ends() {
        // Lots that come around from one end to the other turn a position.
        for one in [i64::MAX, i64::MIN, 0, 1, -1] {
            for other in [i64::MAX, i64::MIN, 0, 1, -1] {
                let (lots, more) = (Lots::new(one), Lots::new(other));
                assert_eq!(lots.plus(more).number(), one.saturating_add(other));
                assert_eq!(lots.minus(more).number(), one.saturating_sub(other));
            }
        }
    }

    #[test]
    fn worth_is_exact_and_has_the_sign_of_the_lots() {
        // A notional that is rounded makes or loses money at every trade.
        let tick_value = Money::from_raw(100_000_000);
        assert_eq!(worth(Lots::new(3), Ticks::new(7), tick_value).raw(), 2_100_000_000);
        assert_eq!(worth(Lots::new(-3), Ticks::new(7), tick_value).raw(), -2_100_000_000);
        let most = Lots::new(WHOLE_LIMIT);
        assert_eq!(worth(most, Ticks::new(WHOLE_LIMIT), Money::from_raw(1)).raw(), 1_i128 << 80);
    }

    #[test]
    fn a_part_of_a_price_is_rounded_down() {
        // A band that is rounded up lets orders through that are beyond it.
        assert_eq!(Ticks::new(199).part(Ratio::from_bps(100)), Ticks::new(1));
    }

    #[test]
    fn a_limit_reaches_prices_at_least_as_good() {
        // A buyer must never pay more than the limit, nor a seller get less.
        let (low, high) = (Ticks::new(9), Ticks::new(10));
        assert!(Side::Buy.reaches(high, low) && Side::Buy.reaches(low, low));
        assert!(!Side::Buy.reaches(low, high));
        assert!(Side::Sell.reaches(low, high) && Side::Sell.reaches(high, high));
        assert!(!Side::Sell.reaches(high, low));
    }
}
