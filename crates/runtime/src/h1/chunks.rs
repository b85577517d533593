//! Bodies in chunks (RFC 9112 section 7.1).

/// Longest line that gives a chunk's size, with extensions that nobody uses.
const SIZE_LINE_MAX: usize = 256;
/// Longest trailer in all; it is read over.
const TRAILER_BYTES_MAX: usize = 8 << 10;
/// Most hexadecimal digits of a size: what 60 bits hold, which no body reaches.
const SIZE_DIGITS_MAX: usize = 15;

/// What the bytes ahead are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// So many bytes of the body.
    Data(usize),
    /// So many bytes to read over.
    Skip(usize),
    /// Not to be told yet: more is needed.
    More,
    /// The body has ended.
    End,
}

/// Where in a chunked body the bytes ahead are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// Before a size line.
    Size,
    /// Within a chunk of which so much is to come.
    Data(u64),
    /// After a chunk's data, before its line end.
    DataEnd,
    /// After the last chunk, with so much of the trailer read over.
    Trailer(usize),
    /// Behind everything.
    End,
}

impl Chunks {
    /// Looks at the bytes ahead and goes past what it returns.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn next(&mut self, ahead: &[u8]) -> Result<Next, &'static str> {
        match *self {
            Self::Size => {
                let Some(line) = line(ahead, SIZE_LINE_MAX, "size of a chunk is not a line")?
                else {
                    return Ok(Next::More);
                };
                let size = size(line)?;
                *self = if size == 0 { Self::Trailer(0) } else { Self::Data(size) };
                Ok(Next::Skip(line.len().saturating_add(2)))
            }
            Self::Data(_) if ahead.is_empty() => Ok(Next::More),
            Self::Data(left) => {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(ahead.len());
                self.took(count as u64);
                Ok(Next::Data(count))
            }
            Self::DataEnd => match ahead {
                [b'\r', b'\n', ..] => {
                    *self = Self::Size;
                    Ok(Next::Skip(2))
                }
                [] | [b'\r'] => Ok(Next::More),
                _ => Err("chunk is longer than its size"),
            },
            Self::Trailer(before) => {
                let room = TRAILER_BYTES_MAX.saturating_sub(before);
                let Some(line) = line(ahead, room, "trailer is too long or no lines")? else {
                    return Ok(Next::More);
                };
                let taken = line.len().saturating_add(2);
                *self = if line.is_empty() {
                    Self::End
                } else {
                    Self::Trailer(before.saturating_add(taken))
                };
                Ok(Next::Skip(taken))
            }
            Self::End => Ok(Next::End),
        }
    }
}

impl Chunks {
    /// Goes past so many bytes of a chunk's data.
    pub(super) const fn took(&mut self, count: u64) {
        if let Self::Data(left) = *self {
            let left = left.saturating_sub(count);
            *self = if left == 0 { Self::DataEnd } else { Self::Data(left) };
        }
    }
}

/// The line ahead without its end; `None` where it has not come whole.
fn line<'a>(
    ahead: &'a [u8],
    most: usize,
    complaint: &'static str,
) -> Result<Option<&'a [u8]>, &'static str> {
    let Some(end) = ahead.iter().position(|byte| *byte == b'\n') else {
        return if ahead.len() > most { Err(complaint) } else { Ok(None) };
    };
    let line = ahead.get(..end).and_then(|line| line.strip_suffix(b"\r")).ok_or(complaint)?;
    if line.len() > most || line.contains(&b'\r') { Err(complaint) } else { Ok(Some(line)) }
}

/// The size in a size line; what follows a semicolon is an extension.
fn size(line: &[u8]) -> Result<u64, &'static str> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, rest) = line.split_at(digits);
    let extension = rest.trim_ascii_start();
    if digits == 0 || digits > SIZE_DIGITS_MAX || !matches!(extension, [] | [b';', ..]) {
        return Err("size of a chunk is no number");
    }
    if extension.is_empty() && !rest.is_empty() {
        return Err("size of a chunk has a space behind it");
    }
    let text = std::str::from_utf8(size).unwrap_or_default();
    u64::from_str_radix(text, 16).map_err(|_never| "size of a chunk is no number")
}
