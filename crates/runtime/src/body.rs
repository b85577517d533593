//! Reading a whole HTTP body under a limit, for the server and the client alike.

use std::error::Error;
use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// The most that is set aside on the word of a Content-Length header alone.
const RESERVE_BYTES_MAX: usize = 1 << 20;

/// Why a body could not be read whole.
pub(crate) enum ReadError {
    /// It is larger than the limit, by its own word or by what has come.
    TooLarge,
    /// It ended early or was not valid HTTP; in words.
    Broken(String),
}

/// The whole of `body`, of at most `limit` bytes; a declared length over the limit is refused
/// before anything is read.
///
/// # Errors
/// Where it is too large or does not come whole.
pub(crate) async fn read_whole(body: &mut Incoming, limit: usize) -> Result<Bytes, ReadError> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(ReadError::TooLarge);
    }
    let Some(first) = next_data(body).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(ReadError::TooLarge);
    }
    // Most bodies come in one read; they are handed on without a copy.
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(declared.min(RESERVE_BYTES_MAX).max(first.len()));
    whole.extend_from_slice(&first);
    while let Some(more) = next_data(body).await? {
        if more.len() > limit.saturating_sub(whole.len()) {
            return Err(ReadError::TooLarge);
        }
        whole.extend_from_slice(&more);
    }
    Ok(whole.freeze())
}

/// The next piece of data, trailers left out; `None` at the end.
async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, ReadError> {
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Err(error) => return Err(ReadError::Broken(in_words(&error))),
        }
    }
    Ok(None)
}

/// An error with its causes, as one line; a cause that its effect already repeats is left out.
pub(crate) fn in_words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) && write!(text, ": {words}").is_err() {
            break;
        }
        cause = inner.source();
    }
    text
}
