//! Points and spans of time as whole nanoseconds.
//!
//! The cores never read a clock: a [`Timestamp`] comes in as an argument. It is an own type and not
//! [`std::time::Instant`] because an `Instant` can only be made by reading a clock, which makes a
//! core impossible to simulate (see the first two findings on str0m in the design notes).

use core::fmt;

/// A point in time: nanoseconds since an origin that the clock's owner chose.
///
/// In production the origin is the start of the process and the clock is monotonic; in a
/// simulation it is zero. Two timestamps compare only when they come from the same clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A length of time in nanoseconds; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Timestamp {
    /// The clock's origin.
    pub const ZERO: Self = Self(0);
    /// Later than anything a clock will say; stands for "never".
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the clock's origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the clock's origin, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        Span(self.0).as_millis()
    }

    /// The point `span` later; stays at [`Timestamp::MAX`] instead of overflowing.
    #[must_use]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The point `span` earlier; stays at the origin instead of going below it.
    #[must_use]
    pub const fn before(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The span from `earlier` to this point; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than anything that is waited for.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of `micros` microseconds; stays at [`Span::MAX`] instead of overflowing.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// A span of `millis` milliseconds; stays at [`Span::MAX`] instead of overflowing.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// A span of `secs` seconds; stays at [`Span::MAX`] instead of overflowing.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// The span in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The span in whole microseconds, rounded down.
    #[must_use]
    #[expect(clippy::integer_division, reason = "rounding down is what the name promises")]
    pub const fn as_micros(self) -> u64 {
        self.0 / 1_000
    }

    /// The span in whole milliseconds, rounded down.
    #[must_use]
    #[expect(clippy::integer_division, reason = "rounding down is what the name promises")]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The span in whole seconds, rounded down.
    #[must_use]
    #[expect(clippy::integer_division, reason = "rounding down is what the name promises")]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// The sum of both spans; stays at [`Span::MAX`] instead of overflowing.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This span less `other`; zero when `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This span `factor` times; stays at [`Span::MAX`] instead of overflowing.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// This span divided by `parts`, rounded down. Zero parts count as one.
    #[must_use]
    pub const fn divided_by(self, parts: u64) -> Self {
        match self.0.checked_div(parts) {
            Some(nanos) => Self(nanos),
            None => self,
        }
    }

    /// This span, but at least `low` and at most `high`; `low` wins where the two contradict.
    #[must_use]
    pub fn clamped(self, low: Self, high: Self) -> Self {
        self.min(high).max(low)
    }
}

impl fmt::Display for Span {
    /// Writes the span in the largest unit that keeps it exact to three digits: `1.500s`, `20ms`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.as_millis();
        if millis >= 1_000 {
            let (secs, rest) = (self.as_secs(), millis.checked_rem(1_000).unwrap_or(0));
            return write!(formatter, "{secs}.{rest:03}s");
        }
        if millis > 0 {
            write!(formatter, "{millis}ms")
        } else {
            write!(formatter, "{}us", self.as_micros())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_wraps_around() {
        assert_eq!(Timestamp::MAX.after(Span::from_secs(1)), Timestamp::MAX);
        assert_eq!(Timestamp::ZERO.before(Span::from_secs(1)), Timestamp::ZERO);
        assert_eq!(Timestamp::ZERO.since(Timestamp::MAX), Span::ZERO);
        assert_eq!(Span::from_secs(u64::MAX), Span::MAX);
        assert_eq!(Span::from_millis(7).divided_by(0), Span::from_millis(7));
    }

    #[test]
    fn a_span_reads_in_its_own_unit() {
        assert_eq!(Span::from_millis(1_500).to_string(), "1.500s");
        assert_eq!(Span::from_millis(20).to_string(), "20ms");
        assert_eq!(Span::from_micros(17).to_string(), "17us");
    }
}
