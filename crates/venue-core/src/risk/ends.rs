//! Where a subject's margin ends, as a price of its home.
//!
//! Kept as a step of 32 bits, so that who has come to the end by a move is found by comparing, which is as fast as the
//! column is read, and nothing has to be written. Steps are coarser than prices where those are large; they are rounded
//! so that an end is never lower than it is.

/// Bits behind the point of a [share](Share).
const SHARE_BITS: u32 = 20;

/// How far a guest's price moves the end at its home: its slope over the home's, rounded up. Moves are rounded so that
/// the end is never lower than it is; who seems to have come to it by that alone is looked at, and has it worked out anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share(i64);

impl Share {
    /// Of lines with these slopes; that of a home without one moves any end to the last.
    pub(super) fn of(slope: i64, home: i64) -> Self {
        let part = i128::from(slope).saturating_mul(1 << SHARE_BITS).checked_div(home.into());
        let part = part.and_then(|part| i64::try_from(part).ok()).unwrap_or(i64::MAX);
        Self(part.saturating_add(1))
    }
}

/// The bits of a price that steps keep: a price that is 32 times as high still has a step, with its sign.
const BITS: u32 = 25;

/// How prices are made steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scale(u32);

impl Scale {
    /// For prices around this one.
    pub(super) const fn around(price: i64) -> Self {
        let used = i64::BITS.saturating_sub(price.saturating_abs().leading_zeros());
        Self(used.saturating_sub(BITS))
    }

    /// A price as a step, rounded down; never the first or the last there is.
    pub(super) fn step(self, price: i64) -> i32 {
        let (first, last) =
            (i64::from(i32::MIN).saturating_add(1), i64::from(i32::MAX).saturating_sub(1));
        let step = price.checked_shr(self.0).unwrap_or(0).clamp(first, last);
        i32::try_from(step).unwrap_or(0)
    }

    /// The step below which `rest + slope x price` is below zero: the last where it always is, the first where never.
    pub(super) fn end(self, rest: i64, slope: i64) -> i32 {
        let Some(part) = rest.checked_div_euclid(slope).filter(|_| slope > 0) else {
            return if rest < 0 { i32::MAX } else { i32::MIN };
        };
        let last_below = part.saturating_neg().saturating_sub(1);
        let (first, last) = (i64::from(i32::MIN).saturating_add(2), i64::from(i32::MAX));
        let step = last_below.checked_shr(self.0).unwrap_or(0).saturating_add(1).clamp(first, last);
        i32::try_from(step).unwrap_or(i32::MAX)
    }

    /// Where an end is after a guest's price has changed by so much.
    pub(super) fn shifted(self, end: i32, share: Share, by: i64) -> i32 {
        if end == i32::MAX || by == 0 {
            return end;
        }
        // A rise moves the end down by at least the share rounded down; by nothing where that is not known.
        let share = match share.0 {
            i64::MAX if by > 0 => 0,
            share if by > 0 => share.saturating_sub(1),
            share => share,
        };
        let moved = share.saturating_mul(by.saturating_neg());
        let steps = moved.checked_shr(SHARE_BITS.saturating_add(self.0)).unwrap_or(0);
        let first = i64::from(i32::MIN).saturating_add(2);
        let end = i64::from(end).saturating_add(steps).saturating_add(1).max(first);
        i32::try_from(end).unwrap_or(i32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An end around a price, against margins at many prices beside it.
    fn check(price: i64, slope: i64, off: i64) {
        let (scale, size) = (Scale::around(price), price.abs());
        let rest = off - slope * price;
        let (end, step) = (scale.end(rest, slope), size / 100_000 + 1);
        for at in (-50..50).map(|steps| price - off / slope + steps * step) {
            let below = rest + slope * at < 0;
            let seen = scale.step(at) < end;
            assert!(seen || !below, "{price} {slope} {off} at {at}");
            // And not much higher.
            let far = rest + slope * (at - size / 100_000 - 2) >= 0;
            assert!(!seen || !far, "{price} {slope} {off} at {at}");
        }
    }

    #[test]
    fn an_end_is_never_lower_than_it_is() {
        // Who has come to the end and is not seen is liquidated too late.
        for size in [40_i64, 1 << 24, (1 << 25) + 3, 1 << 33, (1 << 40) - 1] {
            for slope in [1, 3, 1_000] {
                for off in [-2_000, -1, 0, 1, 2, 2_000, slope * size / 3, -slope * size / 5] {
                    check(size, slope, off);
                    check(-size, slope, off);
                }
            }
        }
    }

    #[test]
    fn a_guest_moves_an_end_no_less_than_it_does() {
        // Losses on a second position must bring the end nearer by all of it.
        for (price, shift) in [(5_000_i64, 0), (-900_000, 0), (1 << 39, 15)] {
            let scale = Scale::around(price);
            assert_eq!(scale.0, shift);
            for (slope, guest) in [(1_000, 1), (1_000, 999), (7, 1_000_003), (12_345, 67)] {
                let mut rest = 50 - slope * price;
                let mut end = scale.end(rest, slope);
                for by in [-1_000, -1, 3, 900, -5, -77_777, 12_345] {
                    rest += guest * by;
                    end = scale.shifted(end, Share::of(guest, slope), by);
                    let exact = scale.end(rest, slope);
                    assert!(end >= exact, "{price} {slope} {guest} {by}");
                    let most = ((guest * 100_000 / slope) >> shift) / 1_000 + 20;
                    assert!(i64::from(end - exact) <= most, "{price} {slope} {guest} {by}");
                }
            }
        }
        assert_eq!(Scale(0).shifted(i32::MAX, Share::of(1, 1), 1_000), i32::MAX);
        assert_eq!(Scale(0).shifted(7, Share::of(1, 0), -1), i32::MAX);
    }

    #[test]
    fn what_has_no_slope_has_no_end_or_is_past_it() {
        // A subject without lines that fit stays near, whatever its home's price does.
        let scale = Scale::around(1_000);
        for price in [i64::MIN, -1_000, 0, 1_000, i64::MAX] {
            assert!(scale.step(price) < scale.end(-1, 0));
            assert!(scale.step(price) >= scale.end(0, 0));
        }
        assert!(scale.step(i64::MIN) < scale.end(i64::MAX, 1), "below everything");
    }
}
