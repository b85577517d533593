//! Exponential averages in integers, without the exponential.

use units::{Rounding, Span, fixed};

/// An average after a value has stood for some time: of the step to it `passed / (time + passed)` is taken over.
pub(crate) fn blended(average: i128, value: i128, passed: Span, time: Span) -> i128 {
    let (time, passed) = (i128::from(time.as_nanos()), i128::from(passed.as_nanos()));
    let step = value.saturating_sub(average);
    let part = fixed::mul_div(step, passed, time.saturating_add(passed).max(1), Rounding::Nearest);
    average.saturating_add(part.unwrap_or(0))
}
