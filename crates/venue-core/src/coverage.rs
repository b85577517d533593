//! Whether the insurance fund would be enough.

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

/// The moves that a forecast is made for: 5, 10, 20 and 30 %.
pub const MOVES: [Ratio; 4] =
    [Ratio::from_bps(500), Ratio::from_bps(1_000), Ratio::from_bps(2_000), Ratio::from_bps(3_000)];

/// What the fund would have to pay at a move of all prices at once, if nothing could be sold on the way. What the two
/// largest would leave behind is what clearing houses hold their funds against ("cover 2").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The move.
    pub shock: Ratio,
    /// The fund.
    pub fund: Money,
    /// What the two accounts with the largest losses would be below zero.
    pub two_largest: Money,
    /// What all accounts together would be below zero.
    pub all: Money,
}

impl Coverage {
    /// Works it out from what each account would be below zero; what is above zero counts for nothing.
    pub(crate) fn of(shock: Ratio, fund: Money, equities: impl Iterator<Item = Money>) -> Self {
        let (mut first, mut second, mut all) = (Money::ZERO, Money::ZERO, Money::ZERO);
        for equity in equities {
            let loss = Money::ZERO.minus(equity).max(Money::ZERO);
            all = all.plus(loss);
            if loss > first {
                second = first;
                first = loss;
            } else {
                second = second.max(loss);
            }
        }
        Self { shock, fund, two_largest: first.plus(second), all }
    }

    /// The fund over the loss of the two largest, rounded down; `None` where there would be no loss.
    #[must_use]
    pub fn ratio(&self) -> Option<Ratio> {
        if self.two_largest <= Money::ZERO {
            return None;
        }
        let ratio = mul_div(self.fund.raw(), ONE, self.two_largest.raw(), Rounding::Down);
        Some(Ratio::from_raw(ratio.unwrap_or(i128::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_losses_are_what_counts() {
        // A fund that is held against the average is empty when somebody large fails.
        let of = |equities: &[i128]| {
            let equities = equities.iter().map(|equity| Money::whole(*equity));
            Coverage::of(Ratio::from_bps(1_000), Money::whole(30), equities)
        };
        let coverage = of(&[-7, 100, -20, -3, -20, 0]);
        assert_eq!((coverage.two_largest, coverage.all), (Money::whole(40), Money::whole(50)));
        assert_eq!(coverage.ratio(), Ratio::parse(b"0.75").ok());
        assert_eq!(of(&[-5]).ratio(), Some(Ratio::whole(6)));
        assert_eq!(of(&[5, 7]).ratio(), None);
        assert_eq!(of(&[]).all, Money::ZERO);
    }
}
