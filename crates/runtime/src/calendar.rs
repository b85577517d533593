//! Wall time by the calendar, in UTC.

/// One day in milliseconds; Unix time has no leap seconds.
pub const DAY_MS: u64 = 86_400_000;

/// A point in time taken apart, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: u64,
    /// Months since January.
    pub month: usize,
    /// The day of the month, from 1.
    pub day: u64,
    /// Hours since midnight.
    pub hour: u64,
    /// Minutes of the hour.
    pub minute: u64,
    /// Seconds of the minute.
    pub second: u64,
    /// Milliseconds of the second.
    pub milli: u64,
    /// Days since Thursday, which 1970-01-01 was.
    pub weekday: usize,
}

impl Civil {
    /// Takes a time in milliseconds since 1970 apart. The Gregorian date is found by counting from 1 March of year 0, so
    /// that the leap day is last.
    #[must_use]
    pub fn of(unix_ms: u64) -> Self {
        const DAYS_FROM_YEAR_0: u64 = 719_468;
        const DAYS_OF_400_YEARS: u64 = 146_097;
        let (days, milli_of_day) = (unix_ms / DAY_MS, unix_ms % DAY_MS);
        let shifted = days + DAYS_FROM_YEAR_0;
        let (era, day_of_era) = (shifted / DAYS_OF_400_YEARS, shifted % DAYS_OF_400_YEARS);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months from March have 31, 30, 31, 30, 31 days, twice and a bit: 153 days in five of them.
        let months_since_march = (5 * day_of_year + 2) / 153;
        let month = (months_since_march + 2) % 12;
        Self {
            year: era * 400 + year_of_era + u64::from(month < 2),
            month: usize::try_from(month).unwrap_or_default(),
            day: day_of_year - (153 * months_since_march + 2) / 5 + 1,
            hour: milli_of_day / 3_600_000,
            minute: milli_of_day / 60_000 % 60,
            second: milli_of_day / 1_000 % 60,
            milli: milli_of_day % 1_000,
            weekday: usize::try_from(days % 7).unwrap_or_default(),
        }
    }
}

/// A time in milliseconds since 1970 as RFC 3339 has it: `2026-11-21T08:06:03.123Z`.
#[must_use]
pub fn rfc3339(unix_ms: u64) -> String {
    let Civil { year, month, day, hour, minute, second, milli, .. } = Civil::of(unix_ms);
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", month + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_off_by_one_would_pass_for_a_fresh_price() {
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_760_130_000_250, "2025-10-10T21:00:00.250Z"),
            (1_772_323_199_999, "2026-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(unix_ms), text);
        }
    }
}
