//! Numbers, times and foreign texts in the form that people read.

use runtime::calendar::Civil;

pub(crate) use runtime::calendar::{DAY_MS, rfc3339 as iso};

/// Days of the week from Thursday, which 1970-01-01 was.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month_name(civil: &Civil) -> &'static str {
    MONTHS.get(civil.month).copied().unwrap_or_default()
}

/// `Sat, 21 Nov 2026 08:06:03 GMT`, as RSS wants it (RFC 822 with a year of four digits).
pub(crate) fn rfc822(unix_ms: u64) -> String {
    let civil = Civil::of(unix_ms);
    let weekday = WEEKDAYS.get(civil.weekday).copied().unwrap_or_default();
    let Civil { year, day, hour, minute, second, .. } = civil;
    format!(
        "{weekday}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT",
        month_name(&civil)
    )
}

/// `21 Nov 2026`.
pub(crate) fn date(unix_ms: u64) -> String {
    let civil = Civil::of(unix_ms);
    format!("{} {} {}", civil.day, month_name(&civil), civil.year)
}

/// `08:06:03`.
pub(crate) fn clock(unix_ms: u64) -> String {
    let Civil { hour, minute, second, .. } = Civil::of(unix_ms);
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `21 Nov, 08:06:03`.
pub(crate) fn moment(unix_ms: u64) -> String {
    let civil = Civil::of(unix_ms);
    format!("{} {}, {}", civil.day, month_name(&civil), clock(unix_ms))
}

/// `41 s`, `4 min 12 s`, `3 h 5 min`, `2 d 4 h`.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    let two = |big: u64, big_name: &str, small: u64, small_name: &str| {
        if small == 0 {
            format!("{big} {big_name}")
        } else {
            format!("{big} {big_name} {small} {small_name}")
        }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// `41 s`, `4 min`, `3 h`, `2 d`: for places where a ticking second would be noise.
pub(crate) fn span_coarse(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `850 µs`, `12.3 ms`, `140 ms`, `1.24 s`.
pub(crate) fn latency(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..100_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        100_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
    }
}

/// `19,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A price as people read it: thousands grouped, and some six digits that say something. The exact one is in the
/// oracle's own answers.
pub(crate) fn price(price: units::Price) -> String {
    price_beside(price, price)
}

/// A price, such as a standard error, with as many places as another one has.
pub(crate) fn price_beside(price: units::Price, other: units::Price) -> String {
    let one = units::fixed::ONE.unsigned_abs();
    let mut places = 2_u32;
    // Below a thousand, each digit less before the point is one more behind it.
    let mut limit = 1_000 * one;
    while other.raw().unsigned_abs() < limit && places < units::fixed::PLACES {
        places += 1;
        limit /= 10;
    }
    let unit = 10_u128.pow(units::fixed::PLACES - places);
    let rounded = (price.raw().unsigned_abs() + unit / 2) / unit;
    let (whole, rest) = (rounded / 10_u128.pow(places), rounded % 10_u128.pow(places));
    let whole = grouped(u64::try_from(whole).unwrap_or(u64::MAX));
    let sign = if price.raw() < 0 { "−" } else { "" };
    let places = usize::try_from(places).unwrap_or(12);
    format!("{sign}{whole}.{rest:0places$}")
}

/// A number of whole units and trillionths with so many places, thousands grouped, rounded to the nearest.
pub(crate) fn fixed(raw: i128, places: u8) -> String {
    let places = u32::from(places).min(units::fixed::PLACES);
    let unit = 10_u128.pow(units::fixed::PLACES - places);
    let rounded = (raw.unsigned_abs() + unit / 2) / unit;
    let (whole, rest) = (rounded / 10_u128.pow(places), rounded % 10_u128.pow(places));
    let whole = grouped(u64::try_from(whole).unwrap_or(u64::MAX));
    let sign = if raw < 0 && rounded > 0 { "−" } else { "" };
    if places == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(places).unwrap_or(12);
    format!("{sign}{whole}.{rest:0width$}")
}

/// An amount of money as people read it: no more than a cent, and none of a large one.
pub(crate) fn money(money: units::Money) -> String {
    let large = 10_000 * units::fixed::ONE.unsigned_abs();
    fixed(money.raw(), if money.raw().unsigned_abs() < large { 2 } else { 0 })
}

/// An amount to the last place that it has: what was rounded away could not be added up again.
pub(crate) fn exact(money: units::Money) -> String {
    let text = fixed(money.raw(), 12);
    let whole = text.trim_end_matches('0');
    let kept = whole.find('.').map_or(whole.len(), |point| (point + 3).max(whole.len()));
    text.get(..kept).unwrap_or(&text).to_owned()
}

/// `+1.25 %` of hundredths of a per cent.
pub(crate) fn change(bps: i64) -> String {
    let sign = if bps < 0 { "−" } else { "+" };
    let size = bps.unsigned_abs();
    format!("{sign}{}.{:02} %", grouped(size / 100), size % 100)
}

/// `part` of `whole` in per cent with two digits, rounded down so that a failure never reads as 100 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let hundredths = part.saturating_mul(10_000).checked_div(whole).unwrap_or(10_000);
    if hundredths.is_multiple_of(100) {
        return format!("{} %", hundredths / 100);
    }
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// `1 upstream`, `2 upstreams`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `0x1234abcd…90ef`; short texts stay whole.
pub(crate) fn short_hash(hash: &str) -> String {
    let characters: Vec<char> = hash.chars().collect();
    match (
        characters.get(..10),
        characters.len().checked_sub(4).and_then(|from| characters.get(from..)),
    ) {
        (Some(first), Some(last)) if characters.len() > 16 => {
            format!("{}…{}", first.iter().collect::<String>(), last.iter().collect::<String>())
        }
        _ => hash.to_owned(),
    }
}

/// A foreign text made harmless to read: one line, no control or direction-changing characters (which
/// could make a page read as something else, and are not allowed in XML), at most `characters` long.
pub(crate) fn tidy(text: &str, characters: usize) -> String {
    let mut tidied = String::new();
    for (index, character) in text.trim().chars().enumerate() {
        if index >= characters {
            tidied.push('…');
            break;
        }
        let harmful = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        tidied.push(if harmful { ' ' } else { character });
    }
    tidied
}

/// FNV-1a over 64 bits: the same on every machine and in every version, which `std`'s hasher is not.
pub(crate) fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.into_iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Twelve characters of `a-z0-9`, as Statuspage's ids are, that depend on `parts` alone.
pub(crate) fn stable_id(parts: &[&str]) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut hash = fnv1a(parts.iter().flat_map(|part| part.bytes().chain([0])));
    let mut id = String::with_capacity(12);
    for _ in 0..12 {
        let digit = usize::try_from(hash % 36).unwrap_or_default();
        id.push(ALPHABET.get(digit).copied().map_or('0', char::from));
        hash /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_dates_would_misplace_every_incident() {
        let check = |unix_ms, expect: &str| assert_eq!(iso(unix_ms), expect);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_399_999, "2000-02-28T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(951_868_800_000, "2000-03-01T00:00:00.000Z");
        check(1_605_086_220_000, "2020-11-11T09:17:00.000Z");
        check(4_107_542_399_001, "2100-02-28T23:59:59.001Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        assert_eq!(rfc822(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(moment(784_111_777_000), "6 Nov, 08:49:37");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(19_234_567), "19,234,567");
        assert_eq!(span(41_900), "41 s");
        assert_eq!(span(252_000), "4 min 12 s");
        assert_eq!(span(3 * 3_600_000), "3 h");
        assert_eq!(latency(850), "850 µs");
        assert_eq!(latency(12_345), "12.3 ms");
        assert_eq!(latency(1_249_000), "1.24 s");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(counted(1, "operator"), "1 operator");
    }

    #[test]
    fn one_failure_in_a_million_is_not_a_hundred_per_cent() {
        assert_eq!(percent(999_999, 1_000_000), "99.99 %");
        assert_eq!(percent(0, 0), "100 %");
    }

    #[test]
    fn a_foreign_text_cannot_turn_the_page_round() {
        assert_eq!(tidy(" a\u{202e}b\n\u{0}c ", 9), "a b  c");
        assert_eq!(tidy("abcdef", 3), "abc…");
    }

    #[test]
    fn ids_stay_the_same_over_restarts_and_versions() {
        assert_eq!(
            stable_id(&["component", "ethereum", ""]),
            stable_id(&["component", "ethereum", ""])
        );
        assert_ne!(stable_id(&["a", "bc"]), stable_id(&["ab", "c"]));
        assert_eq!(stable_id(&["a"]).len(), 12);
    }

    #[test]
    fn a_hash_is_shortened_in_the_middle() {
        assert_eq!(short_hash("0x1234567890abcdef1234"), "0x12345678…1234");
        assert_eq!(short_hash("0xé"), "0xé");
    }

    #[test]
    fn amounts_add_up_as_they_are_shown() {
        // A proof whose sums were rounded proves nothing.
        let money = |text: &[u8]| units::Money::parse(text).expect("a number");
        assert_eq!(super::money(money(b"9999.999")), "10,000.00");
        assert_eq!(super::money(money(b"-1234567.8")), "−1,234,568");
        assert_eq!(super::money(money(b"-0.001")), "0.00");
        assert_eq!(exact(money(b"1234567.5")), "1,234,567.50");
        assert_eq!(exact(money(b"0.000000000001")), "0.000000000001");
        assert_eq!(exact(money(b"-3")), "−3.00");
        assert_eq!(fixed(units::fixed::ONE * 68_900 + units::fixed::ONE / 10, 1), "68,900.1");
        assert_eq!((change(-150), change(1_234_500)), ("−1.50 %".into(), "+12,345.00 %".into()));
    }

    #[test]
    fn a_price_is_read_at_a_glance_whatever_its_size() {
        for (text, read) in [
            ("112400.129", "112,400.13"),
            ("999.9999", "1,000.000"),
            ("184.25", "184.250"),
            ("1", "1.00000"),
            ("0.65", "0.650000"),
            ("0.0000123456", "0.0000123456"),
            ("0", "0.000000000000"),
        ] {
            let price = units::Price::parse(text.as_bytes()).expect("a number");
            assert_eq!(super::price(price), read);
        }
    }
}
