//! Times as venues write them, to milliseconds since 1970.

use crate::odd::Odd;

/// Milliseconds of a day, an hour, a minute, a second.
const DAY: u64 = 86_400_000;
const HOUR: u64 = 3_600_000;
const MINUTE: u64 = 60_000;
const SECOND: u64 = 1_000;

/// The time of a text such as `2022-10-19T23:28:22.061769Z`, in milliseconds since 1970; digits behind the third are
/// dropped. Only times in UTC are taken, which is what every venue sends.
pub(crate) fn iso(text: &str, field: &'static str) -> Result<u64, Odd> {
    read_iso(text.as_bytes()).ok_or(Odd::Time { field })
}

/// A whole number of milliseconds, of microseconds where `divisor` is 1000, and so on.
pub(crate) fn whole(text: &str, divisor: u64, field: &'static str) -> Result<u64, Odd> {
    // `parse` alone would take a plus sign.
    let digits = text.bytes().all(|sign| sign.is_ascii_digit());
    let number = text.parse::<u64>().ok().filter(|_| digits);
    number.and_then(|number| number.checked_div(divisor)).ok_or(Odd::Time { field })
}

/// A whole number of the venue's own, such as that of a message.
pub(crate) fn number(text: &str, field: &'static str) -> Result<u64, Odd> {
    let digits = text.bytes().all(|sign| sign.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(Odd::Count { field })
}

fn read_iso(text: &[u8]) -> Option<u64> {
    let (date, clock) = (text.get(..10)?, text.get(11..19)?);
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
        return None;
    }
    let (year, month, day) =
        (digits(date.get(..4)?)?, digits(date.get(5..7)?)?, digits(date.get(8..)?)?);
    let (hour, minute, second) =
        (digits(clock.get(..2)?)?, digits(clock.get(3..5)?)?, digits(clock.get(6..)?)?);
    // A leap second is the next minute's first.
    if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let rest = hour * HOUR + minute * MINUTE + second * SECOND;
    Some(days * DAY + rest + fraction(text.get(19..)?)?)
}

/// The milliseconds of what follows the seconds: a point with digits, or nothing, and the sign of UTC.
fn fraction(text: &[u8]) -> Option<u64> {
    let text = text.strip_suffix(b"Z").or_else(|| text.strip_suffix(b"+00:00"))?;
    if text.is_empty() {
        return Some(0);
    }
    let places = text.strip_prefix(b".")?;
    if places.is_empty() || places.len() > 9 || !places.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let place = |at: usize| places.get(at).map_or(0, |digit| u64::from(digit - b'0'));
    Some(place(0) * 100 + place(1) * 10 + place(2))
}

/// A short number of digits alone; nine of them fit.
fn digits(text: &[u8]) -> Option<u64> {
    if text.len() > 9 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Days from 1970-01-01 to a date of that year or later.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = LENGTH.get(index)? + u64::from(leap && month == 2);
    if day < 1 || day > length {
        return None;
    }
    let past = year - 1;
    let leaps = (past / 4 - past / 100 + past / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let this_leap = u64::from(leap && month > 2);
    Some((year - 1970) * 365 + leaps + BEFORE.get(index)? + this_leap + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_to_the_millisecond() {
        // A time that is off by a day makes a venue look frozen, or from the future.
        for (text, expect) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000999Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2000-03-01T00:00:00.5Z", 951_868_800_500),
            ("2022-10-19T23:28:22.061769Z", 1_666_222_102_061),
            ("2024-12-31T23:59:59.999+00:00", 1_735_689_599_999),
            ("2026-11-25T12:00:00.123456789Z", 1_795_608_000_123),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ] {
            assert_eq!(iso(text, "time"), Ok(expect), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2022-10-19",
            "2022-10-19T23:28:22",
            "2022-10-19 23:28:22Z",
            "2022-13-19T23:28:22Z",
            "2022-00-19T23:28:22Z",
            "2023-02-29T00:00:00Z",
            "2022-10-00T23:28:22Z",
            "2022-10-19T24:00:00Z",
            "2022-10-19T23:28:22.Z",
            "2022-10-19T23:28:22.1234567890Z",
            "2022-10-19T23:28:22.06+02:00",
            "1969-12-31T23:59:59Z",
            "2022-10-1é23:28:22Z",
        ] {
            assert_eq!(iso(text, "time"), Err(Odd::Time { field: "time" }), "{text}");
        }
    }

    #[test]
    fn a_whole_number_has_digits_alone() {
        assert_eq!(whole("1706302442078000", 1_000, "time"), Ok(1_706_302_442_078));
        assert_eq!(number("0", "id"), Ok(0));
        for text in ["", "+1", "-1", "1.0", "18446744073709551616"] {
            assert!(whole(text, 1, "time").is_err() && number(text, "id").is_err(), "{text}");
        }
    }
}
