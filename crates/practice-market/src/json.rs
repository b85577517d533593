//! JSON as venues write it: fields in their order, and numbers digit by digit, never through a float.

use runtime::calendar::rfc3339;
use units::fixed::ONE;

/// An object of fields in order; the values are JSON already.
pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// An array of values that are JSON already.
pub(crate) fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// A string.
pub(crate) fn text(value: impl AsRef<str>) -> String {
    serde_json::Value::from(value.as_ref()).to_string()
}

/// A value in trillionths with so many decimal places, cut off behind them.
pub(crate) fn decimal(raw: i128, places: u32) -> String {
    let places = places.min(12);
    let unit = 10_i128.pow(12 - places);
    let size = raw.abs() / unit * unit;
    let sign = if raw < 0 && size > 0 { "-" } else { "" };
    let (whole, rest) = (size / ONE, size % ONE / unit);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(places).unwrap_or(12);
    format!("{sign}{whole}.{rest:0width$}")
}

/// A value in trillionths as a string with so many decimal places.
pub(crate) fn number(raw: i128, places: u32) -> String {
    format!("\"{}\"", decimal(raw, places))
}

/// A moment in milliseconds since 1970 as `2025-10-10T21:20:00.000000Z`.
pub(crate) fn iso(at_ms: u64) -> String {
    let text = rfc3339(at_ms);
    format!("{}000Z", text.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_to_the_last_digit() {
        assert_eq!(decimal(25_351_900_000_000, 8), "25.35190000");
        assert_eq!(decimal(650_000_000_000, 4), "0.6500");
        assert_eq!(decimal(999, 2), "0.00");
        assert_eq!(decimal(-1_500_000_000_000, 1), "-1.5");
        assert_eq!(decimal(7 * ONE, 0), "7");
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(iso(1_760_131_200_123), "2025-10-10T21:20:00.123000Z");
        assert_eq!(iso(1_709_164_800_000), "2024-02-29T00:00:00.000000Z");
        assert_eq!(iso(1_767_225_599_999), "2025-12-31T23:59:59.999000Z");
        assert_eq!(text("a\"b"), r#""a\"b""#);
        assert_eq!(object(&[("a", array([text("b"), "1".to_owned()]))]), r#"{"a":["b",1]}"#);
    }
}
