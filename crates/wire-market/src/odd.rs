//! Frames that are not what the venue's documentation says.

use units::DecimalError;

use crate::reader::Unread;

/// Most of a venue's own text that is repeated in an error, in bytes: enough to find it in the frame, which is kept.
const QUOTED_MAX: usize = 200;

/// Why a frame says nothing. The frame itself is kept by whoever read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// It is not JSON, or lacks something; in the words of the reader.
    #[error("{0}")]
    Shape(String),
    /// A field that has to be there is not.
    #[error("there is no {0}")]
    Missing(&'static str),
    /// A number is none.
    #[error("{field} is no price or quantity: {error}")]
    Number {
        /// Which.
        field: &'static str,
        /// Why.
        error: DecimalError,
    },
    /// A price or a quantity is below zero.
    #[error("{field} is below zero")]
    Negative {
        /// Which.
        field: &'static str,
    },
    /// A time is none.
    #[error("{field} is no time")]
    Time {
        /// Which.
        field: &'static str,
    },
    /// A whole number is none.
    #[error("{field} is no whole number")]
    Count {
        /// Which.
        field: &'static str,
    },
    /// A side of a book does not have its best price first.
    #[error("the {side} are not in order")]
    Order {
        /// Which.
        side: &'static str,
    },
    /// A kind of message that is not known.
    #[error("a message of a kind that is not known: {0}")]
    Kind(String),
    /// The venue answers with an error, in its own words.
    #[error("the venue refuses: {0}")]
    Refused(String),
}

impl Odd {
    /// One word for what is odd, to count by.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Shape(_) | Self::Missing(_) => "shape",
            Self::Number { .. } | Self::Negative { .. } => "number",
            Self::Time { .. } => "time",
            Self::Count { .. } => "count",
            Self::Order { .. } => "order",
            Self::Kind(_) => "kind",
            Self::Refused(_) => "refused",
        }
    }

    /// What a reader of JSON says.
    pub(crate) fn shape(error: &Unread) -> Self {
        Self::Shape(cut(&error.to_string()))
    }

    /// A kind of message that is not known.
    pub(crate) fn kind(kind: &str) -> Self {
        Self::Kind(cut(kind))
    }

    /// What a venue answers instead of data.
    pub(crate) fn refused(words: &str) -> Self {
        Self::Refused(cut(words))
    }
}

/// The beginning of a text that came from outside.
fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(QUOTED_MAX);
    text.get(..end).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_from_outside_is_not_repeated_whole() {
        // Errors are logged and kept: a megabyte in each would fill memory and disk.
        let long = "\u{e9}".repeat(1_000_000);
        let Odd::Kind(kept) = Odd::kind(&long) else { panic!("another error") };
        assert_eq!(kept.len(), QUOTED_MAX);
        let error: Odd =
            crate::number::json::<bool>(format!("{long:?}").as_bytes()).expect_err("a text");
        assert!(error.to_string().len() <= QUOTED_MAX);
        assert_eq!(Odd::refused("no such market").to_string(), "the venue refuses: no such market");
    }
}
