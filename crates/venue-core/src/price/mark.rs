//! The mark: the index plus the average of the basis.

use units::Ratio;

use crate::price::basis::{Basis, TICK, within};
use crate::value::{Ends, Ticks, WHOLE_LIMIT};

/// How far the impact mid is from the index, in parts of a tick, kept within the band.
pub(crate) fn sample(mid: i128, index: Ticks, band: Ratio) -> i128 {
    let basis = mid.saturating_sub(i128::from(index.number()).saturating_mul(TICK));
    within(basis, index.part(band).number())
}

/// The mark and its ends: each end of the index plus the basis, within the band around that end.
pub(crate) fn marks(index: Ends<Ticks>, basis: &Basis, band: Ratio) -> Ends<Ticks> {
    let basis = basis.ticks();
    let mark = |index: Ticks| {
        let most = index.part(band).number();
        let mark = index.number().saturating_add(basis.clamp(most.saturating_neg(), most));
        Ticks::new(mark.clamp(1, WHOLE_LIMIT.saturating_sub(1)))
    };
    Ends { at: mark(index.at), low: mark(index.low), high: mark(index.high) }
}

#[cfg(test)]
mod tests {
    use units::{Span, Timestamp};

    use super::*;

    #[test]
    fn a_mark_stays_within_the_band_around_the_index() {
        // However far the book is driven, nobody is liquidated beyond the band.
        let band = Ratio::from_bps(100);
        let index = Ticks::new(10_000);
        let far = sample(20_000 * TICK, index, band);
        assert_eq!(far, 100 * TICK);
        assert_eq!(sample(10_050 * TICK + 7, index, band), 50 * TICK + 7);
        let mut basis = Basis::default();
        basis.take(Timestamp::ZERO, far, Span::ZERO);
        let index = Ends { at: index, low: Ticks::new(9_000), high: Ticks::new(11_000) };
        let mark = marks(index, &basis, band);
        assert_eq!(mark.at, Ticks::new(10_100));
        assert_eq!((mark.low, mark.high), (Ticks::new(9_090), Ticks::new(11_100)));
        let lowest = Ends::known(Ticks::new(1));
        assert_eq!(marks(lowest, &Basis::default(), band), lowest);
    }
}
