//! Medians: of some prices, and of weighted ones.

use units::{Price, Ratio};

/// A price and its weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weighted {
    /// The price.
    pub price: Price,
    /// Its weight, in any unit that all share.
    pub weight: u64,
}

/// The middle price; half way between the middle two of an even number. `None` of nothing.
///
/// Sorts what it is given.
#[must_use]
pub fn median(prices: &mut [Price]) -> Option<Price> {
    prices.sort_unstable();
    middle_two(prices).map(|(lower, upper)| lower.midpoint(upper))
}

/// The middle two of sorted values; twice the same of an odd number. `None` of nothing.
pub(crate) fn middle_two<T: Copy>(sorted: &[T]) -> Option<(T, T)> {
    let upper = sorted.len() >> 1;
    let lower = sorted.len().checked_sub(1)? >> 1;
    Some((*sorted.get(lower)?, *sorted.get(upper)?))
}

/// The middle ratio, as [`median`].
#[must_use]
pub(crate) fn median_ratio(ratios: &mut [Ratio]) -> Option<Ratio> {
    ratios.sort_unstable();
    middle_two(ratios).map(|(lower, upper)| lower.midpoint(upper))
}

/// The price that half the weight is below of. Where exactly half of it lies on either side, half way between the
/// two. `None` where there is no weight.
///
/// Sorts what it is given.
#[must_use]
pub fn weighted_median(prices: &mut [Weighted]) -> Option<Price> {
    prices.sort_unstable();
    weighted_quantile(prices, 1, 2)
}

/// The price that `part / of` of the weight is below of, of sorted prices; half way between two where that is
/// exact. `None` where there is no weight.
#[must_use]
pub fn weighted_quantile(sorted: &[Weighted], part: u64, of: u64) -> Option<Price> {
    let total: u128 = sorted.iter().map(|one| u128::from(one.weight)).sum();
    let wanted = total.saturating_mul(u128::from(part));
    let mut below = 0_u128;
    let mut held = sorted.iter().filter(|one| one.weight > 0).peekable();
    while let Some(one) = held.next() {
        below = below.saturating_add(u128::from(one.weight));
        let reached = below.saturating_mul(u128::from(of));
        if reached == wanted
            && let Some(next) = held.peek()
        {
            return Some(one.price.midpoint(next.price));
        }
        if reached >= wanted {
            return Some(one.price);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(of: &[i128]) -> Vec<Price> {
        of.iter().map(|price| Price::whole(*price)).collect()
    }

    fn weighted(of: &[(i128, u64)]) -> Vec<Weighted> {
        of.iter()
            .map(|(price, weight)| Weighted { price: Price::whole(*price), weight: *weight })
            .collect()
    }

    #[test]
    fn one_of_three_cannot_move_the_median() {
        assert_eq!(median(&mut prices(&[100, 101, 35])), Some(Price::whole(100)));
        assert_eq!(median(&mut prices(&[100, 102])), Some(Price::whole(101)));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn an_exact_tie_gives_the_midpoint() {
        // The lower of the two would hand the price to whoever holds exactly half.
        assert_eq!(weighted_median(&mut weighted(&[(100, 1), (90, 1)])), Some(Price::whole(95)));
        assert_eq!(weighted_median(&mut weighted(&[(100, 2), (90, 1)])), Some(Price::whole(100)));
        assert_eq!(
            weighted_median(&mut weighted(&[(100, 1), (95, 0), (90, 1)])),
            Some(Price::whole(95))
        );
        assert_eq!(weighted_median(&mut weighted(&[(100, 0)])), None);
    }

    #[test]
    fn quartiles_are_where_a_quarter_of_the_weight_is() {
        let sorted = weighted(&[(1, 1), (2, 1), (3, 1), (4, 2)]);
        assert_eq!(weighted_quantile(&sorted, 1, 4), Some(Price::whole(2)));
        assert_eq!(weighted_quantile(&sorted, 3, 4), Some(Price::whole(4)));
    }
}
