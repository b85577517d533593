//! The clocks: the monotonic one the cores live by, and the wall clock that people read.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use units::{Span, Timestamp};

/// What the clock reads when the process first asks: above [`Timestamp::ZERO`], which means
/// "before everything", and far enough above it that short spans can be subtracted.
const FIRST_READING: Span = Span::from_secs(3600);

/// Monotonic time since the process first asked for it, plus a fixed hour.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::ZERO.after(FIRST_READING).after(span(origin().elapsed()))
}

/// When the process first asked.
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// Wall-clock time as a span since 1970-01-01T00:00:00Z; zero where the machine's clock is before it.
#[must_use]
pub fn unix_time() -> Span {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(Span::ZERO, span)
}

/// Waits until the monotonic clock reads `at`.
pub async fn sleep_until(at: Timestamp) {
    // Without a look at the clock, for every call waits so.
    match origin().checked_add(duration(at.since(Timestamp::ZERO.after(FIRST_READING)))) {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits for `span`.
pub async fn sleep(span: Span) {
    tokio::time::sleep(duration(span)).await;
}

/// The std form of a span.
pub(crate) const fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}

/// Our form of a duration; past 584 years it stays at [`Span::MAX`].
fn span(duration: Duration) -> Span {
    Span::from_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_starts_at_zero_would_make_fresh_times_look_unset() {
        let first = now();
        let second = now();
        assert!(first > Timestamp::ZERO);
        assert!(second >= first);
    }

    #[test]
    fn a_deadline_in_the_past_must_not_wait() {
        crate::task::block_on(sleep_until(Timestamp::ZERO));
    }
}
