//! Frames that are not what the venue's documentation says.

use units::DecimalError;

/// Why a frame says nothing. The frame itself is kept by whoever read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// It is not JSON, or lacks something; in the words of the reader.
    #[error("{0}")]
    Shape(String),
    /// A number is none.
    #[error("{field} is no price or quantity: {error}")]
    Number {
        /// Which.
        field: &'static str,
        /// Why.
        error: DecimalError,
    },
    /// A time is none.
    #[error("{field} is no time")]
    Time {
        /// Which.
        field: &'static str,
    },
    /// A kind of message that is not known.
    #[error("a message of a kind that is not known: {0}")]
    Kind(String),
}
