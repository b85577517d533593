//! The least amount that is enough.

use units::Money;

/// The least amount, from one unit on, that is enough, where all larger ones are too; `most` where none below it is.
pub(crate) fn least(most: Money, enough: impl Fn(Money) -> bool) -> Money {
    let (mut low, mut high) = (0_i128, most.raw());
    // Everything up to `low` is not enough; `high` is, or is all there is.
    while high.saturating_sub(low) > 1 {
        let middle = i128::midpoint(low, high);
        if enough(Money::from_raw(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Money::from_raw(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_found_to_the_unit() {
        // A unit too much is taken from somebody who did not owe it.
        let least = |most, from| {
            least(Money::from_raw(most), |amount| amount >= Money::from_raw(from)).raw()
        };
        assert_eq!(least(1_000, 437), 437);
        assert_eq!(least(1_000, 1), 1);
        assert_eq!(least(1_000, 1_000), 1_000);
        assert_eq!(least(1_000, 2_000), 1_000, "all of it");
        assert_eq!(least(1 << 110, (1 << 109) + 7), (1 << 109) + 7);
    }
}
