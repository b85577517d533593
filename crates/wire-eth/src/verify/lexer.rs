//! Cuts JSON into its parts as it streams by, holding no more than one short string.

use super::{Check, WrongAnswer};

/// Longest string that is kept, in bytes: a hash has 66. Of longer ones only the length is lost.
const KEPT_MAX: usize = 80;

/// Deepest nesting that is followed; a list of logs has five levels.
const DEPTH_MAX: u32 = 64;

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An object or an array begins.
    Open,
    /// The innermost object or array ends.
    Close,
    /// A member's name; empty if it was too long to keep.
    Key(&'a [u8]),
    /// A string; empty if it was too long to keep. Escapes are left as they are.
    Text(&'a [u8]),
    /// A number, a boolean or null, by its first byte.
    Literal(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    InText,
    Escaped,
    InLiteral,
}

/// Where the text has been cut so far.
#[derive(Debug)]
pub(super) struct Lexer {
    state: State,
    /// One bit for each open container, 1 for an object, the innermost lowest.
    nest: u64,
    depth: u32,
    /// The next string of an object is a name.
    name_next: bool,
    kept: Vec<u8>,
    too_long: bool,
}

impl Lexer {
    pub(super) fn new() -> Self {
        Self {
            state: State::Between,
            nest: 0,
            depth: 0,
            name_next: false,
            kept: Vec::with_capacity(KEPT_MAX),
            too_long: false,
        }
    }

    /// How many objects and arrays are open.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Takes more of the text and hands its parts to `sink`, each with the depth that it stands at.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Token<'_>, u32) -> Result<(), WrongAnswer>,
    ) -> Result<(), WrongAnswer> {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.state {
                State::InText => {
                    let plain = plain_length(bytes);
                    self.keep(bytes.get(..plain).unwrap_or_default());
                    bytes = bytes.get(plain..).unwrap_or_default();
                    let Some((&end, rest)) = bytes.split_first() else { return Ok(()) };
                    bytes = rest;
                    if end == b'\\' {
                        self.keep(b"\\");
                        self.state = State::Escaped;
                    } else {
                        self.end_text(&mut sink)?;
                    }
                    continue;
                }
                State::Escaped => {
                    self.keep(&[byte]);
                    self.state = State::InText;
                }
                State::InLiteral if is_literal(byte) => {}
                State::InLiteral | State::Between => self.structure(byte, &mut sink)?,
            }
            bytes = rest;
        }
        Ok(())
    }

    fn structure(
        &mut self,
        byte: u8,
        sink: &mut impl FnMut(Token<'_>, u32) -> Result<(), WrongAnswer>,
    ) -> Result<(), WrongAnswer> {
        self.state = State::Between;
        match byte {
            b'{' | b'[' => {
                if self.depth >= DEPTH_MAX {
                    return Err(WrongAnswer::new(Check::Form, "nested too deep for logs"));
                }
                sink(Token::Open, self.depth)?;
                self.depth += 1;
                self.nest = (self.nest << 1) | u64::from(byte == b'{');
                self.name_next = byte == b'{';
            }
            b'}' | b']' => {
                let object = self.nest & 1 == 1;
                if self.depth == 0 || object != (byte == b'}') {
                    return Err(WrongAnswer::new(Check::Form, "brackets do not fit"));
                }
                self.depth -= 1;
                self.nest >>= 1;
                self.name_next = false;
                sink(Token::Close, self.depth)?;
            }
            b',' => self.name_next = self.nest & 1 == 1,
            b':' => self.name_next = false,
            b'"' => {
                self.kept.clear();
                self.too_long = false;
                self.state = State::InText;
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                self.state = State::InLiteral;
                sink(Token::Literal(byte), self.depth)?;
            }
        }
        Ok(())
    }

    fn end_text(
        &mut self,
        sink: &mut impl FnMut(Token<'_>, u32) -> Result<(), WrongAnswer>,
    ) -> Result<(), WrongAnswer> {
        self.state = State::Between;
        let text = if self.too_long { &[] } else { self.kept.as_slice() };
        sink(if self.name_next { Token::Key(text) } else { Token::Text(text) }, self.depth)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.kept.len() + bytes.len() > KEPT_MAX {
            self.too_long = true;
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }
}

/// How many bytes come before the first quote or backslash. Most of a list of logs is hashes, so eight bytes
/// are looked at in one step: of a word with one of the two taken off each byte, a byte that is zero borrows
/// into its highest bit, and the lowest such bit is right.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = zeros(word ^ (ONES * u64::from(b'"')));
        let escape = zeros(word ^ (ONES * u64::from(b'\\')));
        let found = (quote | escape) & HIGHS;
        if found != 0 {
            return at * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    words.len() * 8 + plain.unwrap_or(rest.len())
}

fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::plain_length;

    proptest! {
        #[test]
        fn a_quote_overlooked_or_imagined_makes_other_logs_of_these(
            bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(0x23_u8), Just(0xa2), any::<u8>()], 0..40),
            plain in 0_usize..40,
        ) {
            let text = [vec![b'0'; plain], bytes].concat();
            let slow = text.iter().position(|byte| matches!(byte, b'"' | b'\\'));
            prop_assert_eq!(plain_length(&text), slow.unwrap_or(text.len()));
        }
    }
}
