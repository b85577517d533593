//! Weights by depth, capped so that neither one group nor a minority of them can carry the median.

use units::Ratio;

use crate::group::GroupPrice;

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
    let group = |depth: &Option<u64>| GroupPrice { depth: *depth, ..GroupPrice::default() };
    let mut groups: Vec<GroupPrice> = measures.iter().map(group).collect();
    share_out(&mut groups, cap);
    groups.iter().map(|group| group.weight).collect()
}

/// Gives groups their weights by depth, as [`capped_weights`] does. The depth of those whose clock is off counts half;
/// halving their weights instead would leave a minority of the others with half of what remains.
pub(crate) fn share_out(groups: &mut [GroupPrice], cap: Ratio) {
    let count = u64::try_from(groups.len()).unwrap_or(u64::MAX);
    let equal = WEIGHT.checked_div(count).unwrap_or(0);
    let mut known: Vec<u64> =
        groups.iter().filter_map(|group| group.depth).filter(|depth| *depth > 0).collect();
    let late = groups.iter().any(|group| group.late);
    if groups.len() < WEIGHED_MIN || (known.is_empty() && !late) {
        groups.iter_mut().for_each(|group| group.weight = equal);
        return;
    }
    known.sort_unstable();
    let middle = known.get(known.len() >> 1).copied().unwrap_or(WEIGHT);
    let measure = |group: &GroupPrice| group.depth.unwrap_or(middle) >> u32::from(group.late);
    let measures: Vec<u64> = groups.iter().map(measure).collect();
    let weights = fill(&measures, cap_for(count, cap).max(equal));
    for (group, weight) in groups.iter_mut().zip(weights) {
        group.weight = weight;
    }
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
    fn a_clock_that_is_off_never_gives_a_minority_half() {
        // Three late ones at half of their weight would leave two of five with four sevenths of the vote.
        for late in 0..32_u32 {
            let mut groups = [GroupPrice::default(); 5];
            for (place, group) in (0_u32..).zip(groups.iter_mut()) {
                (group.late, group.depth) = (late >> place & 1 == 1, Some(1_000));
            }
            share_out(&mut groups, CAP);
            let mut weights = groups.map(|group| group.weight);
            weights.sort_unstable();
            let total: u64 = weights.iter().sum();
            assert!((weights[3] + weights[4]) * 2 < total, "{late:05b}: {weights:?}");
        }
        let mut groups = [GroupPrice::default(); 6];
        groups[0].late = true;
        share_out(&mut groups, CAP);
        assert!(groups[0].weight < groups[1].weight, "it counts for less all the same");
    }

    #[test]
    fn who_does_not_show_a_book_is_taken_for_ordinary() {
        let weights = capped_weights(&[Some(100), None, Some(100), Some(100)], CAP);
        assert_eq!(weights, [WEIGHT / 4; 4]);
        assert_eq!(capped_weights(&[None; 5], CAP), [WEIGHT / 5; 5]);
        assert_eq!(capped_weights(&[], CAP), Vec::<u64>::new());
    }
}
