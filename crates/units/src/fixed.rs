//! Fixed-point decimals: the arithmetic that [`Price`](crate::Price), [`Ratio`](crate::Ratio) and the other exact
//! values share. Twelve decimal places in an `i128`: enough for a coin at a billionth of a dollar, and for sums far
//! beyond all money there is.

use core::fmt;

/// Decimal places of every exact value.
pub const PLACES: u32 = 12;

/// One, as the whole number that stands for it.
pub const ONE: i128 = 1_000_000_000_000;

/// The largest value that is read from outside, in whole units: far above every price and every sum of money, and
/// far enough below the type's end that a thousand of them can be added.
pub const WHOLE_MAX: i128 = 1_000_000_000_000_000_000;

/// Digits before and behind the point that are read at all; a longer text is no number of a market.
const DIGITS_MAX: u32 = 60;

/// Digits behind the point that are kept while a number is read.
const BEHIND_MAX: u32 = 30;

/// Largest exponent under which what is further behind stays below the last place.
const EXPONENT_CUT_MAX: i32 = 18;

/// So many digits always fit 64 bits.
const PLAIN_MAX: usize = 19;

/// What digits are worth of which so many, from none to twelve, are behind the point.
const FACTORS: [u64; 13] = [
    1_000_000_000_000,
    100_000_000_000,
    10_000_000_000,
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

/// Where a result between two representable values goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the lower one, also below zero.
    Down,
    /// To the higher one, also below zero.
    Up,
    /// To the nearer one; half way to the even one.
    Nearest,
}

/// Why a text is no exact value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// There is nothing, or no digit.
    Empty,
    /// There is a sign that belongs to no decimal number; its position.
    Sign(usize),
    /// It is beyond what is accepted.
    TooLarge,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("there is no digit"),
            Self::Sign(at) => {
                write!(formatter, "the sign at position {at} belongs to no decimal number")
            }
            Self::TooLarge => write!(formatter, "it is beyond {WHOLE_MAX}"),
        }
    }
}

impl core::error::Error for DecimalError {}

/// One in the last of so many decimal places: the step of numbers that have no more of them. From twelve on it is the
/// smallest value there is.
#[must_use]
pub fn last_place(places: u8) -> u64 {
    FACTORS.get(usize::from(places)).copied().unwrap_or(1)
}

/// Reads a decimal number such as `25.3519`, `-0.5` or `1e-7`. Digits behind the twelfth place are dropped.
///
/// # Errors
/// Where the text is no decimal number, or beyond [`WHOLE_MAX`].
pub fn parse(text: &[u8]) -> Result<i128, DecimalError> {
    match parse_plain(text) {
        Some(value) => Ok(value),
        None => parse_any(text),
    }
}

/// Nearly every number of a market: digits, with a point among them at most, so few that nothing can overflow. `None`
/// leaves it to the long way.
fn parse_plain(text: &[u8]) -> Option<i128> {
    if text.len() > PLAIN_MAX {
        return None;
    }
    let (mut digits, mut seen, mut behind, mut point) = (0_u64, 0_usize, 0_usize, false);
    for sign in text {
        match sign.wrapping_sub(b'0') {
            digit @ 0..=9 => {
                digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
                seen = seen.wrapping_add(1);
                behind = behind.wrapping_add(usize::from(point));
            }
            _ if *sign == b'.' && !point => point = true,
            _ => return None,
        }
    }
    let factor = FACTORS.get(behind).filter(|_| seen > 0)?;
    // Both are below 2^64.
    let value = i128::from(digits).wrapping_mul(i128::from(*factor));
    (value <= WHOLE_MAX.saturating_mul(ONE)).then_some(value)
}

fn parse_any(text: &[u8]) -> Result<i128, DecimalError> {
    let (negative, start) = match text.first() {
        None => return Err(DecimalError::Empty),
        Some(b'-') => (true, 1),
        Some(_) => (false, 0),
    };
    let mut mantissa = Mantissa::default();
    let mut exponent = 0_i32;
    for (at, sign) in text.iter().enumerate().skip(start) {
        match sign {
            b'0'..=b'9' => mantissa.push(sign.wrapping_sub(b'0'))?,
            b'.' if !mantissa.point => mantissa.point = true,
            b'e' | b'E' if mantissa.seen > 0 => {
                exponent = parse_exponent(text, at.saturating_add(1))?;
                break;
            }
            _ => return Err(DecimalError::Sign(at)),
        }
    }
    if mantissa.seen == 0 {
        return Err(DecimalError::Empty);
    }
    let value = mantissa.scaled(exponent)?;
    Ok(if negative { value.saturating_neg() } else { value })
}

/// The digits of a number as they are read.
#[derive(Default)]
struct Mantissa {
    /// The digits so far as a whole number, as long as they matter.
    digits: u64,
    /// What came before, where the digits do not fit.
    high: i128,
    /// Digits read, and those behind the point.
    seen: u32,
    behind: u32,
    point: bool,
    /// Whether a digit was left out.
    cut: bool,
}

impl Mantissa {
    fn push(&mut self, digit: u8) -> Result<(), DecimalError> {
        self.seen = self.seen.saturating_add(1);
        if self.seen > DIGITS_MAX {
            return Err(DecimalError::TooLarge);
        }
        // Further behind a digit says nothing, unless the exponent brings it forward.
        if self.point && self.behind >= BEHIND_MAX {
            self.cut |= digit > 0;
            return Ok(());
        }
        self.behind = self.behind.saturating_add(u32::from(self.point));
        if self.high == 0
            && let Some(digits) =
                self.digits.checked_mul(10).and_then(|ten| ten.checked_add(u64::from(digit)))
        {
            self.digits = digits;
            return Ok(());
        }
        let value = if self.high == 0 { i128::from(self.digits) } else { self.high };
        let grown = value.checked_mul(10).and_then(|ten| ten.checked_add(i128::from(digit)));
        self.high = grown.ok_or(DecimalError::TooLarge)?;
        Ok(())
    }

    fn scaled(&self, exponent: i32) -> Result<i128, DecimalError> {
        if self.cut && exponent > EXPONENT_CUT_MAX {
            return Err(DecimalError::TooLarge);
        }
        let value = if self.high == 0 { i128::from(self.digits) } else { self.high };
        let behind = i32::try_from(self.behind).unwrap_or(i32::MAX);
        let places = i32::try_from(PLACES).unwrap_or(i32::MAX);
        let shift = places.saturating_sub(behind).saturating_add(exponent);
        let factor = 10_i128.checked_pow(shift.unsigned_abs());
        let scaled = if shift >= 0 {
            let product = factor.and_then(|factor| value.checked_mul(factor));
            if value == 0 { Some(0) } else { product }
        } else {
            Some(factor.and_then(|factor| value.checked_div(factor)).unwrap_or(0))
        };
        let scaled = scaled.ok_or(DecimalError::TooLarge)?;
        if scaled > WHOLE_MAX.saturating_mul(ONE) {
            return Err(DecimalError::TooLarge);
        }
        Ok(scaled)
    }
}

/// The exponent from a position on.
fn parse_exponent(text: &[u8], from: usize) -> Result<i32, DecimalError> {
    let (negative, start) = match text.get(from) {
        Some(b'-') => (true, from.saturating_add(1)),
        Some(b'+') => (false, from.saturating_add(1)),
        Some(_) | None => (false, from),
    };
    if text.len() <= start {
        return Err(DecimalError::Empty);
    }
    let mut exponent = 0_i32;
    for (at, sign) in text.iter().enumerate().skip(start) {
        if !sign.is_ascii_digit() {
            return Err(DecimalError::Sign(at));
        }
        let digit = i32::from(sign.wrapping_sub(b'0'));
        exponent = exponent.saturating_mul(10).saturating_add(digit).min(1_000);
    }
    Ok(if negative { exponent.saturating_neg() } else { exponent })
}

/// Writes a fixed-point value without noughts at its end.
pub(crate) fn write(value: i128, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let one = ONE.unsigned_abs();
    let size = value.unsigned_abs();
    let whole = size.checked_div(one).unwrap_or(0);
    let mut rest = size.checked_rem(one).unwrap_or(0);
    if rest == 0 {
        return write!(formatter, "{sign}{whole}");
    }
    let mut places = 12_usize;
    while rest.checked_rem(10) == Some(0) {
        rest = rest.checked_div(10).unwrap_or(0);
        places = places.saturating_sub(1);
    }
    write!(formatter, "{sign}{whole}.{rest:0places$}")
}

/// `a * b / c`, exact in between and rounded once; `None` where `c` is zero or the result does not fit.
#[must_use]
pub fn mul_div(a: i128, b: i128, c: i128, rounding: Rounding) -> Option<i128> {
    if let Some(product) = a.checked_mul(b) {
        let (quotient, rest) = if c == ONE {
            let (size, rest) = div_by_one(product.unsigned_abs());
            let size = i128::try_from(size).ok()?;
            (if product < 0 { size.checked_neg()? } else { size }, rest)
        } else {
            let quotient = product.checked_div(c)?;
            let rest = product.wrapping_sub(quotient.wrapping_mul(c));
            (quotient, rest.unsigned_abs())
        };
        let towards = sign_of(product, c, rounding);
        let away = is_away(rest, c.unsigned_abs(), quotient & 1 != 0, towards);
        let negative = (product < 0) != (c < 0);
        return adjust(quotient, away, negative);
    }
    let negative = ((a < 0) != (b < 0)) != (c < 0);
    let (high, low) = wide_mul(a.unsigned_abs(), b.unsigned_abs());
    let (quotient, rest) = wide_div(high, low, c.unsigned_abs())?;
    let quotient = i128::try_from(quotient).ok()?;
    let towards = if negative { mirrored(rounding) } else { rounding };
    let away = is_away(rest, c.unsigned_abs(), quotient & 1 != 0, towards);
    let size = if away { quotient.checked_add(1)? } else { quotient };
    Some(if negative { size.checked_neg()? } else { size })
}

/// The quotient and the rest of a division by [`ONE`], which is 2^12 times 5^12: what is above the lowest 12 bits is
/// divided by 5^12 in three steps of 32 bits, each of which the compiler makes a multiplication of. A division of 128
/// bits takes several times as long, and this one is in every fee and every requirement.
fn div_by_one(number: u128) -> (u128, u128) {
    const FIVES: u64 = 244_140_625;
    const DIGIT: u128 = 0xffff_ffff;
    let digit = |shift: u32| u64::try_from((number >> shift) & DIGIT).unwrap_or(0);
    let step = |rest: u64, digit: u64| {
        let part = (rest << 32) | digit;
        let quotient = part.checked_div(FIVES).unwrap_or(0);
        (quotient, part.wrapping_sub(quotient.wrapping_mul(FIVES)))
    };
    let first = u64::try_from(number >> 76).unwrap_or(0);
    let high = first.checked_div(FIVES).unwrap_or(0);
    let (middle, rest) = step(first.wrapping_sub(high.wrapping_mul(FIVES)), digit(44));
    let (low, rest) = step(rest, digit(12));
    let quotient = (u128::from(high) << 64) | (u128::from(middle) << 32) | u128::from(low);
    (quotient, (u128::from(rest) << 12) | (number & 0xfff))
}

/// The rounding of the size of a quotient.
const fn sign_of(product: i128, divisor: i128, rounding: Rounding) -> Rounding {
    if (product < 0) != (divisor < 0) { mirrored(rounding) } else { rounding }
}

const fn mirrored(rounding: Rounding) -> Rounding {
    match rounding {
        Rounding::Down => Rounding::Up,
        Rounding::Up => Rounding::Down,
        Rounding::Nearest => Rounding::Nearest,
    }
}

/// Whether the size of a quotient goes one further from zero.
fn is_away(rest: u128, divisor: u128, odd: bool, rounding: Rounding) -> bool {
    match rounding {
        Rounding::Down => false,
        Rounding::Up => rest > 0,
        Rounding::Nearest => {
            let other = divisor.saturating_sub(rest);
            rest > other || (rest == other && odd)
        }
    }
}

fn adjust(quotient: i128, away: bool, negative: bool) -> Option<i128> {
    match (away, negative) {
        (false, _) => Some(quotient),
        (true, false) => quotient.checked_add(1),
        (true, true) => quotient.checked_sub(1),
    }
}

/// The product of two numbers in two halves.
fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = 0xffff_ffff_ffff_ffff;
    let (a_high, a_low) = (a >> 64, a & LOW);
    let (b_high, b_low) = (b >> 64, b & LOW);
    // None of these can overflow: each factor is below 2^64.
    let low = a_low.wrapping_mul(b_low);
    let one = a_high.wrapping_mul(b_low);
    let other = a_low.wrapping_mul(b_high);
    let middle = (low >> 64).wrapping_add(one & LOW).wrapping_add(other & LOW);
    let high = a_high
        .wrapping_mul(b_high)
        .wrapping_add(one >> 64)
        .wrapping_add(other >> 64)
        .wrapping_add(middle >> 64);
    (high, (middle << 64) | (low & LOW))
}

/// A number in two halves by a divisor: quotient and rest, where the quotient fits one half.
fn wide_div(high: u128, low: u128, divisor: u128) -> Option<(u128, u128)> {
    if divisor == 0 || high >= divisor {
        return None;
    }
    let (mut rest, mut quotient) = (high, 0_u128);
    for bit in (0..128_u32).rev() {
        let carry = rest >> 127 != 0;
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    Some((quotient, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<i128, DecimalError> {
        parse(text.as_bytes())
    }

    #[test]
    fn a_price_is_read_to_the_last_digit() {
        // A price that went through a float would be off in its last digits.
        assert_eq!(read("25.35190000"), Ok(25_351_900_000_000));
        assert_eq!(read("-0.5"), Ok(-500_000_000_000));
        assert_eq!(read("1e-7"), Ok(100_000));
        assert_eq!(read("1.5E+3"), Ok(1_500 * ONE));
        assert_eq!(read("0.0000000000019"), Ok(1), "behind the twelfth place digits are dropped");
        assert_eq!(
            read("123456789012345678.123456789012"),
            Ok(123_456_789_012_345_678_123_456_789_012)
        );
        assert_eq!(read("0e999"), Ok(0));
        assert_eq!(read("1e-999"), Ok(0));
    }

    #[test]
    fn the_short_way_and_the_long_one_agree() {
        // A price would be another one where it is written with one more nought.
        let wholes = [
            "",
            "0",
            "7",
            "25",
            "0012",
            "999999",
            "1000000000000000000",
            "18446744073709551616",
            "-3",
        ];
        let behind =
            ["", ".", ".5", ".35190000", ".000000000001", ".0000000000019", ".1234567890123"];
        for whole in wholes {
            for behind in behind {
                for end in ["", "0", ".", "x", "e0", "e3"] {
                    let text = format!("{whole}{behind}{end}");
                    assert_eq!(read(&text), parse_any(text.as_bytes()), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_digit_far_behind_the_point_is_not_lost_to_an_exponent() {
        // A number that is read as another one is a wrong price.
        let far = format!("0.{}5", "0".repeat(30));
        assert_eq!(read(&far), Ok(0));
        assert_eq!(read(&format!("{far}e18")), Ok(0));
        assert_eq!(read(&format!("{far}e31")), Err(DecimalError::TooLarge));
        assert_eq!(read(&format!("0.{}e31", "0".repeat(40))), Ok(0));
    }

    #[test]
    fn a_division_by_one_is_the_division_by_its_trillionths() {
        // Every fee and every requirement goes through it.
        let numbers =
            [0, 1, 244_140_624, 244_140_625, 4_095, 4_096, 1 << 44, (1 << 76) - 1, 1 << 76];
        let large = [ONE - 1, ONE, ONE + 1, i128::MAX - 1, i128::MAX, i128::MAX / 3 * 2];
        for number in numbers.into_iter().chain(large).flat_map(|number| [number, -number]) {
            for rounding in [Rounding::Down, Rounding::Up, Rounding::Nearest] {
                let slow = mul_div(number, 2, 2 * ONE, rounding).or_else(|| {
                    // Too large to be doubled: the same as a division by a multiple.
                    Some(match rounding {
                        Rounding::Down => number.div_euclid(ONE),
                        Rounding::Up => -(-number).div_euclid(ONE),
                        Rounding::Nearest => mul_div(number, 1, ONE, rounding)?,
                    })
                });
                assert_eq!(mul_div(number, 1, ONE, rounding), slow, "{number} {rounding:?}");
            }
        }
    }

    #[test]
    fn the_last_place_is_the_step_of_its_numbers() {
        // A price between two steps of its market would be taken for one on a step.
        for (places, step) in [(0, "1"), (1, "0.1"), (8, "0.00000001"), (12, "0.000000000001")] {
            assert_eq!(Ok(i128::from(last_place(places))), read(step));
        }
        assert_eq!(last_place(13), 1);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for (text, error) in [
            ("", DecimalError::Empty),
            ("-", DecimalError::Empty),
            (".", DecimalError::Empty),
            ("1e", DecimalError::Empty),
            ("1,5", DecimalError::Sign(1)),
            ("1.2.3", DecimalError::Sign(3)),
            ("NaN", DecimalError::Sign(0)),
            ("+1", DecimalError::Sign(0)),
            ("1e5x", DecimalError::Sign(3)),
            ("1e30", DecimalError::TooLarge),
            ("9999999999999999999999999999999999999999999999999", DecimalError::TooLarge),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_quotient_is_rounded_as_named() {
        for (a, b, c, down, nearest, up) in [
            (7, 1, 2, 3, 4, 4),
            (5, 1, 2, 2, 2, 3),
            (-7, 1, 2, -4, -4, -3),
            (-5, 1, 2, -3, -2, -2),
            (7, 1, -2, -4, -4, -3),
            (6, 1, 3, 2, 2, 2),
        ] {
            assert_eq!(mul_div(a, b, c, Rounding::Down), Some(down), "{a} {b} {c} down");
            assert_eq!(mul_div(a, b, c, Rounding::Nearest), Some(nearest), "{a} {b} {c} nearest");
            assert_eq!(mul_div(a, b, c, Rounding::Up), Some(up), "{a} {b} {c} up");
        }
    }

    #[test]
    fn products_beyond_the_type_are_exact_in_between() {
        let large = 1_i128 << 100;
        for sign in [1, -1] {
            assert_eq!(mul_div(large * sign, large, large, Rounding::Down), Some(large * sign));
            assert_eq!(mul_div(large, large * sign, 3, Rounding::Down), None, "it does not fit");
            // 2^200 + 1 over 2^100 is 2^100 and a little.
            let up = mul_div(large * sign, large - 1, large, Rounding::Up);
            assert_eq!(up, Some((large - 1) * sign));
        }
        assert_eq!(mul_div(large, large, 0, Rounding::Down), None);
        assert_eq!(mul_div(i128::MAX, i128::MAX, i128::MAX, Rounding::Nearest), Some(i128::MAX));
        assert_eq!(mul_div(i128::MAX, 3, 7, Rounding::Down), Some(i128::MAX / 7 * 3));
    }
}
