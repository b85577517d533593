//! What a sum of money would be bought and sold for now.

use units::fixed::mul_div;
use units::{Money, Rounding};

use crate::price::basis::TICK;
use crate::value::{Lots, Ticks, worth};

/// How many levels are looked at: a book that is thinner than that says nothing about a price.
const LEVELS_MAX: usize = 256;

/// The mean price at which `impact` of money would trade against the levels of a side, best first, in parts of a tick;
/// `None` where there is less. Of the last level only what is still missing counts.
pub(crate) fn impact_price(
    levels: impl Iterator<Item = (Ticks, Lots)>,
    impact: Money,
    tick_value: Money,
) -> Option<i128> {
    let (mut missing, mut lots, mut ticks) = (impact, Lots::ZERO, 0_i128);
    for (price, there) in levels.take(LEVELS_MAX) {
        let one = worth(Lots::new(1), price, tick_value);
        let needed = mul_div(missing.raw(), 1, one.raw(), Rounding::Up)?;
        let taken = there.min(i64::try_from(needed).map_or(there, Lots::new));
        missing = missing.minus(worth(taken, price, tick_value));
        lots = lots.plus(taken);
        let here = i128::from(taken.number()).saturating_mul(price.number().into());
        ticks = ticks.saturating_add(here);
        if missing <= Money::ZERO {
            return mul_div(ticks, TICK, lots.number().into(), Rounding::Down);
        }
    }
    None
}

/// Half way between the impact prices of both sides, rounded down; `None` where a side has none.
pub(crate) const fn impact_mid(bid: Option<i128>, ask: Option<i128>) -> Option<i128> {
    match (bid, ask) {
        (Some(bid), Some(ask)) => Some(bid.saturating_add(ask) >> 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(levels: &[(i64, i64)], impact: i128) -> Option<i128> {
        let levels = levels.iter().map(|&(price, lots)| (Ticks::new(price), Lots::new(lots)));
        impact_price(levels, Money::from_raw(impact), Money::from_raw(7))
    }

    #[test]
    fn an_impact_price_is_the_mean_of_what_would_trade() {
        // The best price alone is cheap to move; a mark made of it would liquidate for the cost of one lot.
        assert_eq!(price(&[(100, 5)], 700), Some(100 * TICK), "one lot");
        assert_eq!(price(&[(100, 5)], 701), Some(100 * TICK), "two");
        assert_eq!(price(&[(100, 1), (103, 9)], 701), Some(203 * TICK / 2));
        assert_eq!(price(&[(100, 1), (103, 9)], 700 + 9 * 721), Some((100 + 927) * TICK / 10));
        assert_eq!(price(&[(100, 1), (103, 9)], 701 + 9 * 721), None, "there is less");
        assert_eq!(price(&[], 1), None);
    }

    #[test]
    fn a_thin_book_has_no_impact_price() {
        // The walk is a part of every price; it must end.
        let levels: Vec<(i64, i64)> = (0..300).map(|level| (1_000 + level, 1)).collect();
        let best: i128 = (0..256).map(|level| 7 * (1_000 + level)).sum();
        assert!(price(&levels, best).is_some());
        assert_eq!(price(&levels, best + 1), None);
    }

    #[test]
    fn a_middle_needs_both_sides() {
        // One side alone says nothing about the other.
        assert_eq!(impact_mid(Some(3), Some(6)), Some(4));
        assert_eq!(impact_mid(None, Some(6)), None);
        assert_eq!(impact_mid(Some(3), None), None);
    }
}
