//! Errors in words.

use std::error::Error;
use std::fmt::Write as _;

/// An error with its causes, as one line; a cause that its effect already repeats is left out.
pub(crate) fn in_words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) && write!(text, ": {words}").is_err() {
            break;
        }
        cause = inner.source();
    }
    text
}
