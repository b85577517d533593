//! The clocks: the monotonic one the cores live by, and the wall clock that people read.

use units::{Span, Timestamp};

/// Monotonic time since the process first asked for it.
#[must_use]
pub fn now() -> Timestamp {
    unimplemented!()
}

/// Wall-clock time as a span since 1970-01-01T00:00:00Z.
#[must_use]
pub fn unix_time() -> Span {
    unimplemented!()
}

/// Waits until the monotonic clock reads `at`.
pub async fn sleep_until(_at: Timestamp) {
    unimplemented!()
}

/// Waits for `span`.
pub async fn sleep(_span: Span) {
    unimplemented!()
}
