//! Numbers and bytes as Hermes writes them: whole numbers and an exponent, hexadecimal, base 64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use units::{Price, fixed};

/// The exponent that a price is written with. Pyth's own is -8 for nearly all; tiny prices need more places, and huge
/// ones would not fit 64 bits.
pub(super) const fn exponent(price: Price) -> i32 {
    let raw = price.raw().saturating_abs();
    if raw < fixed::ONE / 100 {
        -12
    } else if raw < 90_000_000_000 * fixed::ONE {
        -8
    } else if raw < 900_000_000_000_000 * fixed::ONE {
        -4
    } else {
        0
    }
}

/// A price as a whole number of `10^exponent`: to the nearest, or up, as a standard error must not shrink.
pub(super) fn scaled(price: Price, exponent: i32, up: bool) -> i64 {
    let places = u32::try_from(exponent.saturating_add(12)).unwrap_or(0);
    let unit = 10_i128.checked_pow(places).unwrap_or(1);
    let rounding = if up { units::Rounding::Up } else { units::Rounding::Nearest };
    let number = fixed::mul_div(price.raw(), 1, unit, rounding).unwrap_or(i128::MAX);
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes in base 64 with padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    #[test]
    fn a_price_comes_back_from_number_and_exponent() {
        for (text, exponent_is, number) in [
            ("68900.01", -8, 6_890_001_000_000),
            ("1", -8, 100_000_000),
            ("0.00000000123", -12, 1_230),
            ("0.01", -8, 1_000_000),
            ("123456789012.5", -4, 1_234_567_890_125_000),
            ("1000000000000000", 0, 1_000_000_000_000_000),
        ] {
            assert_eq!(exponent(price(text)), exponent_is, "{text}");
            assert_eq!(scaled(price(text), exponent_is, false), number, "{text}");
        }
    }

    #[test]
    fn a_standard_error_is_never_rounded_to_none() {
        assert_eq!(scaled(price("0.000000000001"), -8, true), 1);
        assert_eq!(scaled(price("0.000000000001"), -8, false), 0);
    }

    #[test]
    fn bytes_are_written_as_decoders_expect() {
        assert_eq!(hex(&[0, 0x9f, 0xff]), "009fff");
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes), text);
        }
    }
}
