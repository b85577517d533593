//! A strict JSON scanner that finds spans without building values and without recursion.
//!
//! It accepts exactly the texts of RFC 8259, except that it leaves the UTF-8 check to its callers
//! and does not judge lone surrogates in `\u` escapes. Depth is counted in a bit stack, so that a
//! hostile body costs one bit a level and never the thread's stack.

use std::borrow::Cow;
use std::ops::Range;

/// Deepest nesting read in what an upstream answered. A call trace nests two levels for each of
/// the EVM's 1,024 call frames; the rest is room.
pub(crate) const ANSWER_DEPTH_MAX: usize = 8_192;

/// Why a text was not read, and the byte offset at which it stopped making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not JSON from this byte on.
    Syntax(usize),
    /// JSON so far, but it ends before the value does.
    Cut(usize),
    /// More containers open at once than the limit allows.
    TooDeep,
}

/// Progress through one array or object.
#[derive(Debug)]
pub(crate) struct Walk {
    first: bool,
    close: u8,
}

/// Which containers are open: one bit each, 1 for an object.
#[derive(Debug, Default)]
struct Nest {
    bits: u64,
    depth: usize,
    spill: Vec<u64>,
}

impl Nest {
    fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.spill.push(self.bits);
            self.bits = 0;
        }
        self.bits = (self.bits << 1) | u64::from(object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.spill.pop().unwrap_or_default();
        }
    }

    fn in_object(&self) -> bool {
        self.bits & 1 == 1
    }
}

/// A place in a JSON text. Spans it returns lie on character boundaries of a UTF-8 text.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    depth_max: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte of `text`, allowing `depth_max` containers open at once.
    pub(crate) fn new(text: &'a [u8], depth_max: usize) -> Self {
        Self { text, at: 0, depth: 0, depth_max }
    }

    /// The byte offset of the next unread byte.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Skips white space and shows the next byte.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Enters the array or object that starts here; `open` is its opening byte.
    pub(crate) fn enter(&mut self, open: u8) -> Result<Walk, Fault> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > self.depth_max {
            return Err(Fault::TooDeep);
        }
        Ok(Walk { first: true, close: if open == b'{' { b'}' } else { b']' } })
    }

    /// Moves to the next element of an array, or past its end and returns false. The caller reads
    /// the element before it asks for another.
    pub(crate) fn next_element(&mut self, walk: &mut Walk) -> Result<bool, Fault> {
        let first = std::mem::replace(&mut walk.first, false);
        match self.peek() {
            Some(byte) if byte == walk.close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => Err(self.fault()),
        }
    }

    /// Moves to the value of the next member and returns the key's span without its quotes, or
    /// moves past the object's end and returns `None`.
    pub(crate) fn next_member(&mut self, walk: &mut Walk) -> Result<Option<Range<usize>>, Fault> {
        if !self.next_element(walk)? {
            return Ok(None);
        }
        self.peek();
        let start = self.at;
        self.string()?;
        let key = start + 1..self.at - 1;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Reads one whole value and returns its span.
    pub(crate) fn value(&mut self) -> Result<Range<usize>, Fault> {
        self.peek();
        let start = self.at;
        let mut nest = Nest::default();
        loop {
            let opened = self.open_or_scalar(&mut nest)?;
            if !opened && !self.close_or_continue(&mut nest)? {
                return Ok(start..self.at);
            }
        }
    }

    /// Checks that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_some() { Err(self.fault()) } else { Ok(()) }
    }

    /// Opens a non-empty container (true: a value follows) or reads a scalar or an empty container.
    fn open_or_scalar(&mut self, nest: &mut Nest) -> Result<bool, Fault> {
        match self.peek() {
            Some(open @ (b'{' | b'[')) => {
                self.at += 1;
                if self.depth + nest.depth >= self.depth_max {
                    return Err(Fault::TooDeep);
                }
                let object = open == b'{';
                match self.peek() {
                    Some(b'}') if object => self.at += 1,
                    Some(b']') if !object => self.at += 1,
                    _ => {
                        nest.push(object);
                        if object {
                            self.key()?;
                        }
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Some(b'"') => self.string().map(|()| false),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false),
            Some(b't') => self.literal(b"true").map(|()| false),
            Some(b'f') => self.literal(b"false").map(|()| false),
            Some(b'n') => self.literal(b"null").map(|()| false),
            _ => Err(self.fault()),
        }
    }

    /// Closes the containers that end here; true if another value follows in one still open.
    fn close_or_continue(&mut self, nest: &mut Nest) -> Result<bool, Fault> {
        while nest.depth > 0 {
            let object = nest.in_object();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    if object {
                        self.key()?;
                    }
                    return Ok(true);
                }
                Some(b'}') if object => self.at += 1,
                Some(b']') if !object => self.at += 1,
                _ => return Err(self.fault()),
            }
            nest.pop();
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<(), Fault> {
        self.peek();
        self.string()?;
        self.expect(b':')
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault());
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        for &byte in word {
            if self.text.get(self.at) != Some(&byte) {
                return Err(self.fault());
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.fault());
        }
        self.at += 1;
        loop {
            self.skip_plain();
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                _ => return Err(self.fault()),
            }
        }
    }

    /// Skips, eight bytes at a time, up to a quote, a backslash or a control character, or to the last few
    /// bytes of the text. The sums are exact for the lowest set byte, which is all that is asked.
    fn skip_plain(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = 0x8080_8080_8080_8080;
        const QUOTES: u64 = ONES * b'"' as u64;
        const BACKSLASHES: u64 = ONES * b'\\' as u64;
        const SPACES: u64 = ONES * b' ' as u64;
        let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word;
        while let Some(chunk) = self.text.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let control = word.wrapping_sub(SPACES) & !word;
            let found = zero_byte(word ^ QUOTES) | zero_byte(word ^ BACKSLASHES) | control;
            let found = found & HIGHS;
            if found != 0 {
                self.at += (found.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.text.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.fault());
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.fault()),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault()) } else { Ok(()) }
    }

    fn fault(&self) -> Fault {
        if self.at >= self.text.len() { Fault::Cut(self.at) } else { Fault::Syntax(self.at) }
    }
}

/// The text of a JSON string given with its quotes, unescaped; `None` if it is no string or holds
/// an escape that stands for no character.
pub(crate) fn unquote(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str::<String>(raw).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// Whether a key, given as it stands between its quotes, spells `name`.
pub(crate) fn key_is(raw: &str, name: &str) -> bool {
    if !raw.contains('\\') {
        return raw == name;
    }
    unquote(&format!("\"{raw}\"")).is_some_and(|text| text == name)
}

/// The raw values of the named members of an object, in the order of `names`. `None` if the text is
/// no object or names one of them twice.
pub(crate) fn members<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    let mut cursor = Cursor::new(object.as_bytes(), ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'{').ok()?;
    while let Some(key) = cursor.next_member(&mut walk).ok()? {
        let value = cursor.value().ok()?;
        let key = object.get(key)?;
        let Some(slot) = names.iter().position(|name| key_is(key, name)) else { continue };
        let slot = found.get_mut(slot)?;
        if slot.is_some() {
            return None;
        }
        *slot = object.get(value);
    }
    cursor.end().ok()?;
    Some(found)
}

#[cfg(test)]
mod tests;
