//! Numbers and times out of JSON: as they stand in the text, whether quoted or not.

use serde_json::value::RawValue;
use units::{Price, Quantity};

use crate::odd::Odd;

/// A price out of its text.
pub(crate) fn price(text: &str, field: &'static str) -> Result<Price, Odd> {
    Price::parse(text.as_bytes()).map_err(|error| Odd::Number { field, error })
}

/// A quantity out of its text.
pub(crate) fn quantity(text: &str, field: &'static str) -> Result<Quantity, Odd> {
    Quantity::parse(text.as_bytes()).map_err(|error| Odd::Number { field, error })
}

/// The text of a number that may stand in quotes.
pub(crate) fn bare(raw: &RawValue) -> &str {
    let text = raw.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}
