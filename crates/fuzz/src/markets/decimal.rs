//! Decimal numbers as texts: a model without arithmetic.

/// Decimal places that exact values keep.
const PLACES: usize = 12;

/// A number that is not below zero at its shortest, cut behind the twelfth place; `None` where the text is none.
pub(super) fn shortest(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    // Minus nought is nought.
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{behind}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // Beyond these an exact value is either zero or refused.
    let point = i64::try_from(whole.len()).ok()? + exponent.clamp(-200, 200);
    let digits = match usize::try_from(point) {
        Ok(point) => {
            let padded = format!("{digits}{}", "0".repeat(point.saturating_sub(digits.len())));
            format!("{}.{}", &padded[..point], &padded[point..])
        }
        Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).ok()?)),
    };
    let (whole, behind) = digits.split_once('.')?;
    let whole = whole.trim_start_matches('0');
    let behind = behind[..behind.len().min(PLACES)].trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = if behind.is_empty() { whole.to_owned() } else { format!("{whole}.{behind}") };
    (!negative || number == "0").then_some(number)
}

fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn the_model_writes_a_number_as_exact_values_do() {
        // A model that is wrong finds nothing, or what is not there.
        for (text, expect) in [
            ("25.3500", Some("25.35")),
            ("007", Some("7")),
            ("0.0000000000019", Some("0.000000000001")),
            ("1e-7", Some("0.0000001")),
            ("1.25E+3", Some("1250")),
            ("12.5e-3", Some("0.0125")),
            ("-0", Some("0")),
            ("-1", None),
            ("", None),
            ("1.2.3", None),
            ("1e", None),
            ("x", None),
            (&"0".repeat(70_000), Some("0")),
        ] {
            assert_eq!(shortest(text).as_deref(), expect, "{text}");
        }
    }
}
