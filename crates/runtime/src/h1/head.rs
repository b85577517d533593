//! Heads: where they end, and what they say of the body behind them.

use std::mem::MaybeUninit;

use ::http::{Method, Uri};

use super::chunks::Chunks;

/// Largest head in bytes that is read of an upstream; nginx sends at most a tenth of it.
pub(crate) const HEAD_BYTES_MAX: usize = 64 << 10;
/// Most fields in a head.
const FIELDS_MAX: usize = 100;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// By chunks.
    Chunked(Chunks),
    /// By the end of the connection.
    UntilClose,
}

/// What a response's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// HTTP status.
    pub(crate) status: u16,
    /// The size of the head in bytes, the empty line included.
    pub(crate) size: usize,
    /// Where the body ends.
    pub(crate) framing: Framing,
    /// Whether the connection may take another request.
    pub(crate) keep_alive: bool,
    /// How long the names of the fields are.
    pub(crate) names: NameLengths,
}

/// Reads the head of a response; `None` where it has not come whole.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_response(bytes: &[u8]) -> Result<Option<ResponseHead>, String> {
    // Not set to anything: a hundred fields are rarely there.
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut fields,
    );
    let size = match parsed {
        Ok(httparse::Status::Complete(size)) => size,
        Ok(httparse::Status::Partial) if bytes.len() > HEAD_BYTES_MAX => {
            return Err(format!("head is larger than {HEAD_BYTES_MAX} bytes"));
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("not HTTP: {error}")),
    };
    check_lines(bytes, size)?;
    let status = response.code.unwrap_or(0);
    let mut told = Told::default();
    for field in response.headers.iter() {
        told.take(field.name, field.value)?;
    }
    let modern = response.version == Some(1);
    if told.chunked && !modern {
        return Err("transfer-encoding in HTTP/1.0".to_owned());
    }
    let framing = match (status, told.chunked, told.length) {
        (100..=199 | 204 | 304, _, _) => Framing::Length(0),
        (_, true, Some(_)) => return Err(BOTH.to_owned()),
        (_, true, None) => Framing::Chunked(Chunks::Size),
        (_, false, Some(length)) => Framing::Length(length),
        (_, false, None) => Framing::UntilClose,
    };
    let keep_alive = framing != Framing::UntilClose && !told.close && (modern || told.keep_alive);
    Ok(Some(ResponseHead { status, size, framing, keep_alive, names: told.names }))
}

/// What a request's head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestHead {
    /// The method, such as POST.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// The size of the head in bytes, the empty line included.
    pub(crate) size: usize,
    /// Where the body ends; a request without one has length 0.
    pub(crate) framing: Framing,
    /// Whether the client wants to send another request over this connection.
    pub(crate) keep_alive: bool,
    /// Whether it is HTTP/1.1, and not 1.0.
    pub(crate) modern: bool,
    /// Whether the client waits for leave before it sends the body.
    pub(crate) waits_for_leave: bool,
    /// How long the names of the fields are.
    pub(crate) names: NameLengths,
}

/// Which lengths the names of a head's fields have: most look-ups are for a field that is not there, and end
/// here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameLengths(u64);

impl NameLengths {
    fn add(&mut self, name: &str) {
        self.0 |= Self::bit(name);
    }

    /// Whether there may be a field of this name.
    pub(crate) fn may_hold(self, name: &str) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// Longer names share the last bit.
    fn bit(name: &str) -> u64 {
        1 << name.len().min(63)
    }
}

/// Why a request's head is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeadFault {
    /// It is larger than the limit, or has too many fields.
    TooLarge,
    /// It is not HTTP, or can be read in more than one way; in words.
    Invalid(String),
}

impl From<String> for HeadFault {
    fn from(reason: String) -> Self {
        Self::Invalid(reason)
    }
}

/// Reads the head of a request of at most `limit` bytes; `None` where it has not come whole.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_request(bytes: &[u8], limit: usize) -> Result<Option<RequestHead>, HeadFault> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let size = match request.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(httparse::Status::Complete(size)) if size <= limit => size,
        Ok(httparse::Status::Partial) if bytes.len() <= limit => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(HeadFault::TooLarge),
        Err(error) => return Err(HeadFault::Invalid(format!("not HTTP: {error}"))),
    };
    check_lines(bytes, size)?;
    let mut told = Told::default();
    for field in request.headers.iter() {
        told.take(field.name, field.value)?;
    }
    let modern = request.version == Some(1);
    let framing = match (told.chunked, told.length) {
        (true, Some(_)) => return Err(BOTH.to_owned().into()),
        (true, None) if !modern => return Err("transfer-encoding in HTTP/1.0".to_owned().into()),
        (true, None) => Framing::Chunked(Chunks::Size),
        (false, length) => Framing::Length(length.unwrap_or(0)),
    };
    if told.hosts > 1 {
        return Err("host is given twice".to_owned().into());
    }
    let method = request.method.unwrap_or_default();
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|error| HeadFault::Invalid(error.to_string()))?;
    Ok(Some(RequestHead {
        method,
        target: target(request.path.unwrap_or_default())?,
        size,
        framing,
        keep_alive: !told.close && (modern || told.keep_alive),
        modern,
        waits_for_leave: modern && told.waits_for_leave,
        names: told.names,
    }))
}

/// Path and query of a request's target, whichever form it has (RFC 9112 section 3.2).
fn target(text: &str) -> Result<String, HeadFault> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("target holds something else than visible ASCII".to_owned().into());
    }
    if text.starts_with('/') || text == "*" {
        return Ok(text.to_owned());
    }
    let uri: Uri = text.parse().map_err(|_| "target is no path".to_owned())?;
    Ok(uri.path_and_query().map_or("/", |it| it.as_str()).to_owned())
}

const BOTH: &str = "both content-length and transfer-encoding";

/// The value of a field in the text of a head, the first where there are several; `None` where it is no
/// visible text.
pub(crate) fn field<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let mut rest = head;
    loop {
        // The first line is the start line; the last one is empty.
        rest = rest.get(rest.iter().position(|byte| *byte == b'\n')?.saturating_add(1)..)?;
        let (found, after) = rest.split_at_checked(name.len())?;
        if after.first() == Some(&b':') && found.eq_ignore_ascii_case(name.as_bytes()) {
            let end = after.iter().position(|byte| *byte == b'\r')?;
            return std::str::from_utf8(after.get(1..end)?.trim_ascii()).ok();
        }
    }
}

/// Writes a number; the general formatting costs ten times as much, several times a call.
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let (mut left, mut first) = (number, digits.len());
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' | u8::try_from(left % 10).unwrap_or(0);
        (left, first) = (left / 10, index);
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Refuses lines that end with a line feed alone, which some programs take for an end and some do not.
fn check_lines(bytes: &[u8], size: usize) -> Result<(), String> {
    let head = bytes.get(..size).unwrap_or_default();
    // The parser has let no carriage return pass that has no line feed behind it.
    if count(head, b'\r') == count(head, b'\n') {
        return Ok(());
    }
    Err("a line of the head ends without a carriage return".to_owned())
}

/// How often a byte is there. Counted in bytes, of which a processor adds up many at once, and in parts that
/// are short enough for it.
fn count(text: &[u8], wanted: u8) -> usize {
    let in_part = |part: &[u8]| part.iter().map(|byte| u8::from(*byte == wanted)).sum::<u8>();
    text.chunks(usize::from(u8::MAX)).map(|part| usize::from(in_part(part))).sum()
}

/// What the fields say that decide about the connection.
#[derive(Debug, Default)]
struct Told {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    waits_for_leave: bool,
    hosts: usize,
    names: NameLengths,
}

impl Told {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), String> {
        self.names.add(name);
        if name.eq_ignore_ascii_case("content-length") {
            if self.length.is_some() {
                return Err("content-length is given twice".to_owned());
            }
            self.length = Some(length(value)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err("transfer-encoding is not chunked alone".to_owned());
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            for token in value.split(|byte| *byte == b',') {
                let token = token.trim_ascii();
                self.close |= token.eq_ignore_ascii_case(b"close");
                self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if name.eq_ignore_ascii_case("expect") {
            self.waits_for_leave |= value.eq_ignore_ascii_case(b"100-continue");
        } else if name.eq_ignore_ascii_case("host") {
            self.hosts = self.hosts.saturating_add(1);
        }
        Ok(())
    }
}

/// A length of digits alone: no sign, no space, no list.
fn length(value: &[u8]) -> Result<u64, String> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| digits);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| "content-length is no number of bytes".to_owned())
}
