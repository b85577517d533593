//! Writes parameters, as a query or a form.

use super::Sink;

/// Parameters as they are written: escaped, and joined by `&`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    text: String,
}

impl Query {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new() }
    }

    /// Takes all away, and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// The parameters as they are written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Sink for Query {
    fn push(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push('&');
        }
        escape(name, &mut self.text);
        self.text.push('=');
        escape(value, &mut self.text);
    }
}

/// Appends a text with everything escaped that means something in a query.
fn escape(text: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
            continue;
        }
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from(DIGITS.get(usize::from(digit)).copied().unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_query_is_escaped() {
        // An ampersand in a client's name of an order would begin another parameter.
        let mut query = Query::new();
        query.push("symbol", "BTCUSDT");
        query.push("orderidlist", "[1,2]");
        query.push("x", "a&b=\u{e9} +");
        assert_eq!(query.as_str(), "symbol=BTCUSDT&orderidlist=%5B1%2C2%5D&x=a%26b%3D%C3%A9%20%2B");
        query.clear();
        assert_eq!(query.as_str(), "");
    }
}
