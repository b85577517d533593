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
                    let plain = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                    let plain = plain.unwrap_or(bytes.len());
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

fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}
