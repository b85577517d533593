//! How long an upstream asks to be left alone, from the four places where providers say it.

use std::time::{Duration, UNIX_EPOCH};

/// Longest wait taken from an upstream. A monthly quota says more; the upstream is probed again
/// after this all the same.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Words before a wait in a message (alloy and several providers: "try again in 250ms").
const HINTS: &[&str] = &["try again in ", "try again after ", "retry after ", "retry in "];

/// The longest wait that the header (seconds or an HTTP date, RFC 9110 section 10.2.3), Infura's
/// `backoff_seconds` or the text names. `lower` is lower-cased text.
pub(super) fn longest(header: Option<&str>, unix_now_secs: u64, lower: &str) -> Option<Duration> {
    let header = header.and_then(|value| of_header(value.trim(), unix_now_secs));
    let backoff = lower.split_once("\"backoff_seconds\"").and_then(|(_, rest)| {
        let (milliseconds, _) = decimal(rest.trim_start_matches([' ', ':', '"']))?;
        Some(Duration::from_millis(milliseconds))
    });
    let hints = HINTS.iter().filter_map(|hint| lower.split_once(hint)).map(|(_, rest)| rest);
    let hint = hints.filter_map(of_text).max();
    header.max(backoff).max(hint).map(|wait| wait.min(RETRY_AFTER_MAX))
}

fn of_header(value: &str, unix_now_secs: u64) -> Option<Duration> {
    if let Some((milliseconds, rest)) = decimal(value) {
        return rest.trim().is_empty().then_some(Duration::from_millis(milliseconds));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(date.as_secs().saturating_sub(unix_now_secs)))
}

fn of_text(text: &str) -> Option<Duration> {
    let (amount, rest) = decimal(text)?;
    let unit: String =
        rest.trim_start().chars().take_while(char::is_ascii_alphabetic).take(12).collect();
    let milliseconds = match unit.as_str() {
        "ms" | "millisecond" | "milliseconds" => amount.div_ceil(1_000),
        "" | "s" | "sec" | "secs" | "second" | "seconds" => amount,
        "m" | "min" | "mins" | "minute" | "minutes" => amount.saturating_mul(60),
        "h" | "hour" | "hours" => amount.saturating_mul(3_600),
        _ => return None,
    };
    Some(Duration::from_millis(milliseconds))
}

/// Reads a decimal number as thousandths, and the rest of the text.
fn decimal(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, mut rest) = text.split_at(digits(text));
    // More digits than fit mean a wait beyond every limit.
    let thousandths = match whole {
        "" => return None,
        _ => whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1_000),
    };
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        let (part, after) = after.split_at(digits(after));
        let padded: String = part.chars().chain("000".chars()).take(3).collect();
        fraction = padded.parse().unwrap_or(0);
        rest = after;
    }
    Some((thousandths.saturating_add(fraction), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_all_hints_counts() {
        // Coming back too early turns a short throttle into a ban.
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let at = 784_111_777;
        for (header, now, text, milliseconds) in [
            (Some("3"), 0, "", Some(3_000)),
            (Some("003"), 0, "", Some(3_000)),
            (Some("0.5"), 0, "", Some(500)),
            (Some(date), at - 30, "", Some(30_000)),
            (Some(date), at + 30, "", Some(0)),
            (Some("soon"), 0, "", None),
            (Some("-1"), 0, "", None),
            (None, 0, "limit, try again in 250ms", Some(250)),
            (None, 0, "try again in 2s", Some(2_000)),
            (None, 0, "retry after 1.5 seconds.", Some(1_500)),
            (None, 0, "try again in 2 minutes", Some(120_000)),
            (None, 0, "try again in a while", None),
            (None, 0, r#"{"rate":{"backoff_seconds": 30,"x":1}}"#, Some(30_000)),
            (Some("1"), 0, r#"try again in 7s {"backoff_seconds":2.5}"#, Some(7_000)),
            (Some("99999999999999999999"), 0, "", Some(86_400_000)),
        ] {
            let wait = longest(header, now, text);
            assert_eq!(wait, milliseconds.map(Duration::from_millis), "{header:?} {text}");
        }
    }
}
