//! Responses: a whole body, or one that is written as it comes.

use std::fmt::{Debug, Display, Write as _};
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::upgrade::Upgraded;
use super::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// Chunks that may wait for a slow client before the sender has to.
const STREAM_QUEUE: usize = 16;

/// Room for the header lines of one response.
const LINES_BYTES: usize = 128;

/// A response: status, headers, and a whole or streamed body.
#[derive(Debug)]
pub struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content_type: Option<&'static str>,
    /// Header lines of this response, each with its line end.
    pub(super) lines: String,
    /// Header lines that are the same each time, each with its line end.
    pub(super) fixed: &'static str,
    pub(super) body: ResponseBody,
}

impl Response {
    /// A response with a whole body.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = ResponseBody::Whole(body.into());
        Self { content_type: Some(content_type), ..Self::with_body(status, body) }
    }

    /// A JSON response.
    #[must_use]
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// A plain text response.
    #[must_use]
    pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// A response without body and content type, such as 204.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::with_body(status, ResponseBody::Whole(Bytes::new()))
    }

    /// A streamed response: each chunk sent through the channel is written at once; it ends when
    /// the sender is dropped, and the receiver is dropped when the client goes.
    #[must_use]
    pub fn stream(content_type: &'static str) -> (Self, mpsc::Sender<Bytes>) {
        let (sender, chunks) = mpsc::channel(STREAM_QUEUE);
        let response = Self::with_body(StatusCode::OK, ResponseBody::Stream(chunks));
        (Self { content_type: Some(content_type), ..response }, sender)
    }

    /// A response whose body is asked for piece by piece, each once the one before it was written: `first`,
    /// then what `source` has. `length` is the size of it all, where it is known.
    #[must_use]
    pub fn pulled(
        content_type: &'static str,
        first: Vec<u8>,
        length: Option<u64>,
        source: Box<dyn Source>,
    ) -> Self {
        let body = ResponseBody::Pulled(Pulled { first, length, source });
        Self { content_type: Some(content_type), ..Self::with_body(StatusCode::OK, body) }
    }

    /// The response after which the connection is somebody else's.
    pub(super) fn upgrade(hand_over: oneshot::Sender<Upgraded>) -> Self {
        Self::with_body(StatusCode::SWITCHING_PROTOCOLS, ResponseBody::Upgrade(hand_over))
    }

    fn with_body(status: StatusCode, body: ResponseBody) -> Self {
        let (headers, lines) = (HeaderMap::new(), String::new());
        Self { status, headers, content_type: None, lines, fixed: "", body }
    }

    /// Sets a header; one of the same name is replaced.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds a header without a look at those that are there: cheaper than [`Response::with_header`] for what
    /// is set once. A value that cannot be sent is left out.
    #[must_use]
    pub fn with_line(mut self, name: &HeaderName, value: impl Display) -> Self {
        if self.lines.is_empty() {
            self.lines.reserve(LINES_BYTES);
        }
        let before = self.lines.len();
        self.lines.push_str(name.as_str());
        self.lines.push_str(": ");
        let written = write!(self.lines, "{value}").is_ok();
        let line = self.lines.get(before..).unwrap_or_default();
        if written && line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.lines.push_str("\r\n");
        } else {
            self.lines.truncate(before);
        }
        self
    }

    /// Adds header lines as they are, each with its line end; for those that every response has.
    #[must_use]
    pub const fn with_fixed(mut self, lines: &'static str) -> Self {
        self.fixed = lines;
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, where it is whole; `None` for a streamed one.
    #[must_use]
    pub const fn body(&self) -> Option<&Bytes> {
        match &self.body {
            ResponseBody::Whole(bytes) => Some(bytes),
            ResponseBody::Stream(_) | ResponseBody::Pulled(_) | ResponseBody::Upgrade(_) => None,
        }
    }
}

/// A body that comes from elsewhere while it is written.
pub trait Source: Debug + Send {
    /// Adds the next piece to an empty `piece`, having waited for it; false at the end. A [`Lost`] body breaks
    /// the client's connection off, so that what it has got does not look whole.
    fn next<'a>(
        &'a mut self,
        piece: &'a mut Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send + 'a>>;
}

/// The rest of a body will not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// A body that is asked for.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) first: Vec<u8>,
    pub(super) length: Option<u64>,
    pub(super) source: Box<dyn Source>,
}

/// What comes behind the head.
#[derive(Debug)]
pub(super) enum ResponseBody {
    /// Known from the start.
    Whole(Bytes),
    /// Chunks as they come.
    Stream(mpsc::Receiver<Bytes>),
    /// Pieces as they are asked for.
    Pulled(Pulled),
    /// Another protocol.
    Upgrade(oneshot::Sender<Upgraded>),
}
