//! Weights by depth, capped so that neither one group nor a minority of them can carry the median.

use units::Ratio;

/// What all weights add up to.
pub const WEIGHT: u64 = 1_000_000_000;

/// Taken off the cap so that rounding never lets a minority reach half.
const MARGIN: u64 = 1_000;

/// Fewer groups than this have equal weights: with two or three there is nothing to weigh.
const WEIGHED_MIN: usize = 4;

/// Weights in proportion to some measure such as depth, none above the cap; what is cut off goes to the others
/// (water-filling). The cap is also kept below what would let a minority of the groups hold half: at the cap of 0.30
/// two of five would. Groups of unknown measure (`None`) get the median of those that are known. They add up to
/// [`WEIGHT`] but for rounding.
#[must_use]
pub fn capped_weights(measures: &[Option<u64>], cap: Ratio) -> Vec<u64> {
    let count = u64::try_from(measures.len()).unwrap_or(u64::MAX);
    let equal = WEIGHT.checked_div(count).unwrap_or(0);
    let mut known: Vec<u64> =
        measures.iter().flatten().copied().filter(|measure| *measure > 0).collect();
    if measures.len() < WEIGHED_MIN || known.is_empty() {
        return vec![equal; measures.len()];
    }
    known.sort_unstable();
    let middle = known.get(known.len() >> 1).copied().unwrap_or(1);
    let measures: Vec<u64> = measures.iter().map(|measure| measure.unwrap_or(middle)).collect();
    fill(&measures, cap_for(count, cap).max(equal))
}

/// The cap for so many groups.
fn cap_for(count: u64, cap: Ratio) -> u64 {
    let minority = count.saturating_sub(1) >> 1;
    let half = WEIGHT.checked_div(minority.saturating_mul(2)).unwrap_or(WEIGHT);
    // From trillionths to billionths.
    let configured = u64::try_from(cap.raw().checked_div(1_000).unwrap_or(0)).unwrap_or(WEIGHT);
    configured.min(half.saturating_sub(MARGIN))
}

/// Shares the whole weight in proportion, and again among the rest what those above the cap leave over.
fn fill(measures: &[u64], cap: u64) -> Vec<u64> {
    let mut weights = vec![0_u64; measures.len()];
    let mut capped = vec![false; measures.len()];
    // Each round caps at least one more, or is the last.
    for _ in 0..=measures.len() {
        let full =
            u64::try_from(capped.iter().filter(|capped| **capped).count()).unwrap_or(u64::MAX);
        let left = WEIGHT.saturating_sub(cap.saturating_mul(full));
        let open = || measures.iter().zip(&capped).filter(|(_, capped)| !**capped);
        let total: u128 = open().map(|(measure, _)| u128::from(*measure)).sum();
        let others = u64::try_from(open().count()).unwrap_or(u64::MAX);
        let mut more = false;
        for ((weight, measure), capped) in weights.iter_mut().zip(measures).zip(capped.iter_mut()) {
            if *capped {
                continue;
            }
            let share = u128::from(left).saturating_mul(u128::from(*measure)).checked_div(total);
            // Where nobody who is left has any depth they are equal.
            let share = share.and_then(|share| u64::try_from(share).ok());
            *weight = share.unwrap_or_else(|| left.checked_div(others).unwrap_or(0));
            if *weight > cap {
                (*weight, *capped, more) = (cap, true, true);
            }
        }
        if !more {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: Ratio = Ratio::from_bps(3_000);

    fn weights(measures: &[u64]) -> Vec<u64> {
        capped_weights(&measures.iter().copied().map(Some).collect::<Vec<_>>(), CAP)
    }

    #[test]
    fn no_venue_is_the_price_however_deep_it_is() {
        let six = weights(&[600, 100, 100, 100, 50, 50]);
        assert!(six.iter().all(|weight| *weight <= WEIGHT / 4), "{six:?}");
        assert!(six.iter().sum::<u64>() > WEIGHT - 10);
    }

    #[test]
    fn the_cap_holds_after_others_have_dropped_out() {
        // Fixed weights leave one venue with most of the vote where few list the asset.
        let four = weights(&[600, 100, 100, 100]);
        assert_eq!(four[0], 300_000_000, "{four:?}");
        assert_eq!(weights(&[600, 100, 100]), [WEIGHT / 3; 3]);
    }

    #[test]
    fn a_minority_never_holds_half() {
        for count in 4..12 {
            for deep in 1..=(count - 1) / 2 {
                let measures: Vec<u64> =
                    (0..count).map(|place| if place < deep { 1_000_000 } else { 1 }).collect();
                let weights = weights(&measures);
                let minority: u64 = weights.iter().take(deep).sum();
                let total: u64 = weights.iter().sum();
                assert!(minority * 2 < total, "{deep} of {count} hold {minority} of {total}");
            }
        }
    }

    #[test]
    fn who_does_not_show_a_book_is_taken_for_ordinary() {
        let weights = capped_weights(&[Some(100), None, Some(100), Some(100)], CAP);
        assert_eq!(weights, [WEIGHT / 4; 4]);
        assert_eq!(capped_weights(&[None; 5], CAP), [WEIGHT / 5; 5]);
        assert_eq!(capped_weights(&[], CAP), Vec::<u64>::new());
    }
}
