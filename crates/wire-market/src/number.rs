//! Numbers out of JSON: as they stand in the text, whether quoted or not.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use units::{Price, Quantity};

use crate::book::{Book, Level};
use crate::odd::Odd;
use crate::reader::{AS_IT_STANDS, Reader};

/// Most levels of a side that are kept: more than any venue gives in one answer but Coinbase, whose books go on for
/// prices at which nobody will ever trade.
const LEVELS_MAX: usize = 20_000;

/// Reads a text that is JSON from its beginning to its end.
pub(crate) fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Odd> {
    // One look at the whole text costs less than one at each part of it.
    let text = std::str::from_utf8(bytes).map_err(|error| Odd::Shape(error.to_string()))?;
    let mut reader = Reader::new(text);
    let value = T::deserialize(&mut reader).map_err(|error| Odd::shape(&error))?;
    reader.end().map_err(|error| Odd::shape(&error))?;
    Ok(value)
}

/// A field that has to be there.
pub(crate) fn need<T>(value: Option<T>, field: &'static str) -> Result<T, Odd> {
    value.ok_or(Odd::Missing(field))
}

/// A price out of its text.
pub(crate) fn price(text: &str, field: &'static str) -> Result<Price, Odd> {
    let price = Price::parse(text.as_bytes()).map_err(|error| Odd::Number { field, error })?;
    if price < Price::ZERO { Err(Odd::Negative { field }) } else { Ok(price) }
}

/// A quantity out of its text.
pub(crate) fn quantity(text: &str, field: &'static str) -> Result<Quantity, Odd> {
    let quantity =
        Quantity::parse(text.as_bytes()).map_err(|error| Odd::Number { field, error })?;
    if quantity < Quantity::ZERO { Err(Odd::Negative { field }) } else { Ok(quantity) }
}

/// A side's best price and how many, where an empty text stands for an empty side.
pub(crate) fn side(one: &str, many: &str, field: &'static str) -> Result<(Price, Quantity), Odd> {
    if one.is_empty() {
        return Ok((Price::ZERO, Quantity::ZERO));
    }
    Ok((price(one, field)?, quantity(many, field)?))
}

/// A value as it stands in the text, to be read later or not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    pub(crate) const fn text(self) -> &'a str {
        self.0
    }

    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AS_IT_STANDS, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Raw(text))
    }
}

/// The text of a value: of a string what stands between its quotes, as it stands there.
pub(crate) fn bare(raw: Raw<'_>) -> &str {
    let text = raw.text();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// The text of a number that may stand in quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a>(pub &'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(bare(Raw::deserialize(deserializer)?)))
    }
}

/// A level as its texts: the first two of an array; what follows is the venue's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'a> {
    pub price: &'a str,
    pub quantity: &'a str,
}

impl Pair<'_> {
    /// An empty side of a book.
    pub(crate) const NONE: Self = Self { price: "0", quantity: "0" };
}

impl<'de: 'a, 'a> Deserialize<'de> for Pair<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PairVisitor)
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a price and a quantity")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let price = values.next_element::<Text<'de>>()?;
        let quantity = values.next_element::<Text<'de>>()?;
        while values.next_element::<IgnoredAny>()?.is_some() {}
        let (Some(Text(price)), Some(Text(quantity))) = (price, quantity) else {
            return Err(serde::de::Error::custom("a level without a price or a quantity"));
        };
        Ok(Pair { price, quantity })
    }
}

/// A book as most venues name its sides.
#[derive(Debug, Deserialize)]
pub(crate) struct Sides<'a> {
    #[serde(borrow)]
    bids: Vec<Pair<'a>>,
    #[serde(borrow)]
    asks: Vec<Pair<'a>>,
}

impl Sides<'_> {
    /// The book, as [`book`] makes it.
    pub(crate) fn book(&self) -> Result<Book, Odd> {
        book(&self.bids, &self.asks)
    }
}

/// The first of a side's levels, if there is one; the others are stepped over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top<'a>(pub Option<Pair<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Top<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let side = Raw::deserialize(deserializer)?;
        let first = Reader::new(side.text()).first().map_err(serde::de::Error::custom)?;
        Ok(Self(first))
    }
}

/// Gives each element of an array to `take`, until it finds one odd.
pub(crate) fn each<'a, T: Deserialize<'a>>(
    array: Raw<'a>,
    take: impl FnMut(T) -> Result<(), Odd>,
) -> Result<(), Odd> {
    let mut odd = None;
    let visitor = EachVisitor { take, odd: &mut odd, element: PhantomData };
    let read = Reader::new(array.text()).deserialize_seq(visitor);
    match (odd, read) {
        (Some(odd), _) => Err(odd),
        (None, read) => read.map_err(|error| Odd::shape(&error)),
    }
}

struct EachVisitor<'o, T, F> {
    take: F,
    odd: &'o mut Option<Odd>,
    element: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), Odd>> Visitor<'de>
    for EachVisitor<'_, T, F>
{
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element()? {
            if let Err(odd) = (self.take)(value) {
                *self.odd = Some(odd);
                return Err(serde::de::Error::custom("an element is odd"));
            }
        }
        Ok(())
    }
}

/// A book out of its two sides.
pub(crate) fn book(bids: &[Pair<'_>], asks: &[Pair<'_>]) -> Result<Book, Odd> {
    let (bids, asks) = (levels(bids)?, levels(asks)?);
    if !bids.is_sorted_by(|better, worse| better.price >= worse.price) {
        return Err(Odd::Order { side: "bids" });
    }
    if !asks.is_sorted_by(|better, worse| better.price <= worse.price) {
        return Err(Odd::Order { side: "asks" });
    }
    Ok(Book { bids, asks })
}

fn levels(pairs: &[Pair<'_>]) -> Result<Vec<Level>, Odd> {
    let level = |pair: &Pair<'_>| {
        let (price, quantity) =
            (price(pair.price, "a level's price")?, quantity(pair.quantity, "a level's quantity")?);
        Ok(Level { price, quantity })
    };
    pairs.iter().take(LEVELS_MAX).map(level).collect()
}

#[cfg(test)]
mod tests {
    use units::DecimalError;

    use super::*;

    #[test]
    fn a_number_is_read_whether_quoted_or_not() {
        // Kraken's prices are not quoted: through a float they would be off in the last digits.
        for (text, expect) in [("0.1", "0.1"), ("\"0.30000\"", "0.3"), ("1e-7", "0.0000001")] {
            let Text(text) = json(text.as_bytes()).expect("it is JSON");
            assert_eq!(price(text, "price").expect("it is a number").to_string(), expect);
        }
        let error = DecimalError::Sign(0);
        assert_eq!(price("null", "price"), Err(Odd::Number { field: "price", error }));
        assert_eq!(price("-1", "price"), Err(Odd::Negative { field: "price" }));
        assert_eq!(quantity("-0.1", "size"), Err(Odd::Negative { field: "size" }));
    }

    #[test]
    fn a_level_is_its_first_two_values() {
        // Venues add counts, times and flags behind them.
        let pairs: Vec<Pair<'_>> =
            json(br#"[["2.5","7",1688671659],[2.4,1,"x",null]]"#).expect("levels");
        let side = levels(&pairs).expect("numbers");
        assert_eq!(
            side.iter().map(|level| level.price.to_string()).collect::<Vec<_>>(),
            ["2.5", "2.4"]
        );
        assert!(json::<Pair<'_>>(br#"["2.5"]"#).is_err());
        assert!(json::<Pair<'_>>(br#"{"price":"2.5"}"#).is_err());
        let Top(first) = json(br#"[["9","1"],["8","1"]]"#).expect("a side");
        assert_eq!(first.map(|pair| pair.price), Some("9"));
        let Top(none) = json(b"[]").expect("an empty side");
        assert!(none.is_none());
    }

    #[test]
    fn a_book_that_is_not_in_order_is_refused() {
        // The money near the middle is summed from the best price on: out of order it would be too little or too much.
        let pair = |price| Pair { price, quantity: "1" };
        assert!(book(&[pair("3"), pair("2")], &[pair("4"), pair("5")]).is_ok());
        let bids = book(&[pair("2"), pair("3")], &[pair("4")]);
        assert_eq!(bids, Err(Odd::Order { side: "bids" }));
        let asks = book(&[pair("3")], &[pair("5"), pair("4")]);
        assert_eq!(asks, Err(Odd::Order { side: "asks" }));
    }
}
