//! Circuit breakers: open = rejecting.

use units::{Span, Timestamp};

/// Failures in a row that open a breaker.
const FAILURES_IN_A_ROW: u32 = 5;

/// Hedges lost in a row, with no answer between them, that open a breaker. More than for failures: a lost
/// hedge says slow, not broken.
const LOST_IN_A_ROW: u32 = 8;

/// Answers and failures of a window before the failure share is looked at.
const WINDOW_MIN: u32 = 20;

/// The window over which the failure share is taken.
const WINDOW: Span = Span::from_secs(10);

/// First time a breaker stays open; doubles with each failed trial up to [`OPEN_MAX`].
const OPEN_FIRST: Span = Span::from_secs(1);

/// Longest time between two trials.
const OPEN_MAX: Span = Span::from_secs(30);

/// Trials in a row that must succeed before an open breaker closes.
const TRIALS_TO_CLOSE: u32 = 2;

/// Why a breaker opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// So many failures in a row.
    InARow(u32),
    /// So many hedges lost in a row without one answer.
    Unanswered(u32),
    /// So many method classes broke.
    Classes(u32),
    /// At least half of so many calls within the window failed.
    Share {
        /// Failed calls.
        failed: u32,
        /// All calls.
        of: u32,
    },
}

/// One circuit breaker. Closed it lets calls through; open it rejects them, but asks for a trial call now
/// and then, whose answer no client waits for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Breaker {
    failures_in_a_row: u32,
    lost_in_a_row: u32,
    window_start: Timestamp,
    window_calls: u32,
    window_failures: u32,
    open: Option<OpenState>,
    /// How long the next opening lasts; kept after closing so that a node that breaks again soon is
    /// tried less often.
    back_off: Option<Span>,
    closed_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct OpenState {
    trial_at: Timestamp,
    trial_running: bool,
    trials_won: u32,
}

impl Breaker {
    /// Whether calls are rejected.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the last call failed.
    pub(crate) const fn is_failing(&self) -> bool {
        self.failures_in_a_row > 0
    }

    /// When the next trial may be made; `None` while closed. While a trial is under way that is when it
    /// counts as lost, so that one whose end is never told does not keep the breaker open for good.
    pub(crate) fn trial_at(&self) -> Option<Timestamp> {
        self.open.map(|open| open.trial_at)
    }

    /// Marks a trial as under way.
    pub(crate) const fn start_trial(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            open.trial_running = true;
            open.trial_at = now.after(OPEN_MAX);
        }
    }

    /// Takes a trial back that was started but not made or that told nothing.
    pub(crate) fn abandon_trial(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            open.trial_running = false;
            open.trial_at = now.after(OPEN_FIRST);
        }
    }

    /// Takes an answer in; true where this closes an open breaker.
    pub(crate) fn on_success(&mut self, now: Timestamp) -> bool {
        self.failures_in_a_row = 0;
        self.lost_in_a_row = 0;
        self.count(now, false);
        let Some(open) = &mut self.open else { return false };
        open.trial_running = false;
        open.trials_won = open.trials_won.saturating_add(1);
        open.trial_at = now;
        if open.trials_won < TRIALS_TO_CLOSE {
            return false;
        }
        self.open = None;
        self.closed_at = now;
        self.window_calls = 0;
        self.window_failures = 0;
        true
    }

    /// Takes a failure in; the reason where this opens the breaker.
    pub(crate) fn on_failure(&mut self, now: Timestamp) -> Option<Opened> {
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.count(now, true);
        if self.fail_trial(now) {
            return None;
        }
        if self.failures_in_a_row >= FAILURES_IN_A_ROW {
            return Some(self.open_now(now, Opened::InARow(self.failures_in_a_row)));
        }
        let half_failed = self.window_failures.saturating_mul(2) >= self.window_calls;
        (self.window_calls >= WINDOW_MIN && half_failed).then(|| {
            let why = Opened::Share { failed: self.window_failures, of: self.window_calls };
            self.open_now(now, why)
        })
    }

    /// Takes a hedge in that another upstream won; the reason where this opens the breaker.
    pub(crate) fn on_lost_hedge(&mut self, now: Timestamp) -> Option<Opened> {
        self.lost_in_a_row = self.lost_in_a_row.saturating_add(1);
        if self.open.is_some() || self.lost_in_a_row < LOST_IN_A_ROW {
            return None;
        }
        Some(self.open_now(now, Opened::Unanswered(self.lost_in_a_row)))
    }

    /// Opens for what was found out elsewhere: so many classes of the upstream broke.
    pub(crate) fn trip(&mut self, now: Timestamp, classes: u32) -> Opened {
        self.open_now(now, Opened::Classes(classes))
    }

    fn open_now(&mut self, now: Timestamp, why: Opened) -> Opened {
        if now.since(self.closed_at) > OPEN_MAX {
            self.back_off = None;
        }
        let wait = self.back_off.unwrap_or(OPEN_FIRST);
        self.back_off = Some(wait.times(2).min(OPEN_MAX));
        self.open =
            Some(OpenState { trial_at: now.after(wait), trial_running: false, trials_won: 0 });
        self.failures_in_a_row = 0;
        self.lost_in_a_row = 0;
        why
    }

    /// Schedules the next trial after a failed one; false where the breaker was closed.
    fn fail_trial(&mut self, now: Timestamp) -> bool {
        let wait = self.back_off.unwrap_or(OPEN_FIRST);
        let Some(open) = &mut self.open else { return false };
        if open.trial_running {
            self.back_off = Some(wait.times(2).min(OPEN_MAX));
        }
        open.trial_running = false;
        open.trials_won = 0;
        open.trial_at = now.after(wait);
        true
    }

    fn count(&mut self, now: Timestamp, failed: bool) {
        if now.since(self.window_start) > WINDOW {
            self.window_start = now;
            self.window_calls = 0;
            self.window_failures = 0;
        }
        self.window_calls = self.window_calls.saturating_add(1);
        self.window_failures = self.window_failures.saturating_add(u32::from(failed));
    }
}

impl core::fmt::Display for Opened {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::InARow(count) => write!(formatter, "{count} failures in a row"),
            Self::Unanswered(count) => {
                write!(formatter, "no answer to {count} calls in a row that others answered")
            }
            Self::Classes(count) => write!(formatter, "{count} method classes broke"),
            Self::Share { failed, of } => {
                write!(formatter, "{failed} of the last {of} calls failed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn five_failures_open_and_two_trials_close() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|_| assert_eq!(breaker.on_failure(at(10)), None));
        assert_eq!(breaker.on_failure(at(10)), Some(Opened::InARow(5)));
        assert_eq!(breaker.trial_at(), Some(at(1_010)));
        breaker.start_trial(at(1_010));
        assert_eq!(breaker.trial_at(), Some(at(31_010)));
        assert!(!breaker.on_success(at(1_020)));
        assert!(breaker.is_open());
        assert!(breaker.on_success(at(1_030)));
        assert!(!breaker.is_open());
    }

    #[test]
    fn failed_trials_come_less_and_less_often() {
        let mut breaker = Breaker::default();
        (0..5).for_each(|_| assert_ne!(breaker.on_failure(at(0)), Some(Opened::InARow(9))));
        let mut waits = Vec::new();
        for _ in 0..7 {
            let trial = breaker.trial_at().expect("open");
            breaker.start_trial(trial);
            breaker.on_failure(trial);
            waits.push(breaker.trial_at().expect("open").since(trial).as_secs());
        }
        assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn half_failing_opens_without_any_run_of_failures() {
        let mut breaker = Breaker::default();
        let opened = (0..40).find_map(|i| {
            if i % 2 == 0 {
                breaker.on_success(at(i));
                None
            } else {
                breaker.on_failure(at(i))
            }
        });
        assert_eq!(opened, Some(Opened::Share { failed: 10, of: 20 }));
    }
}
