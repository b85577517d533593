//! Spans of time that candles are of.

use units::{Span, Timestamp};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// From a Monday to the Thursday at which Unix time begins.
const TO_THURSDAY: Span = Span::from_secs(3 * DAY);

/// A span of time that candles are of: those of Binance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// `1m`
    Minute1,
    /// `3m`
    Minute3,
    /// `5m`
    Minute5,
    /// `15m`
    Minute15,
    /// `30m`
    Minute30,
    /// `1h`
    Hour1,
    /// `2h`
    Hour2,
    /// `4h`
    Hour4,
    /// `6h`
    Hour6,
    /// `8h`
    Hour8,
    /// `12h`
    Hour12,
    /// `1d`
    Day1,
    /// `3d`
    Day3,
    /// `1w`: from Monday on.
    Week1,
    /// `1M`: a month of the calendar.
    Month1,
}

impl Interval {
    /// All of them, from the shortest on.
    pub const ALL: [Self; 15] = [
        Self::Minute1,
        Self::Minute3,
        Self::Minute5,
        Self::Minute15,
        Self::Minute30,
        Self::Hour1,
        Self::Hour2,
        Self::Hour4,
        Self::Hour6,
        Self::Hour8,
        Self::Hour12,
        Self::Day1,
        Self::Day3,
        Self::Week1,
        Self::Month1,
    ];

    /// Its word, such as `15m`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute1 => "1m",
            Self::Minute3 => "3m",
            Self::Minute5 => "5m",
            Self::Minute15 => "15m",
            Self::Minute30 => "30m",
            Self::Hour1 => "1h",
            Self::Hour2 => "2h",
            Self::Hour4 => "4h",
            Self::Hour6 => "6h",
            Self::Hour8 => "8h",
            Self::Hour12 => "12h",
            Self::Day1 => "1d",
            Self::Day3 => "3d",
            Self::Week1 => "1w",
            Self::Month1 => "1M",
        }
    }

    /// The one of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.word() == word)
    }

    /// Its length; of a month, that of 31 days.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::from_secs(match self {
            Self::Minute1 => MINUTE,
            Self::Minute3 => 3 * MINUTE,
            Self::Minute5 => 5 * MINUTE,
            Self::Minute15 => 15 * MINUTE,
            Self::Minute30 => 30 * MINUTE,
            Self::Hour1 => HOUR,
            Self::Hour2 => 2 * HOUR,
            Self::Hour4 => 4 * HOUR,
            Self::Hour6 => 6 * HOUR,
            Self::Hour8 => 8 * HOUR,
            Self::Hour12 => 12 * HOUR,
            Self::Day1 => DAY,
            Self::Day3 => 3 * DAY,
            Self::Week1 => 7 * DAY,
            Self::Month1 => 31 * DAY,
        })
    }

    /// When the span begins that a time is in.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        if self == Self::Month1 {
            month_of(at).0
        } else if self == Self::Week1 {
            floor(at.after(TO_THURSDAY), self.span()).before(TO_THURSDAY)
        } else {
            floor(at, self.span())
        }
    }

    /// When the span after the one that a time is in begins.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Timestamp {
        if self == Self::Month1 { month_of(at).1 } else { self.start(at).after(self.span()) }
    }
}

/// The last multiple of a span at or before a time.
pub(crate) fn floor(at: Timestamp, span: Span) -> Timestamp {
    let into = at.as_nanos().checked_rem(span.as_nanos()).unwrap_or(0);
    at.before(Span::from_nanos(into))
}

/// When the month of a time begins, and when the next one does.
fn month_of(at: Timestamp) -> (Timestamp, Timestamp) {
    let mut start = Timestamp::ZERO;
    // Some 7,000 months fit into a timestamp.
    for month in 0_u64.. {
        let next = start.after(Span::from_secs(DAY.saturating_mul(days_of(month))));
        if at < next || next == start {
            return (start, next);
        }
        start = next;
    }
    (start, start)
}

/// How many days a month has, counted from January 1970 on.
fn days_of(month: u64) -> u64 {
    let year = month.checked_div(12).unwrap_or(0).saturating_add(1970);
    let divides = |by: u64| year.checked_rem(by) == Some(0);
    match month.checked_rem(12) {
        Some(1) if divides(4) && (!divides(100) || divides(400)) => 29,
        Some(1) => 28,
        Some(3 | 5 | 8 | 10) => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(secs))
    }

    #[test]
    fn spans_begin_where_binance_has_them_begin() {
        // A candle that begins elsewhere is another candle to every chart.
        // 2024-02-29T13:37:42Z, a Thursday in a leap year.
        let time = at(1_709_213_862);
        let check = |interval: Interval, start, next| {
            assert_eq!((interval.start(time), interval.next(time)), (at(start), at(next)));
        };
        check(Interval::Minute1, 1_709_213_820, 1_709_213_880);
        check(Interval::Minute15, 1_709_213_400, 1_709_214_300);
        check(Interval::Hour12, 1_709_208_000, 1_709_251_200);
        check(Interval::Day1, 1_709_164_800, 1_709_251_200);
        check(Interval::Week1, 1_708_905_600, 1_709_510_400);
        check(Interval::Month1, 1_706_745_600, 1_709_251_200);
    }

    #[test]
    fn words_are_read_back() {
        for interval in Interval::ALL {
            assert_eq!(Interval::of_word(interval.word()), Some(interval));
        }
        assert_eq!(Interval::of_word("2m"), None);
    }

    #[test]
    fn the_end_of_time_is_in_some_month() {
        // An odd start time in a query must not spin.
        for interval in Interval::ALL {
            assert!(interval.start(Timestamp::MAX) <= Timestamp::MAX, "and not for ever");
        }
        let late = Timestamp::MAX.before(Span::from_secs(40 * DAY));
        assert!(Interval::Month1.start(late) < late && late < Interval::Month1.next(late));
    }
}
