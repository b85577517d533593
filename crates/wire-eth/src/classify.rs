//! Judging what an upstream answered: does it go to the client, or to another upstream?
//!
//! An error is an answer when any healthy node would give it. It is the upstream's own affair when
//! it tells of limits, keys, missing data or missing methods. The status line alone decides
//! nothing: providers send deterministic errors with 4xx and 5xx, and limits with 200, so the body
//! is judged first, by the table in `rules`, and the status only where the table is silent.

mod retry_after;
mod rules;

use std::borrow::Cow;
use std::time::Duration;

use crate::answer::{Answer, AnswerKind, read_answer};
use crate::json::{members, unquote};
use crate::method::MethodClass;
use crate::text::excerpt;

pub use retry_after::RETRY_AFTER_MAX;
use rules::Verdict;

/// What is to be done with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It goes to the client as it is.
    Answer,
    /// Perhaps this upstream's fault: worth asking one other, and kept for the case that the other
    /// says the same.
    Doubtful(Doubt),
    /// The upstream's fault: another is asked, and this is never shown to the client.
    Failed(Failure),
    /// The node has this transaction already, which is success. Only for [`MethodClass::Submit`].
    AlreadyKnown,
    /// The nonce is used up: perhaps by this very transaction, so it is looked up by its hash
    /// before the error goes out. Only for [`MethodClass::Submit`].
    NonceTooLow,
}

/// Why an answer is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The node lacks a block, a state or a transaction that others may have.
    MissingData,
    /// The node or its plan does not offer the method.
    MethodUnsupported,
    /// The node failed inside, or refused a request that was well-formed.
    InternalError,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The upstream limits us.
    Throttled {
        /// How long it wants to be left alone, at most [`RETRY_AFTER_MAX`]; `None` if it does not
        /// say.
        retry_after: Option<Duration>,
    },
    /// The key, the plan or the bill (401, 402, 403 and texts of that kind).
    Payment,
    /// A server or gateway error, with its HTTP status.
    ServerError(u16),
    /// Any other HTTP status that is no success, without a JSON-RPC body.
    HttpStatus(u16),
    /// A success that is no JSON-RPC answer; [`read_answer`] has the reason.
    Malformed,
}

/// Judges one answer. `retry_after_header` is the `Retry-After` header, `unix_now_secs` the time in
/// seconds since 1970, against which a date in it is read. `null_means_missing` is
/// [`crate::Pinned::null_means_missing`]. The answer's spans are returned where it has any.
pub fn classify(
    method_class: MethodClass,
    http_status: u16,
    retry_after_header: Option<&str>,
    unix_now_secs: u64,
    body: &[u8],
    null_means_missing: bool,
) -> (Disposition, Option<Answer>) {
    let wait = |text: &str| {
        let throttled = Failure::Throttled {
            retry_after: retry_after::longest(retry_after_header, unix_now_secs, text),
        };
        Disposition::Failed(throttled)
    };
    let Ok(answer) = read_answer(body) else {
        let text = ErrorText::of_page(body);
        let disposition = match http_status {
            429 => wait(&text.lower),
            503 if retry_after_header.is_some() => wait(&text.lower),
            _ if !is_denied(http_status) && rules::speaks_of_limits(&text) => wait(&text.lower),
            _ => Disposition::Failed(status_failure(http_status).unwrap_or(Failure::Malformed)),
        };
        return (disposition, None);
    };
    let disposition = match answer.kind {
        AnswerKind::Result { null: true } if null_means_missing => {
            Disposition::Doubtful(Doubt::MissingData)
        }
        AnswerKind::Result { .. } => Disposition::Answer,
        AnswerKind::Error => {
            let text = ErrorText::of_error(body, &answer);
            match (rules::verdict(method_class, &text), http_status) {
                (Some(Verdict::Answer), _) => Disposition::Answer,
                (Some(Verdict::AlreadyKnown), _) => Disposition::AlreadyKnown,
                (Some(Verdict::NonceTooLow), _) => Disposition::NonceTooLow,
                (Some(Verdict::MissingData), _) => Disposition::Doubtful(Doubt::MissingData),
                (Some(Verdict::Unsupported), _) => Disposition::Doubtful(Doubt::MethodUnsupported),
                (Some(Verdict::Payment), _) => Disposition::Failed(Failure::Payment),
                (Some(Verdict::Throttled), _) | (_, 429) => wait(&text.lower),
                (verdict @ (Some(Verdict::Internal) | None), status) => {
                    match status_failure(status) {
                        Some(failure @ (Failure::Payment | Failure::ServerError(_))) => {
                            Disposition::Failed(failure)
                        }
                        _ if verdict.is_some() => Disposition::Doubtful(Doubt::InternalError),
                        _ => Disposition::Answer,
                    }
                }
            }
        }
    };
    (disposition, Some(answer))
}

/// Code and message of an error answer as one line that is safe to log; `None` for a result.
pub fn error_summary(body: &[u8], answer: &Answer) -> Option<String> {
    (answer.kind == AnswerKind::Error).then(|| {
        let (code, message, _) = error_parts(body, answer);
        format!("error {code}: {}", excerpt(message.as_bytes()))
    })
}

/// Whether an error says that the contract refused, and the bytes that it gave as its reason, as hexadecimal digits
/// without `0x`; empty where it gave none. `None` for everything else.
pub(crate) fn revert_data<'a>(body: &'a [u8], answer: &Answer) -> Option<&'a str> {
    const INVALID_PARAMS: i64 = -32602;
    if answer.kind != AnswerKind::Error {
        return None;
    }
    let text = ErrorText::of_error(body, answer);
    let verdict = rules::verdict(MethodClass::Execution, &text);
    if text.code == INVALID_PARAMS || !matches!(verdict, Some(Verdict::Answer)) {
        return None;
    }
    // A text of its own, behind the word "Reverted", or inside an object: it is always behind the first 0x.
    let (_, _, data) = error_parts(body, answer);
    let bytes = data.and_then(|data| data.split_once("0x")).map_or("", |(_, bytes)| bytes);
    let digits = bytes.bytes().take_while(u8::is_ascii_hexdigit).count();
    bytes.get(..digits)
}

/// An error as the rules see it.
#[derive(Debug)]
struct ErrorText {
    code: i64,
    /// The message and the data, lower-cased and cut to what a rule can need.
    lower: String,
    /// The data is, or holds, a hexadecimal byte string: what a reverted call returned.
    hex_data: bool,
}

/// How much of a message or its data is searched for phrases, in bytes.
const SEARCHED_MAX: usize = 2_048;

impl ErrorText {
    fn of_error(body: &[u8], answer: &Answer) -> Self {
        let (code, message, data) = error_parts(body, answer);
        let data = data.unwrap_or_default();
        let mut lower = head(&message).to_ascii_lowercase();
        lower.push(' ');
        lower.push_str(&head(data).to_ascii_lowercase());
        Self { code, lower, hex_data: is_hex_data(data) }
    }

    fn of_page(body: &[u8]) -> Self {
        let start = body.get(..body.len().min(SEARCHED_MAX)).unwrap_or_default();
        let lower = String::from_utf8_lossy(start).to_ascii_lowercase();
        Self { code: 0, lower, hex_data: false }
    }
}

/// The code (0 if it is missing or no number), the message and the raw data of an error answer.
fn error_parts<'a>(body: &'a [u8], answer: &Answer) -> (i64, Cow<'a, str>, Option<&'a str>) {
    let object = body.get(answer.value.clone()).and_then(|raw| std::str::from_utf8(raw).ok());
    let found = object.and_then(|text| members(text, ["code", "message", "data"]));
    let [code, message, data] = found.unwrap_or_default();
    let code = code.and_then(|raw| raw.trim_matches('"').parse().ok()).unwrap_or(0);
    (code, message.and_then(unquote).unwrap_or_default(), data)
}

fn is_hex_data(data: &str) -> bool {
    if data.starts_with('{') {
        let nested = members(data, ["data", "result"]);
        return nested.unwrap_or_default().into_iter().flatten().any(|raw| raw.starts_with("\"0x"));
    }
    data.starts_with("\"0x")
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(SEARCHED_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn is_denied(http_status: u16) -> bool {
    matches!(http_status, 401..=403)
}

/// What a status that is no success means without a body that says more.
fn status_failure(http_status: u16) -> Option<Failure> {
    match http_status {
        200..=299 => None,
        status if is_denied(status) => Some(Failure::Payment),
        500..=599 => Some(Failure::ServerError(http_status)),
        _ => Some(Failure::HttpStatus(http_status)),
    }
}

#[cfg(test)]
mod tests;
