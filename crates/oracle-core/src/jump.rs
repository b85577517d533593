//! The jump guard: a step too large for one tick has to be shown by most, twice.

use units::{Price, Ratio, Span, Timestamp};

/// Ticks in a row on which a step has to be shown.
const SHOWN_TICKS: u32 = 2;

/// What the guard says of a tick's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// It may be published.
    Free,
    /// It is a large step: the last price is held for now.
    Held {
        /// The step, as a part of the last price.
        step: Ratio,
        /// Groups that show it.
        shown: usize,
        /// Groups that would have to.
        needed: usize,
    },
    /// It has been held for as long as may be.
    Overdue,
}

/// What the guard remembers of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JumpGuard {
    /// On how many ticks in a row a step was shown, and whether it was upwards.
    shown: u32,
    up: bool,
    held_since: Option<Timestamp>,
}

impl JumpGuard {
    /// Judges the step from the last price to a new one. `limit` is the largest step that needs no proof, as a part of
    /// the last price; `groups` are the prices of all live groups, also of those that are off. A group shows a step
    /// where its price is on the new one's side of half the way.
    pub fn judge(
        &mut self,
        now: Timestamp,
        (last, new): (Price, Price),
        limit: Ratio,
        held_max: Span,
        groups: impl Iterator<Item = Price>,
    ) -> Jump {
        let step = new.deviation(last).unwrap_or(Ratio::ZERO);
        if step <= limit {
            *self = Self::default();
            return Jump::Free;
        }
        let (half, up) = (last.midpoint(new), new > last);
        let (mut shown, mut all) = (0_usize, 0_usize);
        for price in groups {
            all = all.saturating_add(1);
            shown =
                shown.saturating_add(usize::from(if up { price >= half } else { price <= half }));
        }
        // Two thirds, rounded up.
        let needed = all.saturating_mul(2).saturating_add(2).checked_div(3).unwrap_or(all);
        let enough = shown >= needed && all > 0;
        let in_row = if self.up == up { self.shown } else { 0 };
        self.shown = if enough { in_row.saturating_add(1) } else { 0 };
        self.up = up;
        if self.shown >= SHOWN_TICKS {
            *self = Self::default();
            return Jump::Free;
        }
        let since = *self.held_since.get_or_insert(now);
        // A tick that shows it is not overdue: the next one decides.
        if now.since(since) > held_max && !enough {
            return Jump::Overdue;
        }
        Jump::Held { step, shown, needed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Ratio = Ratio::from_bps(100);

    fn judge(guard: &mut JumpGuard, millis: u64, new: i128, groups: &[i128]) -> Jump {
        let now = Timestamp::ZERO.after(Span::from_millis(millis));
        let groups = groups.iter().map(|price| Price::whole(*price));
        guard.judge(
            now,
            (Price::whole(1_000), Price::whole(new)),
            LIMIT,
            Span::from_secs(2),
            groups,
        )
    }

    #[test]
    fn a_step_is_held_until_most_show_it_twice() {
        let mut guard = JumpGuard::default();
        assert_eq!(judge(&mut guard, 0, 1_009, &[1_009; 3]), Jump::Free, "below the limit");
        let all = [900, 900, 901, 1_000];
        assert!(matches!(
            judge(&mut guard, 250, 900, &all),
            Jump::Held { shown: 3, needed: 3, .. }
        ));
        assert_eq!(judge(&mut guard, 500, 900, &all), Jump::Free);
        assert!(matches!(judge(&mut guard, 750, 900, &all), Jump::Held { .. }), "each step anew");
    }

    #[test]
    fn a_step_that_few_show_is_said_to_be_doubtful_after_a_while() {
        let mut guard = JumpGuard::default();
        let half = [900, 900, 1_000, 1_000];
        for tick in 0..=8 {
            assert!(matches!(judge(&mut guard, tick * 250, 900, &half), Jump::Held { .. }));
        }
        assert_eq!(judge(&mut guard, 2_250, 900, &half), Jump::Overdue);
    }

    #[test]
    fn up_and_down_again_prove_nothing() {
        let mut guard = JumpGuard::default();
        assert!(matches!(judge(&mut guard, 0, 900, &[900; 4]), Jump::Held { .. }));
        assert!(matches!(judge(&mut guard, 250, 1_100, &[1_100; 4]), Jump::Held { .. }));
        assert!(matches!(judge(&mut guard, 500, 900, &[900; 4]), Jump::Held { .. }));
    }
}
