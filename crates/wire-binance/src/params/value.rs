//! Values that are more than a word or a number: counts with a limit, and lists.

use super::json;
use crate::failure::{ErrorCode, Failure};
use crate::text::ClientOrderId;
use crate::value::{Value, digits};

/// How many are asked for, from one to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit<const MAX: u32>(u32);

impl<const MAX: u32> Limit<MAX> {
    /// So many, but at least one and at most as many as there may be.
    #[must_use]
    pub fn new(count: u32) -> Self {
        Self(count.clamp(1, MAX))
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl<const MAX: u32> Value for Limit<MAX> {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        let count = digits(text, name)?;
        if !(1..=MAX).contains(&count) {
            return Err(Failure::with(ErrorCode::InvalidParameter, &[name]));
        }
        Ok(Self(count))
    }

    fn print(&self, out: &mut String) {
        self.0.print(out);
    }
}

/// Most orders that are named in one list.
const LIST_MAX: usize = 10;

/// A list of orders by their numbers, ten at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderIds(pub Vec<u64>);

/// A list of orders by their clients' names, ten at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientIds(pub Vec<ClientOrderId>);

/// Reads a list of JSON, whose elements may be texts or not.
fn list<T: Value>(text: &str, name: &'static str) -> Result<Vec<T>, Failure> {
    let wrong = || Failure::with(ErrorCode::InvalidParameter, &[name]);
    let elements = json::list(text).filter(|list| !list.is_empty()).ok_or_else(wrong)?;
    if elements.len() > LIST_MAX {
        return Err(Failure::of(ErrorCode::TooManyCancels));
    }
    let element = |raw: &&str| {
        let value = json::bare(raw).filter(|value| !value.is_empty()).ok_or_else(wrong)?;
        T::read(&value, name)
    };
    elements.iter().map(element).collect()
}

impl Value for OrderIds {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        list(text, name).map(Self)
    }

    fn print(&self, out: &mut String) {
        join(&self.0, "", out);
    }
}

impl Value for ClientIds {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        list(text, name).map(Self)
    }

    fn print(&self, out: &mut String) {
        join(&self.0, "\"", out);
    }
}

fn join<T: Value>(values: &[T], quote: &str, out: &mut String) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        out.push_str(quote);
        value.print(out);
        out.push_str(quote);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed<T: Value>(value: &T) -> String {
        let mut out = String::new();
        value.print(&mut out);
        out
    }

    #[test]
    fn whole_numbers_are_digits_alone() {
        assert_eq!(u64::read("18446744073709551615", "orderId"), Ok(u64::MAX));
        assert_eq!(
            u64::read("18446744073709551616", "orderId").map_err(|wrong| wrong.code),
            Err(-1130)
        );
        for text in ["+1", "-1", "1.0", "1 ", "0x1", "184467440737095516150"] {
            assert_eq!(
                u64::read(text, "orderId").map_err(|wrong| wrong.code),
                Err(-1100),
                "{text}"
            );
        }
        assert_eq!(Limit::<100>::read("100", "limit").map(Limit::count), Ok(100));
        assert_eq!(Limit::<100>::read("0", "limit").map_err(|wrong| wrong.code), Err(-1130));
        assert_eq!(Limit::<100>::read("101", "limit").map_err(|wrong| wrong.code), Err(-1130));
        assert_eq!(bool::read("True", "reduceOnly"), Ok(true));
        assert_eq!(bool::read("1", "reduceOnly").map_err(|wrong| wrong.code), Err(-1130));
    }

    #[test]
    fn lists_are_read_as_clients_write_them() {
        // A cancel of ten orders that is refused leaves ten orders in the book.
        let ids = OrderIds::read("[1, \"22\"]", "orderidlist").expect("a list");
        assert_eq!(ids, OrderIds(vec![1, 22]));
        assert_eq!(printed(&ids), "[1,22]");
        let names = ClientIds::read("[\"a\",\"b-1\"]", "origclientorderidlist").expect("a list");
        assert_eq!(printed(&names), "[\"a\",\"b-1\"]");
        let code = |text: &str| OrderIds::read(text, "orderidlist").map_err(|wrong| wrong.code);
        assert!(code("[1,2,3,4,5,6,7,8,9,10]").is_ok());
        assert_eq!(code("[1,2,3,4,5,6,7,8,9,10,11]"), Err(-4032));
        for text in ["[]", "1", "[1", "[null]", "[\"\"]", "{}"] {
            assert_eq!(code(text), Err(-1130), "{text}");
        }
        assert_eq!(code("[-1]"), Err(-1100));
    }
}
