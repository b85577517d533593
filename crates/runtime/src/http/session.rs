//! One client's connection: request after request, each answered before the next is read.

use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use super::connection::Connection;
use super::pull::Client;
use super::response::{Pulled, ResponseBody};
use super::server::Handler;
use super::write::{Ending, put_chunk, put_head, send};
use super::{BodyError, Method, Request, Response, StatusCode};
use crate::clock::duration;
use crate::h1::{BodyFault, BodyReader, HeadFault, Inbox, RequestHead, read_request};
use crate::stream::Stream;

/// How much of a refused body is still taken from the client, so that it gets to read the refusal:
/// closing a socket with unread bytes in it resets the connection and with it the answer.
const DISCARD_BYTES_MAX: usize = 64 << 20;
/// How long that may take.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);
/// How much of later requests is taken in while one is answered, to notice when the client leaves.
const AHEAD_BYTES_MAX: usize = 8 << 10;
/// What a connection keeps of a buffer that a large response has made grow.
const KEPT_BYTES: usize = 16 << 10;

/// What others may know of a connection while it is served.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// It waits for a request of which nothing has come.
    pub(super) idle: AtomicBool,
    /// It is to end after the answer that is under way.
    pub(super) closing: AtomicBool,
}

/// One connection.
pub(super) struct Session<'a, H> {
    pub(super) stream: Stream,
    pub(super) connection: Arc<Connection>,
    pub(super) handler: &'a H,
    pub(super) stage: &'a Stage,
    inbox: Inbox,
    outbox: Vec<u8>,
    /// Wakes when a head may be overdue; moved only when it does, not for each request.
    timer: Pin<Box<Sleep>>,
}

/// What becomes of a connection after an answer.
enum After {
    GoesOn,
    Ends,
    /// The client has gone, or must not take what it has for whole.
    Broken,
    Upgraded(tokio::sync::oneshot::Sender<super::upgrade::Upgraded>),
}

impl<'a, H: Handler> Session<'a, H> {
    pub(super) fn new(
        stream: Stream,
        connection: Arc<Connection>,
        handler: &'a H,
        stage: &'a Stage,
    ) -> Self {
        let timer = Box::pin(tokio::time::sleep(duration(connection.limits.head_timeout)));
        let (inbox, outbox) = (Inbox::default(), Vec::new());
        Self { stream, connection, handler, stage, inbox, outbox, timer }
    }

    /// Serves until either side ends.
    ///
    /// # Errors
    /// Where the connection broke or the client did not speak HTTP, in words.
    pub(super) async fn run(mut self) -> Result<(), String> {
        loop {
            let head = match self.next_head().await {
                Ok(Some(head)) => head,
                Ok(None) => return Ok(()),
                Err(fault) => return self.refuse(fault).await,
            };
            let text = self.inbox.bytes().get(..head.size).unwrap_or_default().into();
            self.inbox.take(head.size);
            let body = self.read_body(&head).await.map_err(|error| error.to_string())?;
            let unread = matches!(body, Err(BodyError::TooLarge { .. })) && !head.waits_for_leave;
            // Where the body's end was not found, nothing that follows can be told from it.
            let keep_alive = head.keep_alive && body.is_ok();
            let shape =
                Shape { keep_alive, modern: head.modern, no_body: head.method == Method::HEAD };
            let request = Request::new(head, text, body, Arc::clone(&self.connection));
            let Some(response) = self.answer(request).await else { return Ok(()) };
            match self.respond(response, shape).await.map_err(|error| error.to_string())? {
                After::GoesOn => {}
                After::Ends if unread => return self.discard().await,
                After::Ends => {
                    return self.stream.shutdown().await.map_err(|error| error.to_string());
                }
                After::Broken => return Ok(()),
                After::Upgraded(hand_over) => {
                    let read = self.inbox.bytes().to_vec();
                    let _waits = hand_over.send((self.stream, read)).is_ok();
                    return Ok(());
                }
            }
        }
    }

    /// The next request's head; `None` where the client has gone or said nothing for too long.
    async fn next_head(&mut self) -> Result<Option<RequestHead>, HeadFault> {
        let limit = self.connection.limits.head_bytes;
        let deadline = Instant::now() + duration(self.connection.limits.head_timeout);
        loop {
            // Empty lines before a request are read over (RFC 9112 section 2.2).
            while self.inbox.bytes().starts_with(b"\r\n") {
                self.inbox.take(2);
            }
            if !self.inbox.is_empty()
                && let Some(head) = read_request(self.inbox.bytes(), limit)?
            {
                self.stage.idle.store(false, Ordering::Relaxed);
                return Ok(Some(head));
            }
            self.stage.idle.store(self.inbox.is_empty(), Ordering::Relaxed);
            if !self.fill_until(deadline).await {
                return Ok(None);
            }
        }
    }

    /// Waits for more; false where the client has gone, or `deadline` has come.
    async fn fill_until(&mut self, deadline: Instant) -> bool {
        let (inbox, stream, timer) = (&mut self.inbox, &mut self.stream, &mut self.timer);
        std::future::poll_fn(|context| {
            if let Poll::Ready(filled) = inbox.poll_fill(stream, context) {
                return Poll::Ready(filled.is_ok_and(|count| count > 0));
            }
            while timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= deadline {
                    return Poll::Ready(false);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }

    /// The whole body, or why there is none.
    ///
    /// # Errors
    /// Where the client cannot even be written to.
    async fn read_body(&mut self, head: &RequestHead) -> io::Result<Result<Bytes, BodyError>> {
        let limits = Arc::clone(&self.connection.limits);
        let limit = limits.body_bytes;
        let Ok(reader) = BodyReader::new(head.framing, limit) else {
            return Ok(Err(BodyError::TooLarge { limit }));
        };
        let has_body = head.framing != crate::h1::Framing::Length(0);
        if head.waits_for_leave && has_body && self.inbox.is_empty() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            self.stream.flush().await?;
        }
        let mut reading = pin!(reader.whole(&mut self.inbox, &mut self.stream));
        // A timer is only made where the body has not come along with the head.
        let read = match reading.as_mut().now_or_never() {
            Some(read) => Ok(read),
            None => tokio::time::timeout(duration(limits.body_timeout), reading).await,
        };
        Ok(match read {
            Ok(Ok(body)) => Ok(Bytes::from(body)),
            Ok(Err(BodyFault::TooLarge)) => Err(BodyError::TooLarge { limit }),
            Ok(Err(BodyFault::Broken(reason))) => Err(BodyError::Broken(reason)),
            Err(_elapsed) => Err(BodyError::Timeout(limits.body_timeout)),
        })
    }

    /// The handler's answer, or 500 where it panics: one broken call must not take down its connection.
    /// `None` where the client leaves before it; the call is then dropped.
    async fn answer(&mut self, request: Request) -> Option<Response> {
        let peer = self.connection.peer;
        let answering = AssertUnwindSafe(self.handler.handle(request)).catch_unwind();
        let mut answering = pin!(answering);
        let (inbox, stream) = (&mut self.inbox, &mut self.stream);
        let answered = std::future::poll_fn(|context| {
            if let Poll::Ready(answered) = answering.as_mut().poll(context) {
                return Poll::Ready(Some(answered));
            }
            if has_left(inbox, stream, context) { Poll::Ready(None) } else { Poll::Pending }
        })
        .await?;
        Some(answered.unwrap_or_else(|_panic| {
            tracing::error!(%peer, "a request handler panicked");
            Response::text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        }))
    }

    async fn respond(&mut self, response: Response, shape: Shape) -> io::Result<After> {
        let closing = self.stage.closing.load(Ordering::Relaxed);
        let ending = shape.ending(&response);
        let keep_alive = shape.keep_alive && !closing && ending != Ending::Close;
        put_head(&mut self.outbox, &response, ending, (keep_alive, shape.modern));
        let after = if keep_alive { After::GoesOn } else { After::Ends };
        match response.body {
            ResponseBody::Whole(body) => {
                let body = if ending.has_body() && !shape.no_body { body } else { Bytes::new() };
                send(&mut self.stream, &mut self.outbox, &body).await?;
                self.outbox.shrink_to(KEPT_BYTES);
            }
            ResponseBody::Stream(chunks) => {
                if shape.no_body {
                    send(&mut self.stream, &mut self.outbox, &[]).await?;
                } else if !self.stream_out(chunks, ending).await? {
                    return Ok(After::Ends);
                }
            }
            ResponseBody::Pulled(pulled) => {
                if shape.no_body {
                    send(&mut self.stream, &mut self.outbox, &[]).await?;
                } else {
                    let mut client = Client {
                        stream: &mut self.stream,
                        inbox: &mut self.inbox,
                        out: &mut self.outbox,
                    };
                    if !client.pull_out(pulled, ending).await? {
                        return Ok(After::Broken);
                    }
                }
            }
            ResponseBody::Upgrade(hand_over) => {
                send(&mut self.stream, &mut self.outbox, &[]).await?;
                return Ok(After::Upgraded(hand_over));
            }
        }
        Ok(after)
    }

    /// Writes chunks as they come, the head with the first; false where the client leaves before the end.
    async fn stream_out(
        &mut self,
        mut chunks: mpsc::Receiver<Bytes>,
        ending: Ending,
    ) -> io::Result<bool> {
        send(&mut self.stream, &mut self.outbox, &[]).await?;
        loop {
            let (inbox, stream) = (&mut self.inbox, &mut self.stream);
            let next = std::future::poll_fn(|context| match chunks.poll_recv(context) {
                Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
                Poll::Pending if has_left(inbox, stream, context) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            match next.await {
                None => return Ok(false),
                Some(Some(chunk)) if ending == Ending::Close => {
                    self.outbox.extend_from_slice(&chunk);
                }
                Some(Some(chunk)) => put_chunk(&mut self.outbox, &chunk),
                Some(None) if ending == Ending::Close => return Ok(true),
                Some(None) => {
                    self.stream.write_all(b"0\r\n\r\n").await?;
                    self.stream.flush().await?;
                    return Ok(true);
                }
            }
            send(&mut self.stream, &mut self.outbox, &[]).await?;
        }
    }

    /// Says that a head cannot be taken, and ends.
    async fn refuse(mut self, fault: HeadFault) -> Result<(), String> {
        let (status, reason) = match fault {
            HeadFault::TooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head too large".to_owned())
            }
            HeadFault::Invalid(reason) => (StatusCode::BAD_REQUEST, reason),
        };
        let response = Response::empty(status);
        put_head(&mut self.outbox, &response, Ending::Length(0), (false, true));
        let sent = send(&mut self.stream, &mut self.outbox, &[]).await;
        sent.map_err(|error| error.to_string())?;
        self.discard().await?;
        Err(reason)
    }

    /// Ends our side, and takes in and forgets what the client still sends, up to a bound.
    async fn discard(mut self) -> Result<(), String> {
        self.stream.shutdown().await.map_err(|error| error.to_string())?;
        let discarding = async {
            let mut left = DISCARD_BYTES_MAX;
            while let Ok(count @ 1..) = self.inbox.fill(&mut self.stream).await {
                self.inbox.take(usize::MAX);
                let Some(rest) = left.checked_sub(count) else { return };
                left = rest;
            }
        };
        let _in_time = tokio::time::timeout(DISCARD_TIME_MAX, discarding).await.is_ok();
        Ok(())
    }
}

/// What a request asks of the form of its response.
#[derive(Clone, Copy)]
struct Shape {
    keep_alive: bool,
    modern: bool,
    /// It was a HEAD: the length is told, and nothing follows.
    no_body: bool,
}

impl Shape {
    fn ending(self, response: &Response) -> Ending {
        match &response.body {
            _ if response.status == StatusCode::NO_CONTENT
                || response.status == StatusCode::NOT_MODIFIED
                || response.status.is_informational() =>
            {
                Ending::NoBody
            }
            ResponseBody::Whole(body) => Ending::Length(body.len() as u64),
            ResponseBody::Pulled(Pulled { length: Some(length), .. }) => Ending::Length(*length),
            ResponseBody::Stream(_) | ResponseBody::Pulled(_) if self.modern => Ending::Chunks,
            ResponseBody::Stream(_) | ResponseBody::Pulled(_) | ResponseBody::Upgrade(_) => {
                Ending::Close
            }
        }
    }
}

impl Ending {
    const fn has_body(self) -> bool {
        !matches!(self, Self::NoBody)
    }
}

/// Whether the client has ended its side, which as far as we can tell means that it has gone. What it sends
/// instead is kept for later, up to a bound beyond which it is not looked at.
pub(super) fn has_left(inbox: &mut Inbox, stream: &mut Stream, context: &mut Context<'_>) -> bool {
    while inbox.bytes().len() < AHEAD_BYTES_MAX {
        match inbox.poll_fill(stream, context) {
            Poll::Pending => return false,
            Poll::Ready(Ok(1..)) => {}
            Poll::Ready(Ok(0) | Err(_)) => return true,
        }
    }
    false
}
