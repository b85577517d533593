//! Sharing a whole number out, exactly.

use thiserror::Error;
use units::Rounding;
use units::fixed::mul_div;

use crate::id::AccountId;

/// What cannot be shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShareError {
    /// There is more to share than all weights together: somebody would have to take more than their weight.
    #[error("there is more to share out than all can take together")]
    TooMuch,
    /// A weight, or what is to be shared, is below zero, or all weights together do not fit.
    #[error("what is shared out, or somebody's weight, is below zero or too large")]
    OutOfRange,
}

/// Shares `total` out in proportion to the weights, by largest remainder: each gets `total x weight / all weights`
/// rounded down, and the units that are left over go one each to the largest remainders, of equal ones to the lower
/// account. The parts are in the order of the weights; their sum is `total`, nobody gets more than the weight, and the
/// order of the weights makes no difference.
///
/// # Errors
/// Where `total` is more than all weights together, or a number is below zero.
///
/// Source: research, 2.6 (integer pro rata).
pub fn share(total: i128, weights: &[(AccountId, i128)]) -> Result<Vec<i128>, ShareError> {
    let mut all = 0_i128;
    for (_, weight) in weights {
        if *weight < 0 {
            return Err(ShareError::OutOfRange);
        }
        all = all.checked_add(*weight).ok_or(ShareError::OutOfRange)?;
    }
    if total < 0 {
        return Err(ShareError::OutOfRange);
    }
    if total > all {
        return Err(ShareError::TooMuch);
    }
    if total == 0 {
        return Ok(vec![0; weights.len()]);
    }
    let mut left = total;
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (place, (account, weight)) in weights.iter().enumerate() {
        let part = mul_div(total, *weight, all, Rounding::Down).ok_or(ShareError::OutOfRange)?;
        // Both products may be larger than the type, but the remainder is below `all`: what wraps cancels out.
        let remainder = total.wrapping_mul(*weight).wrapping_sub(part.wrapping_mul(all));
        left = left.saturating_sub(part);
        parts.push(part);
        remainders.push((remainder, *account, place));
    }
    let units = usize::try_from(left).unwrap_or(usize::MAX);
    // Which are the largest is enough; their order makes no difference.
    if units < remainders.len() {
        let first = |one: &(i128, AccountId, usize), other: &(i128, AccountId, usize)| {
            other.0.cmp(&one.0).then(one.1.cmp(&other.1))
        };
        let _ = remainders.select_nth_unstable_by(units, first);
    }
    for (_, _, place) in remainders.into_iter().take(units) {
        if let Some(part) = parts.get_mut(place) {
            *part = part.saturating_add(1);
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use machine::Prng;

    use super::*;

    fn weights(weights: &[i128]) -> Vec<(AccountId, i128)> {
        weights.iter().zip(0..).map(|(weight, number)| (AccountId::new(number), *weight)).collect()
    }

    #[test]
    fn the_published_example_is_shared_to_the_unit() {
        // A haircut that is not the deficit to the unit makes or loses money. Source: research, 2.6.
        let holders = weights(&[7_000_003, 2_999_999, 1, 0]);
        assert_eq!(share(1_000_001, &holders), Ok(vec![700_001, 300_000, 0, 0]));
        assert_eq!(
            share(10_000_004, &holders),
            Err(ShareError::TooMuch),
            "an error and not a clamp"
        );
        assert_eq!(share(-1, &holders), Err(ShareError::OutOfRange));
        assert_eq!(share(1, &weights(&[2, -1])), Err(ShareError::OutOfRange));
        assert_eq!(share(0, &[]), Ok(vec![]));
        assert_eq!(share(1, &[]), Err(ShareError::TooMuch));
    }

    #[test]
    fn equal_remainders_go_to_the_lower_account() {
        // Two programs that break a tie differently give different events.
        let holders = [(AccountId::new(9), 5), (AccountId::new(2), 5), (AccountId::new(4), 5)];
        assert_eq!(share(7, &holders), Ok(vec![2, 3, 2]));
        assert_eq!(share(8, &holders), Ok(vec![2, 3, 3]));
    }

    #[test]
    fn the_largest_amounts_are_exact() {
        // Products beyond the type must not spoil a remainder.
        let large = 1_i128 << 110;
        let parts = share(large, &weights(&[large, large - 1, 1])).expect("it can be shared");
        assert_eq!(parts.iter().sum::<i128>(), large);
        assert_eq!(parts, vec![large / 2, large / 2, 0]);
    }

    #[test]
    fn parts_add_up_whatever_the_order() {
        // Somebody's share must not depend on where in a table they stand.
        let mut random = Prng::new(26);
        for _ in 0..2_000 {
            let count = 1 + random.below(8);
            let mut holders: Vec<_> = (0..count)
                .map(|number| {
                    let account = AccountId::new(u32::try_from(number).expect("a small number"));
                    let bits = random.below(50);
                    (account, i128::from(random.below(1 << bits)))
                })
                .collect();
            let all: i128 = holders.iter().map(|(_, weight)| weight).sum();
            let total = i128::from(random.below(u64::try_from(all).expect("it fits") + 1));
            let parts = share(total, &holders).expect("it can be shared");
            assert_eq!(parts.iter().sum::<i128>(), total);
            assert!(parts.iter().zip(&holders).all(|(part, (_, weight))| part <= weight));
            let mut given: Vec<_> =
                holders.iter().zip(&parts).map(|((account, _), part)| (*account, *part)).collect();
            holders.reverse();
            let reversed = share(total, &holders).expect("it can be shared");
            let again: Vec<_> =
                holders.iter().zip(reversed).map(|((account, _), part)| (*account, part)).collect();
            given.reverse();
            assert_eq!(given, again);
        }
    }
}
