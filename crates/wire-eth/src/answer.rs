//! Reading what an upstream answered, cheaply, and giving it the client's id.
//!
//! Bodies up to [`VALIDATED_MAX`] are checked as JSON from end to end. In a larger one only the
//! head is read, up to the result, and the end is compared with the result's opening byte: a full
//! scan of a 200 KB body would cost more than everything else the gateway does for the call. So a
//! large body with a fault in its middle reaches the client as the upstream sent it; a cut one is
//! found by the transport's length and nearly always by its last bytes.

use std::borrow::Cow;
use std::io::Write as _;
use std::ops::Range;

use crate::error::push_string;
use crate::json::{ANSWER_DEPTH_MAX, Cursor, Fault};
use crate::text::excerpt;

/// Largest body that is checked as JSON from end to end, in bytes.
const VALIDATED_MAX: usize = 64 * 1024;

/// Where the parts of a well-formed answer lie in its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The id's bytes; empty, at the place where one can be put, if the answer has none.
    pub id: Range<usize>,
    /// A result or an error.
    pub kind: AnswerKind,
    /// The bytes of the result or of the error object.
    pub value: Range<usize>,
}

/// What an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A result.
    Result {
        /// The result is `null`.
        null: bool,
    },
    /// An error object.
    Error,
}

/// A body that is no JSON-RPC answer, or not the answer asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// One line, safe to log: at most 60 characters of the body, without anything like a key.
    pub reason: Cow<'static, str>,
}

impl Malformed {
    pub(crate) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Finds the id and the result or error of one answer.
///
/// A null `error` beside a result, and a null `result` beside an error, count as absent: JSON-RPC
/// 1.0 servers write both.
///
/// # Errors
///
/// Everything that is no single JSON-RPC answer: no JSON (an HTML page, an empty or a cut body), an
/// array, neither result nor error or both, an error that is no object, a member given twice.
pub fn read_answer(body: &[u8]) -> Result<Answer, Malformed> {
    if body.len() > VALIDATED_MAX
        && let Some(answer) = head_scan(body)
    {
        return Ok(answer);
    }
    full_scan(body)
}

/// Writes a call for an upstream. Missing parameters are sent as an empty array, which every node
/// accepts; `params` must be valid JSON.
pub fn write_request(id: u64, method: &str, params: Option<&str>) -> Vec<u8> {
    let params = params.unwrap_or("[]");
    let mut out = Vec::with_capacity(64 + method.len() + params.len());
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    // Writing to a vector does not fail.
    let _written = write!(out, "{id}").is_ok();
    out.extend_from_slice(br#","method":"#);
    push_string(&mut out, method);
    out.extend_from_slice(br#","params":"#);
    out.extend_from_slice(params.as_bytes());
    out.push(b'}');
    out
}

/// Writes an answer of our own: the client's id and a result, both as raw JSON text.
pub fn write_result(client_id: &str, result: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{client_id},"result":{result}}}"#).into_bytes()
}

/// Copies an answer with the client's id, raw JSON text, in place of its own. Every other byte is
/// unchanged. `answer` is what [`read_answer`] said of this very body; for any other the body is
/// returned as it is.
pub fn with_id(body: &[u8], answer: &Answer, client_id: &str) -> Vec<u8> {
    let (Some(before), Some(after)) = (body.get(..answer.id.start), body.get(answer.id.end..))
    else {
        return body.to_vec();
    };
    let mut out = Vec::with_capacity(body.len() + client_id.len() + 6);
    out.extend_from_slice(before);
    if answer.id.is_empty() {
        out.extend_from_slice(br#""id":"#);
        out.extend_from_slice(client_id.as_bytes());
        out.push(b',');
    } else {
        out.extend_from_slice(client_id.as_bytes());
    }
    out.extend_from_slice(after);
    out
}

/// Reads the common layout: scalars, an id among them, then the result as the last member. `None`
/// sends any other layout, and every error, to the full scan.
fn head_scan(body: &[u8]) -> Option<Answer> {
    let head = envelope(body)?;
    let object = body.trim_ascii_end().strip_suffix(b"}")?.trim_ascii_end();
    let closed = object.last() == Some(&head.close) && object.len() > head.value + 1;
    closed.then_some(Answer {
        id: head.id,
        kind: AnswerKind::Result { null: false },
        value: head.value..object.len(),
    })
}

/// What stands before a result.
pub(crate) struct Envelope {
    pub(crate) id: Range<usize>,
    /// Whether all that an answer has besides has come: nothing is to come behind the result.
    pub(crate) complete: bool,
    /// Where the result begins, and its last byte by its first one.
    pub(crate) value: usize,
    pub(crate) close: u8,
}

/// Reads up to a result that is a text, a list or an object.
pub(crate) fn envelope(body: &[u8]) -> Option<Envelope> {
    let mut cursor = Cursor::new(body, ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'{').ok()?;
    let (mut id, mut complete) = (None, false);
    loop {
        let key = cursor.next_member(&mut walk).ok()??;
        match body.get(key)? {
            b"result" => break,
            b"id" if id.is_none() => id = Some(scalar(&mut cursor)?),
            b"jsonrpc" => {
                scalar(&mut cursor)?;
                complete = true;
            }
            _ => return None,
        }
    }
    let close = match cursor.peek()? {
        b'{' => b'}',
        b'[' => b']',
        b'"' => b'"',
        _ => return None,
    };
    Some(Envelope { id: id?, complete, value: cursor.at(), close })
}

fn scalar(cursor: &mut Cursor<'_>) -> Option<Range<usize>> {
    if matches!(cursor.peek()?, b'{' | b'[') {
        return None;
    }
    cursor.value().ok()
}

fn full_scan(body: &[u8]) -> Result<Answer, Malformed> {
    if std::str::from_utf8(body).is_err() {
        return Err(not_json(body, "no UTF-8 text"));
    }
    let mut cursor = Cursor::new(body, ANSWER_DEPTH_MAX);
    match cursor.peek() {
        Some(b'{') => {}
        Some(b'[') => return Err(Malformed::new("an array instead of one answer")),
        Some(b'<') => return Err(not_json(body, "a page instead of JSON")),
        Some(_) => return Err(not_json(body, "no JSON object")),
        None => return Err(Malformed::new("empty body")),
    }
    let start = cursor.at() + 1;
    let [mut id, mut result, mut error] = [None, None, None];
    let fault = |fault| fault_reason(fault, body);
    let mut walk = cursor.enter(b'{').map_err(fault)?;
    while let Some(key) = cursor.next_member(&mut walk).map_err(fault)? {
        let value = cursor.value().map_err(fault)?;
        let slot = match body.get(key).unwrap_or_default() {
            b"id" => &mut id,
            b"result" => &mut result,
            b"error" => &mut error,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return Err(Malformed::new("id, result or error is given twice"));
        }
    }
    cursor.end().map_err(fault)?;
    let (kind, value) = kind_of(body, result, error)?;
    Ok(Answer { id: id.unwrap_or(start..start), kind, value })
}

fn kind_of(
    body: &[u8],
    result: Option<Range<usize>>,
    error: Option<Range<usize>>,
) -> Result<(AnswerKind, Range<usize>), Malformed> {
    let is_null = |span: &Range<usize>| body.get(span.clone()) == Some(b"null");
    let error = error.filter(|span| !is_null(span));
    match (result, error) {
        (Some(result), None) => {
            let null = is_null(&result);
            Ok((AnswerKind::Result { null }, result))
        }
        (None, Some(error)) => error_kind(body, error),
        (Some(result), Some(error)) if is_null(&result) => error_kind(body, error),
        (Some(_), Some(_)) => Err(Malformed::new("both a result and an error")),
        (None, None) => Err(Malformed::new("neither a result nor an error")),
    }
}

fn error_kind(body: &[u8], error: Range<usize>) -> Result<(AnswerKind, Range<usize>), Malformed> {
    match body.get(error.start) {
        Some(b'{') => Ok((AnswerKind::Error, error)),
        _ => Err(not_json(body.get(error).unwrap_or_default(), "an error that is no object")),
    }
}

fn not_json(body: &[u8], what: &str) -> Malformed {
    Malformed::new(format!("{what}: {}", excerpt(body.trim_ascii_start())))
}

fn fault_reason(fault: Fault, body: &[u8]) -> Malformed {
    match fault {
        Fault::Syntax(at) => Malformed::new(format!(
            "no JSON from byte {at} of {} on: {}",
            body.len(),
            excerpt(body.get(at..).unwrap_or_default())
        )),
        Fault::Cut(at) => Malformed::new(format!("the body is cut short, at byte {at}")),
        Fault::TooDeep => {
            Malformed::new(format!("nested deeper than {ANSWER_DEPTH_MAX} arrays and objects"))
        }
    }
}

#[cfg(test)]
mod tests;
