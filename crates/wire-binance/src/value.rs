//! Kinds of values that parameters have.

use crate::failure::{ErrorCode, Failure};

/// A kind of value that a parameter has.
pub trait Value: Sized {
    /// Reads it from its text, which is not empty; `name` is the parameter's.
    ///
    /// # Errors
    /// Where the text is none of its kind, in the words that Binance has for it.
    fn read(text: &str, name: &'static str) -> Result<Self, Failure>;

    /// Appends its text, not escaped.
    fn print(&self, out: &mut String);
}

/// Most digits of a whole number.
const DIGITS_MAX: usize = 20;

/// A whole number of digits alone.
pub(crate) fn digits<T: std::str::FromStr>(text: &str, name: &'static str) -> Result<T, Failure> {
    if text.len() > DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::illegal(name, "^[0-9]{1,20}$"));
    }
    text.parse().map_err(|_| Failure::with(ErrorCode::InvalidParameter, &[name]))
}

macro_rules! whole {
    ($($kind:ty)+) => {
        $(impl Value for $kind {
            fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
                digits(text, name)
            }

            fn print(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        })+
    };
}

whole! { u64 u32 u16 }

impl Value for bool {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        // Python's way of writing them is common.
        match text {
            _ if text.eq_ignore_ascii_case("true") => Ok(true),
            _ if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Failure::with(ErrorCode::InvalidParameter, &[name])),
        }
    }

    fn print(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}
