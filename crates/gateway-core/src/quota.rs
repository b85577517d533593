//! What an upstream lets us ask: requests a second and a day, declared by the operator or learned from its
//! refusals, and how much of that is used.
//!
//! On 2024-12-04 both paid providers of a chain failed within an hour, one by a limit that had been lowered
//! without a word; the load moved to the next ones, whose limits then tripped in turn. So the load leans away
//! from an upstream before its limit is reached, and everything that is sent is counted: calls, retries,
//! hedges, trials, opinions and probes.

use units::{Span, Timestamp};

/// The parts of a second in which requests are counted; the last ten together are a second that slides.
const TICK: Span = Span::from_millis(100);
const TICKS: usize = 10;

/// The parts of a day; the last 24 together are a day that slides.
const HOUR: Span = Span::from_secs(3_600);
const HOURS: usize = 24;

/// Used share of a limit, in per cent, from which on others are preferred.
const LEAN_FROM: u64 = 80;

/// After this long a learned limit counts twice what was learned: limits are raised again, and what tripped
/// may have been another's burst.
const RELAXED_AFTER: Span = Span::from_secs(600);

/// After this long it is forgotten.
const FORGOTTEN_AFTER: Span = Span::from_secs(3_600);

/// A refusal that asks for so long a pause is not about the rate: a day's or month's limit is used up.
const NOT_A_RATE: Span = Span::from_secs(60);

/// Limits that the operator declared; `None` where there is none, or none is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaSettings {
    /// Requests a second.
    pub per_second: Option<u64>,
    /// Requests a day.
    pub per_day: Option<u64>,
}

/// How much of an upstream's limits is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaSnapshot {
    /// Requests within the last second.
    pub second_used: u64,
    /// Requests a second that it bears, as declared or learned.
    pub second_limit: Option<u64>,
    /// Whether that limit was learned from refusals.
    pub learned: bool,
    /// Requests within the last 24 hours; since the start of the process where that is shorter.
    pub day_used: u64,
    /// Requests a day that it bears, as declared.
    pub day_limit: Option<u64>,
}

/// How far an upstream is from its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headroom {
    /// Far, or none is known.
    Free,
    /// Others are preferred, so many times as strongly as usual; 2 or more.
    Scarce(u64),
    /// One more would pass a limit.
    Spent,
}

/// Requests counted in the slots of a ring; each slot knows which stretch of time it is of.
#[derive(Clone, Copy, Debug)]
struct Ring<const N: usize> {
    slots: [(u64, u64); N],
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self { slots: [(0, 0); N] }
    }
}

impl<const N: usize> Ring<N> {
    fn count(&mut self, stretch: u64) {
        let ring = u64::try_from(N).unwrap_or(1);
        let slot = stretch.checked_rem(ring).and_then(|slot| usize::try_from(slot).ok());
        let Some(slot) = slot.and_then(|slot| self.slots.get_mut(slot)) else { return };
        if slot.0 != stretch {
            *slot = (stretch, 0);
        }
        slot.1 = slot.1.saturating_add(1);
    }

    /// Requests in the last N stretches, the given one among them.
    fn sum(&self, stretch: u64) -> u64 {
        let ring = u64::try_from(N).unwrap_or(1);
        let recent =
            |slot: &&(u64, u64)| slot.0 <= stretch && stretch.saturating_sub(slot.0) < ring;
        self.slots.iter().filter(recent).fold(0, |sum, slot| sum.saturating_add(slot.1))
    }
}

/// The requests to one upstream, and its limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota {
    declared: QuotaSettings,
    second: Ring<TICKS>,
    day: Ring<HOURS>,
    /// The rate at which it last refused for coming too fast, and when.
    learned: Option<(u64, Timestamp)>,
}

impl Quota {
    pub(crate) fn new(declared: QuotaSettings) -> Self {
        Self { declared, ..Self::default() }
    }

    /// Counts one request.
    pub(crate) fn count(&mut self, now: Timestamp) {
        self.second.count(stretch(now, TICK));
        self.day.count(stretch(now, HOUR));
    }

    /// It refused for coming too fast, and asked for this pause: the rate of this moment is its limit.
    pub(crate) fn on_refused(&mut self, now: Timestamp, pause: Option<Span>) {
        if pause.is_none_or(|pause| pause < NOT_A_RATE) {
            self.learned = Some((self.second_used(now).max(1), now));
        }
    }

    /// How far it is from its limits.
    pub(crate) fn headroom(&self, now: Timestamp) -> Headroom {
        let second = self.second_limit(now).map(|limit| (limit, self.second_used(now)));
        let day = self.declared.per_day.map(|limit| (limit, self.day_used(now)));
        let used = [second, day].into_iter().flatten().map(|(limit, used)| share(limit, used));
        match used.max().unwrap_or(0) {
            used if used > 100 => Headroom::Spent,
            used if used >= LEAN_FROM => {
                Headroom::Scarce(used.saturating_sub(LEAN_FROM).saturating_add(2))
            }
            _ => Headroom::Free,
        }
    }

    /// The used share of the day's limit in per cent, where there is one.
    pub(crate) fn day_percent(&self, now: Timestamp) -> Option<u64> {
        let limit = self.declared.per_day?;
        self.day_used(now).saturating_mul(100).checked_div(limit)
    }

    /// Everything that is shown.
    pub(crate) fn snapshot(&self, now: Timestamp) -> QuotaSnapshot {
        let second_limit = self.second_limit(now);
        QuotaSnapshot {
            second_used: self.second_used(now),
            second_limit,
            learned: second_limit.is_some() && second_limit != self.declared.per_second,
            day_used: self.day_used(now),
            day_limit: self.declared.per_day,
        }
    }

    /// The lower of what was declared and what was learned. What was learned grows with time, and is then
    /// forgotten.
    fn second_limit(&self, now: Timestamp) -> Option<u64> {
        let learned = self.learned.and_then(|(rate, at)| {
            let age = now.since(at);
            let grown = rate
                .saturating_mul(age.as_millis())
                .checked_div(RELAXED_AFTER.as_millis())
                .unwrap_or(0);
            (age < FORGOTTEN_AFTER).then_some(rate.saturating_add(grown))
        });
        self.declared.per_second.into_iter().chain(learned).min()
    }

    fn second_used(&self, now: Timestamp) -> u64 {
        self.second.sum(stretch(now, TICK))
    }

    fn day_used(&self, now: Timestamp) -> u64 {
        self.day.sum(stretch(now, HOUR))
    }
}

/// The share of a limit in per cent that is used once one more request is sent, rounded up.
fn share(limit: u64, used: u64) -> u64 {
    used.saturating_add(1).saturating_mul(100).div_ceil(limit.max(1))
}

fn stretch(now: Timestamp, length: Span) -> u64 {
    now.as_nanos().checked_div(length.as_nanos()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos((3_600_000 + millis) * 1_000_000)
    }

    fn quota(per_second: Option<u64>, per_day: Option<u64>) -> Quota {
        Quota::new(QuotaSettings { per_second, per_day })
    }

    fn send(quota: &mut Quota, now: Timestamp, count: u64) {
        (0..count).for_each(|_| quota.count(now));
    }

    #[test]
    fn the_load_leans_away_before_a_limit_trips_and_not_after() {
        let mut quota = quota(Some(100), None);
        send(&mut quota, at(0), 78);
        assert_eq!(quota.headroom(at(0)), Headroom::Free);
        send(&mut quota, at(50), 1);
        assert_eq!(quota.headroom(at(50)), Headroom::Scarce(2));
        send(&mut quota, at(300), 20);
        assert_eq!(quota.headroom(at(300)), Headroom::Scarce(22));
        send(&mut quota, at(350), 1);
        assert_eq!(quota.headroom(at(350)), Headroom::Spent);
        // A second later what was sent first has slid out.
        assert_eq!(quota.headroom(at(1_050)), Headroom::Free);
        assert_eq!(quota.snapshot(at(1_050)).second_used, 21);
    }

    #[test]
    fn a_day_slides_and_does_not_begin_at_midnight() {
        let mut quota = quota(None, Some(1_000));
        send(&mut quota, at(0), 999);
        assert_eq!(quota.headroom(at(0)), Headroom::Scarce(22));
        send(&mut quota, at(3_600_000), 1);
        assert_eq!(quota.headroom(at(3_600_000)), Headroom::Spent);
        assert_eq!(quota.day_percent(at(23 * 3_600_000)), Some(100));
        assert_eq!(quota.headroom(at(24 * 3_600_000)), Headroom::Free);
        assert_eq!(quota.snapshot(at(24 * 3_600_000)).day_used, 1);
    }

    #[test]
    fn the_rate_that_was_refused_is_the_limit_for_a_while() {
        let mut quota = quota(Some(1_000), None);
        send(&mut quota, at(0), 40);
        quota.on_refused(at(10), None);
        let shown = quota.snapshot(at(10));
        assert_eq!((shown.second_limit, shown.learned), (Some(40), true));
        // Relaxed slowly, so that it is not run into every few seconds.
        assert_eq!(quota.snapshot(at(60_000)).second_limit, Some(43));
        assert_eq!(quota.snapshot(at(600_000)).second_limit, Some(79));
        let later = quota.snapshot(at(3_600_010));
        assert_eq!((later.second_limit, later.learned), (Some(1_000), false));
    }

    #[test]
    fn an_empty_account_is_no_rate() {
        let mut quota = quota(None, None);
        send(&mut quota, at(0), 3);
        quota.on_refused(at(0), Some(Span::from_secs(3_600)));
        assert_eq!(quota.snapshot(at(0)).second_limit, None);
        quota.on_refused(at(0), Some(Span::from_secs(1)));
        assert_eq!(quota.snapshot(at(0)).second_limit, Some(3));
    }

    #[test]
    fn without_limits_nobody_is_avoided() {
        let mut quota = quota(None, None);
        send(&mut quota, at(0), 1_000_000);
        assert_eq!(quota.headroom(at(0)), Headroom::Free);
        assert_eq!((quota.snapshot(at(0)).day_used, quota.day_percent(at(0))), (1_000_000, None));
    }
}
