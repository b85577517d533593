//! A JSON text, gone through once from its beginning to its end.
//!
//! Most of a frame is of no use to anybody here, so that stepping over is what is made fast: texts go by eight bytes
//! at a time, and nothing is copied. What is stepped over has to be JSON all the same, since a frame that is broken
//! anywhere says nothing.

/// A text of JSON, and how far it has been gone through. Every step gives `None` where something else stands there.
#[derive(Clone, Debug)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// What stands between the quotes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted<'a> {
    /// As it stands there.
    pub inside: &'a str,
    /// Whether some of it is written as escapes, such as `\n`.
    pub escaped: bool,
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes lie behind.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// The sign that comes next, blanks aside; it is not passed.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let (sign, at) = next(self.text.as_bytes(), self.at)?;
        self.at = at;
        Some(sign)
    }

    /// Passes a sign, blanks before it aside.
    #[inline]
    pub(crate) fn pass(&mut self, sign: u8) -> Option<()> {
        (self.peek()? == sign).then(|| self.at += 1)
    }

    /// Passes one of the words that are values.
    pub(crate) fn word(&mut self, word: &str) -> Option<()> {
        self.at = word_end(self.text.as_bytes(), self.at, word)?;
        Some(())
    }

    /// Passes a text.
    #[inline]
    pub(crate) fn quoted(&mut self) -> Option<Quoted<'a>> {
        let bytes = self.text.as_bytes();
        let (sign, quote) = next(bytes, self.at)?;
        let start = (sign == b'"').then_some(quote + 1)?;
        let special = special_from(bytes, start);
        let escaped = *bytes.get(special)? != b'"';
        self.at = if escaped { escaped_end(bytes, special)? } else { special + 1 };
        Some(Quoted { inside: self.text.get(start..self.at - 1)?, escaped })
    }

    /// Passes a number, of which nothing is lost: it is given as it stands there.
    pub(crate) fn number(&mut self) -> Option<&'a str> {
        let end = number_end(self.text.as_bytes(), self.at)?;
        let number = self.text.get(self.at..end);
        self.at = end;
        number
    }

    /// Passes a whole number that is not below zero; `None` where it is another one, which is then not passed.
    pub(crate) fn whole(&mut self) -> Option<u64> {
        let before = self.at;
        let digits = self.number()?;
        let whole = digits.bytes().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        });
        if whole.is_none() {
            self.at = before;
        }
        whole
    }

    /// Passes whatever value comes, and gives it as it stands there.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let (_first, start) = next(self.text.as_bytes(), self.at)?;
        self.at = value_end(self.text.as_bytes(), start)?;
        self.text.get(start..self.at)
    }
}

// What follows takes a place and gives the one behind what was found there: places go from step to step without being
// written down, which is half of the time.

/// The next sign from a place on that is no blank, and where it is.
#[inline]
fn next(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        let sign = *bytes.get(at)?;
        // Most often there is none.
        if sign > b' ' || !matches!(sign, b' ' | b'\n' | b'\r' | b'\t') {
            return Some((sign, at));
        }
        at += 1;
    }
}

/// Which lists and objects are open: a bit for each, the innermost last, before them one for the outside. More than
/// there are bits for are refused; no venue has a tenth of that.
type Open = u64;
const OUTSIDE: Open = 1;

/// Behind the end of the value that begins at a place.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = OUTSIDE;
    loop {
        let (first, start) = next(bytes, at)?;
        at = match first {
            b'"' => quoted_end(bytes, start + 1)?,
            b'[' | b'{' => {
                let is_object = first == b'{';
                let (sign, inside) = next(bytes, start + 1)?;
                if sign != closing(is_object) {
                    open = deeper(open, is_object)?;
                    at = if is_object { key_end(bytes, inside)? } else { inside };
                    continue;
                }
                inside + 1
            }
            b't' => word_end(bytes, start, "true")?,
            b'f' => word_end(bytes, start, "false")?,
            b'n' => word_end(bytes, start, "null")?,
            _ => number_end(bytes, start)?,
        };
        // What stands behind a value, up to the next one.
        loop {
            if open == OUTSIDE {
                return Some(at);
            }
            let is_object = open & 1 == 1;
            let (sign, place) = next(bytes, at)?;
            at = place + 1;
            if sign == b',' {
                at = if is_object { key_end(bytes, at)? } else { at };
                break;
            }
            if sign != closing(is_object) {
                return None;
            }
            open >>= 1;
        }
    }
}

#[inline]
const fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// One more is open; `None` where there is no bit for it.
#[inline]
fn deeper(open: Open, is_object: bool) -> Option<Open> {
    (open.leading_zeros() > 0).then_some(open << 1 | Open::from(is_object))
}

fn key_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (sign, quote) = next(bytes, at)?;
    let key = (sign == b'"').then_some(quote + 1)?;
    let (sign, colon) = next(bytes, quoted_end(bytes, key)?)?;
    (sign == b':').then_some(colon + 1)
}

/// Behind the end of a text whose opening quote lies before the place.
#[inline]
fn quoted_end(bytes: &[u8], at: usize) -> Option<usize> {
    let special = special_from(bytes, at);
    if *bytes.get(special)? == b'"' { Some(special + 1) } else { escaped_end(bytes, special) }
}

/// The same, from a place on at which something stands that is no plain sign.
#[cold]
fn escaped_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = special_from(bytes, escape_end(bytes, at)?),
            _ => return None,
        }
    }
}

fn escape_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => {
            let code = bytes.get(at + 2..at + 6)?;
            code.iter().all(u8::is_ascii_hexdigit).then_some(at + 6)
        }
        _ => None,
    }
}

fn word_end(bytes: &[u8], at: usize, word: &str) -> Option<usize> {
    bytes.get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
}

fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let whole = if bytes.get(at) == Some(&b'-') { at + 1 } else { at };
    let mut end = digits_end(bytes, whole)?;
    // A nought at the beginning stands alone.
    if bytes.get(whole) == Some(&b'0') && end > whole + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits_end(bytes, end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = digits_end(bytes, end + 1 + usize::from(signed))?;
    }
    Some(end)
}

/// Behind the last of some digits, of which there is at least one.
fn digits_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    (end > at).then_some(end)
}

/// The next byte from a place on that means something within a text: its end, an escape, or what may not stand there.
#[inline]
fn special_from(bytes: &[u8], at: usize) -> usize {
    let mut rest = bytes.get(at..).unwrap_or_default();
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        if let Some(place) = special(u64::from_le_bytes(*chunk)) {
            return bytes.len() - rest.len() + place;
        }
        rest = behind;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let place = rest.iter().position(is_special).unwrap_or(rest.len());
    bytes.len() - rest.len() + place
}

/// The place of the first of eight bytes that is a quote, a backslash or below a blank.
///
/// Taken off all bytes at once, one borrows from the highest bit of a byte that is zero, and 0x20 from that of one that
/// is below a blank. A borrow can only mark bytes behind one that is marked rightly, and the first is what is asked for.
#[inline]
fn special(word: u64) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = EACH * 0x80;
    let quotes = (word ^ (EACH * 0x22)).wrapping_sub(EACH);
    let escapes = (word ^ (EACH * 0x5c)).wrapping_sub(EACH);
    let low = word.wrapping_sub(EACH * 0x20);
    let marks = (quotes | escapes | low) & !word & HIGHEST;
    let place = usize::try_from(marks.trailing_zeros() / 8).ok()?;
    (marks != 0).then_some(place)
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    /// Whether the whole text is one value.
    fn is_whole(text: &str) -> bool {
        let mut scan = Scan::new(text);
        scan.value().is_some() && scan.peek().is_none()
    }

    #[test]
    fn what_is_stepped_over_is_json_all_the_same() {
        // A frame that was cut off or mixed up on its way must not give a price.
        let texts = [
            r#"{"a":[1,-2.5e+3,"x\"\u00e9\\",{},[],[[]],{"b":{"c":null}}],"d":true , "e" : false}"#,
            " [ 0 , 0.0 , -0 , 1E5 , 1e-7 ] ",
            "\"\u{e9}\u{7f}0123456789\"",
        ];
        for text in texts {
            assert!(is_whole(text), "{text}");
            for broken in all_but_one_sign(text) {
                let well_known = serde_json::from_str::<IgnoredAny>(&broken).is_ok();
                assert_eq!(is_whole(&broken), well_known, "{broken}");
            }
        }
    }

    /// Every beginning of a text, and everything with one sign more, less, or another.
    fn all_but_one_sign(text: &str) -> Vec<String> {
        let signs = ["", "\"", "\\", "]", "}", ",", ":", "0", ".", "-", "e", "\n", "\u{1}", "u"];
        let mut texts = Vec::new();
        for (at, here) in text.char_indices() {
            let (start, rest) = text.split_at(at);
            let behind = rest.trim_start_matches(here);
            for sign in signs {
                let with = format!("{start}{sign}");
                texts.extend([format!("{with}{rest}"), format!("{with}{behind}"), with]);
            }
        }
        texts
    }

    #[test]
    fn a_text_ends_at_its_quote_wherever_that_is() {
        // A quote that is overlooked makes two fields one.
        for length in 0..40 {
            for special in ["\"", "\\n\"", "\u{1f}"] {
                let text = format!("\"{}{special}", "\u{e9}#".repeat(length));
                let inside = text.get(1..text.len() - 1).filter(|_| special != "\u{1f}");
                let read = Scan::new(&text).quoted();
                assert_eq!(read.map(|text| text.inside), inside, "{text}");
                assert_eq!(read.is_some_and(|text| text.escaped), special == "\\n\"");
            }
        }
    }

    #[test]
    fn a_whole_number_is_read_or_left() {
        for (text, expect) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("1.0", None),
            ("1e3", None),
            ("01", None),
            ("x", None),
        ] {
            assert_eq!(Scan::new(text).whole(), expect, "{text}");
        }
    }

    #[test]
    fn a_text_nested_without_end_is_refused() {
        // It would take as much memory as it has brackets, or all of the stack.
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(is_whole(&nested(64)));
        assert!(!is_whole(&nested(65)));
    }
}
