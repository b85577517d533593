//! Exact decimals as the surface has them: texts without an exponent, with as many places as their market has.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use units::fixed::{self, ONE, last_place};
use units::{DecimalError, Money, Price, Quantity, Ratio};

use crate::failure::{ErrorCode, Failure};
use crate::value::Value;

/// Longest text of a decimal: a sign, 39 digits, a point and twelve more.
const TEXT_MAX: usize = 56;

/// Most digits on either side of the point in what a client sends.
const SENT_DIGITS_MAX: usize = 20;

/// Most places of a number: those that it is kept with.
const PLACES_MAX: u8 = 12;

/// An exact decimal, and how many places it is written with at least; more where it needs them.
///
/// Two of them are the same where both are: `1.0` is not `1`. Their numbers are compared by [`Decimal::raw`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    trillionths: i128,
    places: u8,
}

impl Decimal {
    /// Nothing, without places.
    pub const ZERO: Self = Self { trillionths: 0, places: 0 };

    /// So many trillionths, written with `places` places at least; of those there are twelve at most.
    #[must_use]
    pub const fn from_raw(trillionths: i128, places: u8) -> Self {
        let places = if places > PLACES_MAX { PLACES_MAX } else { places };
        Self { trillionths, places }
    }

    /// A price.
    #[must_use]
    pub const fn price(price: Price, places: u8) -> Self {
        Self::from_raw(price.raw(), places)
    }

    /// A quantity.
    #[must_use]
    pub const fn quantity(quantity: Quantity, places: u8) -> Self {
        Self::from_raw(quantity.raw(), places)
    }

    /// An amount of money.
    #[must_use]
    pub const fn money(money: Money, places: u8) -> Self {
        Self::from_raw(money.raw(), places)
    }

    /// A ratio.
    #[must_use]
    pub const fn ratio(ratio: Ratio, places: u8) -> Self {
        Self::from_raw(ratio.raw(), places)
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(number: i128) -> Self {
        Self::from_raw(number.saturating_mul(ONE), 0)
    }

    /// The value in trillionths.
    #[must_use]
    pub const fn raw(self) -> i128 {
        self.trillionths
    }

    /// Places it is written with at least.
    #[must_use]
    pub const fn places(self) -> u8 {
        self.places
    }

    /// As an amount of money.
    #[must_use]
    pub const fn as_money(self) -> Money {
        Money::from_raw(self.trillionths)
    }

    /// The same number with no more than so many places: what is further behind is cut off, towards zero.
    #[must_use]
    pub fn cut(self, places: u8) -> Self {
        let step = i128::from(last_place(places));
        Self::from_raw(self.trillionths - self.trillionths % step, places)
    }

    /// Reads a text such as `0.0010`, whose places are kept.
    ///
    /// # Errors
    /// Where it is no decimal number, or too large.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let trillionths = fixed::parse(text.as_bytes())?;
        if text.contains(['e', 'E']) {
            // Of such a text nobody can see how many places it has: it has those that it needs.
            let mut buffer = [0; TEXT_MAX];
            return Self::parse(Self::from_raw(trillionths, 0).text(&mut buffer));
        }
        let places = text.split_once('.').map_or(0, |(_, behind)| behind.len());
        Ok(Self::from_raw(trillionths, u8::try_from(places).unwrap_or(PLACES_MAX)))
    }

    /// Appends the number to `out`.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut buffer = [0; TEXT_MAX];
        out.extend_from_slice(self.text(&mut buffer).as_bytes());
    }

    /// The number's text, made from its end on.
    fn text(self, buffer: &mut [u8; TEXT_MAX]) -> &str {
        let size = self.trillionths.unsigned_abs();
        let (whole, behind) = split(size);
        let (mut behind, places) = shortened(behind, self.places);
        let mut at = buffer.len();
        let mut put = |byte: u8| {
            at -= 1;
            if let Some(place) = buffer.get_mut(at) {
                *place = byte;
            }
        };
        for _ in 0..places {
            put(digit(behind));
            behind /= 10;
        }
        if places > 0 {
            put(b'.');
        }
        put_whole(whole, &mut put);
        if self.trillionths < 0 {
            put(b'-');
        }
        std::str::from_utf8(buffer.get(at..).unwrap_or_default()).unwrap_or_default()
    }
}

/// Digits behind the point without the noughts at their end, as far as there are more than `least`; and how many.
fn shortened(behind: u64, least: u8) -> (u64, u8) {
    // Nearly every number has the places of its market and no more: one division instead of many.
    let step = last_place(least);
    if behind.is_multiple_of(step) {
        return (behind / step, least);
    }
    let (mut behind, mut places) = (behind, PLACES_MAX);
    while behind.is_multiple_of(10) {
        behind /= 10;
        places -= 1;
    }
    (behind, places)
}

/// The whole units of a number of trillionths, and what is left.
fn split(size: u128) -> (u128, u64) {
    let one = ONE.unsigned_abs();
    if let (Ok(size), Ok(one)) = (u64::try_from(size), u64::try_from(one)) {
        return (u128::from(size / one), size % one);
    }
    (size / one, u64::try_from(size % one).unwrap_or(0))
}

fn put_whole(whole: u128, put: &mut impl FnMut(u8)) {
    let mut high = whole;
    // Numbers above 64 bits are rare; their division is slow.
    while u64::try_from(high).is_err() {
        put(digit(u64::try_from(high % 10).unwrap_or(0)));
        high /= 10;
    }
    let mut low = u64::try_from(high).unwrap_or(0);
    loop {
        put(digit(low));
        low /= 10;
        if low == 0 {
            break;
        }
    }
}

/// The last digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or(0)
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; TEXT_MAX];
        formatter.write_str(self.text(&mut buffer))
    }
}

impl Value for Decimal {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        let (whole, behind) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| {
            !part.is_empty()
                && part.len() <= SENT_DIGITS_MAX
                && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole) || !digits(behind) {
            return Err(Failure::illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$"));
        }
        // Digits that would be dropped are digits that somebody meant.
        if behind.bytes().skip(usize::from(PLACES_MAX)).any(|byte| byte != b'0') {
            return Err(Failure::of(ErrorCode::BadPrecision));
        }
        Self::parse(text).map_err(|_| Failure::with(ErrorCode::InvalidParameter, &[name]))
    }

    fn print(&self, out: &mut String) {
        let mut buffer = [0; TEXT_MAX];
        out.push_str(self.text(&mut buffer));
    }
}

impl Serialize for Decimal {
    /// A number is a text, as nearly everywhere on the surface.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = [0; TEXT_MAX];
        serializer.serialize_str(self.text(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal number as a text, or a whole number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
        Decimal::parse(text).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(Decimal::whole(i128::from(number)))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(Decimal::whole(i128::from(number)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, places: u8) -> String {
        let raw = Decimal::parse(text).expect("a number").raw();
        Decimal::from_raw(raw, places).to_string()
    }

    #[test]
    fn a_number_has_the_places_of_its_market_and_more_only_where_it_needs_them() {
        // A price with a digit too few is another price.
        for (text, places, expect) in [
            ("0", 0, "0"),
            ("0", 5, "0.00000"),
            ("1.5", 0, "1.5"),
            ("1.5", 2, "1.50"),
            ("-0.001", 3, "-0.001"),
            ("50000", 1, "50000.0"),
            ("0.000000000001", 2, "0.000000000001"),
            ("1000000000000000000", 2, "1000000000000000000.00"),
            ("18446744.073709551616", 0, "18446744.073709551616"),
        ] {
            assert_eq!(written(text, places), expect);
        }
        let end = Decimal::from_raw(i128::MIN, 12).to_string();
        assert_eq!(end, "-170141183460469231731687303.715884105728");
        assert_eq!(Decimal::parse("1.25e1"), Decimal::parse("12.5"));
        let cut = |text: &str, places| Decimal::parse(text).expect("a number").cut(places);
        assert_eq!(cut("1.23456", 2).to_string(), "1.23");
        assert_eq!(cut("-1.23956", 2).to_string(), "-1.23");
        assert_eq!(cut("1.2", 12).to_string(), "1.200000000000");
    }

    #[test]
    fn what_a_client_sends_is_digits_and_a_point() {
        let read = |text| Decimal::read(text, "quantity");
        assert_eq!(read("0.0010").expect("a number").to_string(), "0.0010");
        assert_eq!(read("1.00000000000000").expect("noughts are no digits").raw(), ONE);
        for text in ["", "-1", "+1", "1e3", ".5", "5.", "1.2.3", "0x1", "NaN", "1 "] {
            assert_eq!(read(text).expect_err("no number").code, -1100, "{text:?}");
        }
        assert_eq!(read("1.0000000000001").expect_err("too fine").code, -1111);
        assert_eq!(read("99999999999999999999").expect_err("too large").code, -1130);
        assert_eq!(read("999999999999999999999").expect_err("too long").code, -1100);
    }

    #[test]
    fn json_has_numbers_as_texts_and_whole_ones_as_they_are() {
        let read = |text| serde_json::from_str::<Decimal>(text);
        assert_eq!(read("\"-1.50\"").expect("a text").to_string(), "-1.50");
        assert_eq!(read("7").expect("a whole number"), Decimal::whole(7));
        assert_eq!(read("-7").expect("a whole number"), Decimal::whole(-7));
        // A float has lost digits before anybody looks at it.
        assert!(read("1.5").is_err() && read("\"\"").is_err() && read("null").is_err());
        assert_eq!(serde_json::to_string(&Decimal::whole(3)).expect("written"), "\"3\"");
    }

    proptest! {
        #[test]
        fn every_number_comes_back_from_its_text(raw in any::<i128>(), places in 0_u8..=12) {
            // Kept within what is read at all.
            let raw = raw % (fixed::WHOLE_MAX * ONE);
            let decimal = Decimal::from_raw(raw, places);
            let again = Decimal::parse(&decimal.to_string()).expect("its own text");
            prop_assert_eq!(again.raw(), raw);
            prop_assert!(again.places() >= places);
            prop_assert_eq!(again.to_string(), decimal.to_string());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            if let Ok(decimal) = Decimal::read(&text, "price") {
                prop_assert_eq!(Decimal::parse(&text), Ok(decimal));
            }
        }
    }
}
