//! Responses: a whole body, or one that is written as it comes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::header::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// Chunks that may wait for a slow client before the sender has to.
const STREAM_QUEUE: usize = 16;

/// A response: status, headers, and a whole or streamed body.
#[derive(Debug)]
pub struct Response {
    inner: hyper::Response<ResponseBody>,
}

impl Response {
    /// A response with a whole body.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::with_body(status, ResponseBody::whole(body.into()))
            .with_header(CONTENT_TYPE, HeaderValue::from_static(content_type))
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
        Self::with_body(status, ResponseBody::whole(Bytes::new()))
    }

    /// A streamed response: each chunk sent through the channel is written at once; it ends when
    /// the sender is dropped, and the receiver is dropped when the client goes.
    #[must_use]
    pub fn stream(content_type: &'static str) -> (Self, mpsc::Sender<Bytes>) {
        let (sender, chunks) = mpsc::channel(STREAM_QUEUE);
        let response = Self::with_body(StatusCode::OK, ResponseBody::Stream(chunks))
            .with_header(CONTENT_TYPE, HeaderValue::from_static(content_type));
        (response, sender)
    }

    fn with_body(status: StatusCode, body: ResponseBody) -> Self {
        let mut inner = hyper::Response::new(body);
        *inner.status_mut() = status;
        Self { inner }
    }

    /// Sets a header; one of the same name is replaced.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.inner.headers_mut().insert(name, value);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The body, where it is whole; `None` for a streamed one.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        match self.inner.body() {
            ResponseBody::Whole { bytes, .. } => Some(bytes),
            ResponseBody::Stream(_) => None,
        }
    }

    pub(super) fn into_hyper(self) -> hyper::Response<ResponseBody> {
        self.inner
    }
}

/// A body as the HTTP library takes it.
#[derive(Debug)]
pub(super) enum ResponseBody {
    /// Known from the start; `unsent` gives `bytes` once.
    Whole { bytes: Bytes, unsent: Full<Bytes> },
    /// Chunks as they come.
    Stream(mpsc::Receiver<Bytes>),
}

impl ResponseBody {
    fn whole(bytes: Bytes) -> Self {
        Self::Whole { unsent: Full::new(bytes.clone()), bytes }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole { unsent, .. } => Pin::new(unsent).poll_frame(cx),
            Self::Stream(chunks) => chunks.poll_recv(cx).map(|chunk| Some(Ok(Frame::data(chunk?)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole { unsent, .. } => unsent.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole { unsent, .. } => unsent.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
