//! Changes and verdicts in words and signs; colour only repeats them.

use incident::{Bounds, Unit, Verdict};
use maud::{Markup, html};

/// By how much a damage changed: `−97 %`.
pub(super) fn change(before: f64, after: f64) -> String {
    if before <= 0.0 {
        return if after > 0.0 { "from nothing".to_owned() } else { "none either way".to_owned() };
    }
    let per_cent = (after / before - 1.0) * 100.0;
    let size = per_cent.abs();
    if per_cent >= 900.0 {
        return format!("{:.0} times as much", after / before);
    }
    if per_cent >= 200.0 {
        return format!("{:.1} times as much", after / before);
    }
    let sign = if per_cent < 0.0 { "\u{2212}" } else { "+" };
    match size {
        _ if after == before => "\u{b1}0\u{a0}%".to_owned(),
        // What is left of a damage is not rounded away.
        _ if per_cent < -99.95 && after > 0.0 => format!("{sign}99.9\u{a0}%"),
        _ if per_cent < -99.0 && after > 0.0 => format!("{sign}{size:.1}\u{a0}%"),
        _ if size < 1.0 => format!("{sign}{size:.1}\u{a0}%"),
        _ => format!("{sign}{size:.0}\u{a0}%"),
    }
}

/// A verdict as a pill: a sign, a word, and a colour.
pub(super) fn verdict(verdict: Verdict) -> Markup {
    let (class, sign) = match verdict {
        Verdict::Helps => ("good", "\u{2193}\u{2193}"),
        Verdict::HelpsSomewhat => ("good", "\u{2193}"),
        Verdict::MakesNoDifference => ("unknown", "="),
        Verdict::Harms => ("critical", "\u{2191}"),
    };
    html! { span .pill .(class) { span aria-hidden="true" { (sign) } " " (verdict.words()) } }
}

/// What a run without one defence says of it. Where no more is lost without it, that may be since it does nothing or
/// since others cover for it, and the run does not say which.
pub(super) fn of_defence(found: Verdict) -> Markup {
    match found {
        Verdict::MakesNoDifference => {
            html! { span .pill .unknown { span aria-hidden="true" { "=" } " not missed" } }
        }
        Verdict::Helps | Verdict::HelpsSomewhat | Verdict::Harms => verdict(found),
    }
}

/// A text of a file, with what stands between backticks as code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Whether a drill came out as its file says.
pub(super) fn held(holds: bool) -> Markup {
    match holds {
        true => html! { span .pill .good { span aria-hidden="true" { "\u{2713}" } " held" } },
        false => {
            html! { span .pill .critical { span aria-hidden="true" { "\u{2717}" } " not as expected" } }
        }
    }
}

/// Whether a drill's figures can be had again to the last digit.
pub(super) fn kind(is_deterministic: bool) -> Markup {
    match is_deterministic {
        true => html! { span .pill .unknown { "repeatable by its seed" } },
        false => html! { span .pill .unknown { "measured live" } },
    }
}

/// Bounds: `from 290 to 375`, `at most 5`.
pub(super) fn bounds(bounds: Bounds, unit: Unit) -> String {
    let Bounds { least, most } = bounds;
    match (least, most) {
        _ if least == most => format!("exactly {}", unit.show(most)),
        _ if most >= UNBOUNDED => format!("at least {}", unit.show(least)),
        _ if least <= 0.0 => format!("at most {}", unit.show(most)),
        _ => format!("{} to {}", unit.show(least), unit.show(most)),
    }
}

/// A most that stands for none.
const UNBOUNDED: f64 = 1e15;

/// A number of seconds as people say it: `40 s`, `12 min`, `2.5 h`, `3 days`.
pub(super) fn time(seconds: f64) -> String {
    let plain = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    match seconds.abs() {
        size if size < 1.0 && size > 0.0 => format!("{} ms", plain(seconds * 1e3)),
        size if size < 120.0 => format!("{} s", plain(seconds)),
        size if size < 7_200.0 => format!("{} min", plain(seconds / 60.0)),
        size if size < 259_200.0 => format!("{} h", plain(seconds / 3_600.0)),
        _ => format!("{} days", plain(seconds / 86_400.0)),
    }
}

/// A number beside an axis, short.
pub(super) fn axis(value: f64, unit: &str) -> String {
    let is_money = matches!(unit, "USD" | "$" | "dollars");
    let (scaled, suffix) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, " bn"),
        size if size >= 1e6 => (value / 1e6, " m"),
        size if size >= 1e4 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let text = match scaled.abs() {
        // Cents, beside each other.
        size if is_money && suffix.is_empty() && size > 0.0 && size < 10.0 => cents(scaled),
        size if size >= 100.0 || scaled.fract() == 0.0 => format!("{scaled:.0}"),
        size if size >= 10.0 => format!("{scaled:.1}"),
        size if size >= 1.0 => trimmed(&format!("{scaled:.2}")),
        size if size >= 0.01 => trimmed(&format!("{scaled:.3}")),
        _ => format!("{scaled:.1e}"),
    };
    let text = text.replace('-', "\u{2212}");
    format!("{}{text}{suffix}", if is_money { "$" } else { "" })
}

/// With two places, or more where they are needed to tell one from the other.
fn cents(value: f64) -> String {
    let long = format!("{value:.4}");
    let least = long.len().saturating_sub(2);
    let mut text = long.as_str();
    while text.len() > least && text.ends_with('0') {
        text = text.strip_suffix('0').unwrap_or(text);
    }
    text.to_owned()
}

/// A text that begins a line, with a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_right_and_round_nothing_away() {
        // A committee must not read that all damage is gone where some of it is left.
        assert_eq!(change(100.0, 3.0), "\u{2212}97\u{a0}%");
        assert_eq!(change(1e6, 1.0), "\u{2212}99.9\u{a0}%");
        assert_eq!(change(1e6, 0.0), "\u{2212}100\u{a0}%");
        assert_eq!(change(10.0, 16.0), "+60\u{a0}%");
        assert_eq!(change(1.0, 2.0), "+100\u{a0}%");
        assert_eq!(change(1.5, 8.5), "5.7 times as much");
        assert_eq!(change(10.0, 300.0), "30 times as much");
        assert_eq!(change(0.0, 3.0), "from nothing");
        assert_eq!(change(3.0, 3.0), "\u{b1}0\u{a0}%");
    }

    #[test]
    fn bounds_say_what_would_break_them() {
        // A committee asks what a defence is held to; a bound said the wrong way round promises something else.
        let said = |least, most| bounds(Bounds { least, most }, Unit::Count);
        assert_eq!(said(290.0, 375.0), "290 to 375");
        assert_eq!(said(0.0, 5.0), "at most 5");
        assert_eq!(said(0.0, 0.0), "exactly 0");
        assert_eq!(said(12.0, f64::INFINITY), "at least 12");
    }

    #[test]
    fn numbers_beside_an_axis_are_short_and_right() {
        // A mislabelled axis is worse than none.
        assert_eq!(axis(3.21e9, "USD"), "$3.21 bn");
        assert_eq!(axis(0.65, "USD"), "$0.65");
        assert_eq!(axis(0.9, "USD"), "$0.90");
        assert_eq!(axis(0.9985, "USD"), "$0.9985");
        assert_eq!(axis(1.0, "USD"), "$1.00");
        assert_eq!(axis(12_000.0, "accounts"), "12 k");
        assert_eq!(axis(-5.0, "per cent"), "\u{2212}5");
        assert_eq!(time(9_000.0), "2.5 h");
        assert_eq!(time(90.0), "90 s");
    }
}
