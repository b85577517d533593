//! How much one server bears at a time, found out from how long its answers take.

use units::{Span, Timestamp};

use crate::window::{KINDS_MAX, Sample, Window};

/// The bounds of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// Before anything is known.
    pub initial: u32,
    /// Lowest, and where a server starts again that was away.
    pub min: u32,
    /// Highest.
    pub max: u32,
}

impl Default for LimitSettings {
    /// 20 at first, as the field has it; 4 at least, so that a small server is not swamped and a probe of
    /// its speed is still one; and 1,000 at most, which is 10,000 calls a second to a server 100 ms away.
    fn default() -> Self {
        Self { initial: 20, min: 4, max: 1_000 }
    }
}

/// What answers may take of the time they take unloaded before too much is held to be under way, in per
/// cent.
const TOLERANCE: u64 = 150;

/// What answers may take on top: so much nobody minds, and our own scheduling under load makes as much.
const SLACK: Span = Span::from_millis(10);

/// How much of a limit is left after a span with failures or after the worst of latencies, in thousandths.
const SHRINK_MIN: u64 = 750;

/// Latency alone does not take a limit below this: on a busy machine of ours all answers look slow, and the one
/// server that is left must still carry the load.
const LATENCY_FLOOR: u32 = 16;

/// How fast a limit grows that has not met its bound yet, in thousandths a span: from 4 to 100 in eight
/// spans, and past what is borne by no more than half.
const SLOW_START: u64 = 1_500;

/// One failure in so many answers is nothing to slow down for: retries take care of it.
const FAILED_ONE_IN: u32 = 10;

/// Newest averages weigh one part in so many in what a kind of work is known to take.
const SMOOTHING: u64 = 8;

/// What latency says of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressure {
    /// It is as at low load.
    None,
    /// It is more than half way to what is tolerated: no time for large steps.
    Felt,
    /// It is beyond that: so many thousandths of it would be tolerated.
    TooMuch(u64),
}

/// The concurrency limit of one server.
///
/// The server's latency at low load is its base line. While the limit is made use of, latency within
/// tolerance of the base line makes the limit grow, and latency beyond it shrinks the limit in
/// proportion: what is under way beyond what the server works on only waits there. The base line is learnt
/// only while the limit is not made use of, or is at its lowest. A long average in its place, as in Netflix's
/// `Gradient2Limit` from which the rest comes, follows a lasting overload upwards until the
/// server falls.
///
/// Each kind of work has a base line of its own, so that a change of mix does not look like load.
#[derive(Clone, Debug)]
pub struct Limit {
    settings: LimitSettings,
    /// In thousandths, so that small changes add up.
    limit_milli: u64,
    /// Growing by shares and not by steps, because the bound has not been met yet.
    slow_start: bool,
    base: [Option<Span>; KINDS_MAX],
    window: Window,
}

impl Limit {
    /// The limit of a server of which nothing is known.
    #[must_use]
    pub fn new(settings: LimitSettings, now: Timestamp) -> Self {
        Self {
            settings,
            limit_milli: u64::from(settings.initial).saturating_mul(1_000),
            slow_start: true,
            base: [None; KINDS_MAX],
            window: Window::starting(now),
        }
    }

    /// How much may be under way at once.
    #[must_use]
    pub fn get(&self) -> u32 {
        let whole = self.limit_milli.checked_div(1_000).unwrap_or(0);
        u32::try_from(whole).unwrap_or(u32::MAX).clamp(self.settings.min, self.settings.max)
    }

    /// The server is back after it was away: it may be cold, and all who missed it come at once. It starts
    /// low and grows as answers come back; its base line is still what it was.
    pub fn restart(&mut self, now: Timestamp) {
        self.limit_milli = u64::from(self.settings.min).saturating_mul(1_000);
        self.slow_start = true;
        self.window = Window::starting(now);
    }

    /// Takes in what was seen since the last time; several times a second is often enough.
    pub fn observe(&mut self, now: Timestamp, sample: &Sample<'_>) {
        self.window.add(sample);
        if !self.window.is_complete(now) {
            return;
        }
        let window = core::mem::replace(&mut self.window, Window::starting(now));
        self.judge(&window);
    }

    fn judge(&mut self, window: &Window) {
        let limit = self.get();
        // Where half of it was free the limit was no bound, and latency says nothing about it.
        let used = window.peak.saturating_mul(2) > limit;
        let seen = window.answered().saturating_add(window.failed);
        let failing = window.failed.saturating_mul(FAILED_ONE_IN) > seen;
        // It works on what nobody waits for any more: that what is under way is little says nothing then.
        let drowning = window.given_up > window.answered();
        if window.throttled > 0 || failing || drowning {
            self.change(SHRINK_MIN);
            self.slow_start = false;
            return;
        }
        let pressure = self.pressure(window);
        self.learn(window, !used || limit <= self.settings.min.max(LATENCY_FLOOR));
        if !used || window.answered() == 0 {
            return;
        }
        match pressure {
            Pressure::None if self.slow_start => self.change(SLOW_START),
            Pressure::None | Pressure::Felt => {
                self.slow_start = false;
                let step = u64::from(limit.isqrt()).saturating_mul(1_000);
                self.set(self.limit_milli.saturating_add(step));
            }
            Pressure::TooMuch(permille) => {
                self.slow_start = false;
                // Half way: one span may be a fluke.
                let before = self.limit_milli;
                self.change(permille.saturating_add(1_000).div_euclid(2).max(SHRINK_MIN));
                let floor = u64::from(LATENCY_FLOOR).saturating_mul(1_000).min(before);
                self.set(self.limit_milli.max(floor));
            }
        }
    }

    /// What latency says of the load, over all kinds of work in proportion to how often each came.
    fn pressure(&self, window: &Window) -> Pressure {
        let (mut base, mut allowed, mut took) = (0_u128, 0_u128, 0_u128);
        for (kind, count, average) in window.kinds() {
            let known = self.base.get(kind).copied().flatten().unwrap_or(average);
            let tolerated = known.times(TOLERANCE).divided_by(100).plus(SLACK);
            let weigh = |span: Span| u128::from(span.as_nanos()).saturating_mul(count.into());
            base = base.saturating_add(weigh(known));
            allowed = allowed.saturating_add(weigh(tolerated));
            took = took.saturating_add(weigh(average));
        }
        if took > allowed {
            let permille = allowed.saturating_mul(1_000).checked_div(took).unwrap_or(1_000);
            Pressure::TooMuch(u64::try_from(permille).unwrap_or(1_000))
        } else if took.saturating_mul(2) > base.saturating_add(allowed) {
            Pressure::Felt
        } else {
            Pressure::None
        }
    }

    /// Learns what work takes at low load. Under load only that it takes less than was known.
    fn learn(&mut self, window: &Window, unloaded: bool) {
        for (kind, _, average) in window.kinds() {
            let Some(base) = self.base.get_mut(kind) else { continue };
            *base = match *base {
                None => Some(average),
                Some(known) if unloaded || average < known => {
                    let kept = known.times(SMOOTHING.saturating_sub(1));
                    Some(kept.plus(average).divided_by(SMOOTHING))
                }
                Some(known) => Some(known),
            };
        }
    }

    fn change(&mut self, permille: u64) {
        let changed = self.limit_milli.saturating_mul(permille).checked_div(1_000);
        self.set(changed.unwrap_or(self.limit_milli));
    }

    fn set(&mut self, limit_milli: u64) {
        let (min, max) = (u64::from(self.settings.min), u64::from(self.settings.max));
        self.limit_milli = limit_milli.clamp(min.saturating_mul(1_000), max.saturating_mul(1_000));
    }
}
