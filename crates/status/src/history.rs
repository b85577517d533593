//! What the page remembers: status per minute and day, latency and calls over the last minutes.
//!
//! All of it is in memory and bounded; it starts empty with the process, and the page says since when.

use std::collections::{BTreeMap, VecDeque};

use crate::component::{ComponentKey, ComponentStatus, components};
use crate::model::{CallCounts, Overview, UpstreamState};
use crate::text::DAY_MS;
use crate::verdict::FailingCalls;

/// Days in a component's long bar, as status pages commonly show.
pub(crate) const DAYS: usize = 90;
/// Minutes in an upstream's short bar.
pub(crate) const MINUTES: usize = 60;
/// Samples in a sparkline or call strip, [`SAMPLE_MS`] apart: five minutes.
pub(crate) const SAMPLES: usize = 60;
/// Time between two samples.
pub(crate) const SAMPLE_MS: u64 = 5_000;

/// Longest time between two overviews that still counts as having watched: an overview comes each
/// second, and a verdict needs data that is at most 15 s old (`research/resilience.md` C3).
pub(crate) const GAP_MS_MAX: u64 = 15_000;

/// Over what time failing calls are counted, and the share and number from which they matter:
/// more than 1 % for 30 s (`research/resilience.md` C2), and more than a stray one.
const FAILING_WINDOW_MS: u64 = 30_000;
const FAILING_PER_HUNDRED: u64 = 1;
const FAILING_MIN: u64 = 5;

/// Time spent in each status within one minute or day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Which minute or day since 1970.
    pub(crate) index: u64,
    /// Milliseconds in each status, from operational to major outage.
    pub(crate) spent_ms: [u64; 4],
}

impl Bucket {
    /// Milliseconds that were watched at all.
    pub(crate) fn watched_ms(&self) -> u64 {
        self.spent_ms.iter().sum()
    }

    /// Milliseconds in which it answered: operational or degraded.
    pub(crate) fn answering_ms(&self) -> u64 {
        let [operational, degraded, ..] = self.spent_ms;
        operational + degraded
    }

    /// The worst status that lasted at least a second; `None` where nothing was watched.
    pub(crate) fn worst(&self) -> Option<ComponentStatus> {
        const ALL: [ComponentStatus; 4] = [
            ComponentStatus::Operational,
            ComponentStatus::Degraded,
            ComponentStatus::PartialOutage,
            ComponentStatus::MajorOutage,
        ];
        let lasting =
            |least: u64| ALL.into_iter().zip(self.spent_ms).rev().find(|(_, ms)| *ms >= least);
        lasting(1_000).or_else(|| lasting(1)).map(|(status, _)| status)
    }

    fn add(&mut self, status: ComponentStatus, ms: u64) {
        let [operational, degraded, partial, major] = &mut self.spent_ms;
        let spent = match status {
            ComponentStatus::Operational => operational,
            ComponentStatus::Degraded => degraded,
            ComponentStatus::PartialOutage => partial,
            ComponentStatus::MajorOutage => major,
        };
        *spent += ms;
    }
}

/// What is remembered of one component.
#[derive(Clone, Debug)]
pub(crate) struct ComponentHistory {
    pub(crate) status: ComponentStatus,
    /// When it was first seen.
    pub(crate) created_ms: u64,
    /// When its status last changed.
    pub(crate) updated_ms: u64,
    /// Oldest first; days and minutes that were not watched are missing.
    pub(crate) days: VecDeque<Bucket>,
    pub(crate) minutes: VecDeque<Bucket>,
    /// Latency in microseconds by sample number; missing where it did not answer.
    pub(crate) latency: VecDeque<(u64, u64)>,
}

/// Calls within one sample's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallSample {
    /// Which [`SAMPLE_MS`] since 1970.
    pub(crate) index: u64,
    pub(crate) total: u64,
    pub(crate) failed: u64,
}

/// What is remembered of a chain's calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallHistory {
    last: Option<CallCounts>,
    /// Oldest first.
    pub(crate) samples: VecDeque<CallSample>,
    /// Growth of total and failed calls per overview, over the last [`FAILING_WINDOW_MS`].
    window: VecDeque<(u64, u64, u64)>,
}

/// The memory of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The time of the first and of the newest overview.
    pub(crate) span_ms: Option<(u64, u64)>,
    components: BTreeMap<ComponentKey, ComponentHistory>,
    calls: BTreeMap<String, CallHistory>,
}

impl History {
    /// Takes the next overview in. One that is older than the last is told as if it came with it.
    pub(crate) fn observe(&mut self, overview: &Overview) {
        let (first, last) = self.span_ms.unwrap_or((overview.at_unix_ms, overview.at_unix_ms));
        let now = overview.at_unix_ms.max(last);
        let watched = Some(now - last).filter(|gap| *gap <= GAP_MS_MAX).unwrap_or_default();
        self.span_ms = Some((first, now));
        let found = components(overview);
        self.components.retain(|key, _| found.iter().any(|(present, _)| present == key));
        for (key, status) in found {
            self.components
                .entry(key)
                .or_insert_with(|| ComponentHistory::new(status, now))
                .observe(now, watched, status);
        }
        self.calls.retain(|name, _| overview.chains.iter().any(|chain| chain.name == *name));
        for chain in &overview.chains {
            self.calls.entry(chain.name.clone()).or_default().observe(now, chain.calls);
            for upstream in &chain.upstreams {
                let history = self.components.get_mut(&ComponentKey::upstream(chain, upstream));
                if let (Some(history), Some(latency)) = (
                    history,
                    upstream.latency_us.filter(|_| upstream.state != UpstreamState::Unreachable),
                ) {
                    history.observe_latency(now, latency);
                }
            }
        }
    }

    pub(crate) fn component(&self, key: &ComponentKey) -> Option<&ComponentHistory> {
        self.components.get(key)
    }

    pub(crate) fn calls(&self, chain: &str) -> Option<&CallHistory> {
        self.calls.get(chain)
    }

    /// The newest overview's time, or 0 before the first.
    pub(crate) fn now_ms(&self) -> u64 {
        self.span_ms.map_or(0, |(_, now)| now)
    }

    /// When any component's status last changed.
    pub(crate) fn changed_ms(&self) -> u64 {
        self.components.values().map(|component| component.updated_ms).max().unwrap_or_default()
    }

    /// The calls of `chain` that fail, where so many do that it matters.
    pub(crate) fn failing(&self, chain: &str) -> Option<FailingCalls> {
        let window = &self.calls.get(chain)?.window;
        let failed: u64 = window.iter().map(|(_, _, failed)| failed).sum();
        let total: u64 = window.iter().map(|(_, total, _)| total).sum();
        let matters = failed >= FAILING_MIN && failed * 100 > total * FAILING_PER_HUNDRED;
        matters.then_some(FailingCalls { failed, total, window_ms: FAILING_WINDOW_MS })
    }
}

impl ComponentHistory {
    fn new(status: ComponentStatus, now: u64) -> Self {
        Self {
            status,
            created_ms: now,
            updated_ms: now,
            days: VecDeque::new(),
            minutes: VecDeque::new(),
            latency: VecDeque::new(),
        }
    }

    /// The time since the last overview counts as spent in the status that was seen then.
    fn observe(&mut self, now: u64, watched_ms: u64, status: ComponentStatus) {
        for (buckets, length, most) in
            [(&mut self.days, DAY_MS, DAYS), (&mut self.minutes, 60_000, MINUTES)]
        {
            let index = now / length;
            if buckets.back().is_none_or(|bucket| bucket.index < index) {
                buckets.push_back(Bucket { index, ..Bucket::default() });
            }
            if let Some(bucket) = buckets.back_mut() {
                bucket.add(self.status, watched_ms);
            }
            let span = u64::try_from(most).unwrap_or(u64::MAX);
            while buckets.front().is_some_and(|bucket| bucket.index + span <= index) {
                buckets.pop_front();
            }
        }
        if self.status != status {
            self.status = status;
            self.updated_ms = now;
        }
        drop_old(&mut self.latency, now, |(index, _)| *index);
    }

    /// The slowest within a sample's time is kept: a peak is what hurts.
    fn observe_latency(&mut self, now: u64, latency_us: u64) {
        let index = now / SAMPLE_MS;
        match self.latency.back_mut() {
            Some((newest, slowest)) if *newest == index => *slowest = latency_us.max(*slowest),
            _ => self.latency.push_back((index, latency_us)),
        }
    }
}

impl CallHistory {
    fn observe(&mut self, now: u64, counts: CallCounts) {
        // A counter that went back was started anew: all it holds is growth.
        let before =
            self.last.filter(|last| last.total <= counts.total && last.failed <= counts.failed);
        let (total, failed) = match (before, self.last) {
            (Some(last), _) => (counts.total - last.total, counts.failed - last.failed),
            (None, Some(_)) => (counts.total, counts.failed),
            (None, None) => (0, 0),
        };
        self.last = Some(counts);
        let index = now / SAMPLE_MS;
        if self.samples.back().is_none_or(|sample| sample.index < index) {
            self.samples.push_back(CallSample { index, ..CallSample::default() });
        }
        if let Some(sample) = self.samples.back_mut() {
            sample.total += total;
            sample.failed += failed;
        }
        drop_old(&mut self.samples, now, |sample| sample.index);
        self.window.push_back((now, total, failed));
        while self.window.front().is_some_and(|(at, ..)| at + FAILING_WINDOW_MS <= now) {
            self.window.pop_front();
        }
    }

    /// Total and failed calls of the last [`SAMPLES`] samples.
    pub(crate) fn recent(&self) -> (u64, u64) {
        self.samples
            .iter()
            .fold((0, 0), |(total, failed), sample| (total + sample.total, failed + sample.failed))
    }

    /// Calls in ten seconds, taken over the last two whole samples; `None` before there are two.
    pub(crate) fn per_ten_seconds(&self) -> Option<u64> {
        let whole = self.samples.len().checked_sub(1)?;
        let newest: Vec<u64> =
            self.samples.iter().take(whole).rev().take(2).map(|sample| sample.total).collect();
        (newest.len() == 2).then(|| newest.iter().sum())
    }
}

fn drop_old<T>(samples: &mut VecDeque<T>, now: u64, index: impl Fn(&T) -> u64) {
    let span = u64::try_from(SAMPLES).unwrap_or(u64::MAX);
    while samples.front().is_some_and(|sample| index(sample) + span <= now / SAMPLE_MS) {
        samples.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::overview;

    const DOWN: [(&str, UpstreamState, u64); 1] = [("harbour", UpstreamState::Unreachable, 10)];

    fn harbour() -> ComponentKey {
        ComponentKey::Upstream("ethereum".to_owned(), "harbour".to_owned())
    }

    #[test]
    fn uptime_counts_the_time_in_each_status_and_no_more() {
        let mut history = History::default();
        for second in 0..10 {
            history.observe(&overview(second, &[]));
        }
        for second in 10..30 {
            history.observe(&overview(second, &DOWN));
        }
        // Ten minutes that nobody watched count neither as up nor as down.
        history.observe(&overview(630, &[]));
        let harbour = history.component(&harbour()).expect("harbour is a component");
        let day = harbour.days.back().expect("one day");
        assert_eq!(day.spent_ms, [10_000, 0, 0, 19_000]);
        assert_eq!((day.watched_ms(), day.answering_ms()), (29_000, 10_000));
        assert_eq!(day.worst(), Some(ComponentStatus::MajorOutage));
        assert_eq!(harbour.updated_ms, history.now_ms());
    }

    #[test]
    fn memory_stays_bounded_over_years() {
        let mut history = History::default();
        for hour in 0..24 * 200 {
            history.observe(&overview(hour * 3_600, &[]));
        }
        let harbour = history.component(&harbour()).expect("harbour is a component");
        assert_eq!(harbour.days.len(), DAYS);
        assert!(harbour.minutes.len() <= MINUTES);
        assert!(harbour.latency.len() <= SAMPLES);
        assert!(history.calls("ethereum").is_some_and(|calls| calls.samples.len() <= SAMPLES));
    }

    #[test]
    fn a_stray_failure_is_no_alarm_but_two_per_cent_are() {
        let observe = |failures_each_second: u64| {
            let mut history = History::default();
            for second in 0..40 {
                let mut overview = overview(second, &[]);
                overview.chains[0].calls.failed = second * failures_each_second;
                history.observe(&overview);
            }
            history.failing("ethereum").map(|failing| (failing.failed, failing.total))
        };
        assert_eq!(observe(0), None);
        assert_eq!(observe(1), None);
        assert_eq!(observe(2), Some((60, 3_000)));
    }

    #[test]
    fn counters_that_start_anew_do_not_count_backwards() {
        let mut history = History::default();
        history.observe(&overview(100, &[]));
        let mut restarted = overview(101, &[]);
        restarted.chains[0].calls.total = 7;
        history.observe(&restarted);
        assert_eq!(history.calls("ethereum").map(CallHistory::recent), Some((7, 0)));
    }

    #[test]
    fn the_rate_is_taken_over_whole_samples() {
        let mut history = History::default();
        for second in 0..22 {
            history.observe(&overview(second, &[]));
        }
        assert_eq!(history.calls("ethereum").and_then(CallHistory::per_ten_seconds), Some(1_000));
    }
}
