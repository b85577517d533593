//! The WebSocket, either side of it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::Mutex;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::connection::Shutdown;
use crate::stream::Stream;

/// How long a close frame may take to leave, and the peer's to come back.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);
/// What a client's socket sets aside: calls are mostly far below, and thousands are held at once.
const SERVER_BUFFER_BYTES: usize = 8 << 10;
/// What a socket to an upstream sets aside: few are held, and answers are long.
const CLIENT_BUFFER_BYTES: usize = 64 << 10;
/// What a close reason may hold (RFC 6455 section 5.5: 125 bytes of payload, two of them the code).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// The settings of a socket that takes messages of at most `message_bytes`.
pub(crate) fn config(side: Role, message_bytes: usize) -> WebSocketConfig {
    let buffer_bytes = match side {
        Role::Server => SERVER_BUFFER_BYTES,
        Role::Client => CLIENT_BUFFER_BYTES,
    };
    WebSocketConfig::default()
        .read_buffer_size(buffer_bytes)
        .write_buffer_size(buffer_bytes)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

/// A WebSocket, either side of it.
#[derive(Debug)]
pub struct WebSocket {
    sender: WebSocketSender,
    receiver: WebSocketReceiver,
}

/// The sending half of a WebSocket; clones share it, and their messages never mix.
#[derive(Clone, Debug)]
pub struct WebSocketSender {
    sink: Arc<Mutex<SplitSink<WebSocketStream<Stream>, Message>>>,
}

/// The receiving half of a WebSocket. It must be read from for pings to be answered.
#[derive(Debug)]
pub struct WebSocketReceiver {
    messages: SplitStream<WebSocketStream<Stream>>,
    /// For close frames.
    sender: WebSocketSender,
    /// The server that this socket belongs to; none on the client's side.
    shutdown: Option<Shutdown>,
    ended: bool,
}

impl WebSocket {
    pub(super) fn new(socket: WebSocketStream<Stream>, shutdown: Option<Shutdown>) -> Self {
        let (sink, messages) = socket.split();
        let sender = WebSocketSender { sink: Arc::new(Mutex::new(sink)) };
        let receiver =
            WebSocketReceiver { messages, sender: sender.clone(), shutdown, ended: false };
        Self { sender, receiver }
    }

    /// The client's side of a socket whose upgrade has been granted.
    pub(crate) fn of_client(socket: WebSocketStream<Stream>) -> Self {
        Self::new(socket, None)
    }

    /// The next text (or binary) message; `None` once the peer has gone. Pings are answered inside.
    ///
    /// A message over the size limit is answered with close code 1009 and ends the socket. Safe to
    /// drop before it resolves: no message is lost.
    pub async fn receive(&mut self) -> Option<Bytes> {
        self.receiver.receive().await
    }

    /// Sends a text message. False where the peer has gone.
    pub async fn send(&mut self, text: Bytes) -> bool {
        self.sender.send(text).await
    }

    /// Sends a ping, which the peer answers with a pong of the same payload (RFC 6455 section 5.5.2: 125 bytes of it
    /// at most). False where the peer has gone.
    pub async fn ping(&mut self, payload: Bytes) -> bool {
        self.sender.sink.lock().await.send(Message::Ping(payload)).await.is_ok()
    }

    /// Closes with a code and reason (RFC 6455 section 7.4).
    pub async fn close(self, code: u16, reason: &str) {
        let Self { sender, mut receiver } = self;
        sender.close(code, reason).await;
        let farewell = async { while receiver.receive().await.is_some() {} };
        if tokio::time::timeout(CLOSE_TIME_MAX, farewell).await.is_err() {
            tracing::debug!("peer did not confirm the close of a websocket");
        }
    }

    /// The two directions, for tasks of their own. The connection closes when both are gone.
    #[must_use]
    pub fn split(self) -> (WebSocketSender, WebSocketReceiver) {
        (self.sender, self.receiver)
    }
}

impl WebSocketSender {
    /// Sends a text message (a binary one where it is not UTF-8). False where the peer has gone.
    /// Waits while the peer does not read; where it is dropped then, the message may still be sent.
    pub async fn send(&self, text: Bytes) -> bool {
        let message = Utf8Bytes::try_from(text.clone())
            .map_or_else(|_not_utf8| Message::Binary(text), Message::Text);
        self.sink.lock().await.send(message).await.is_ok()
    }

    /// Closes with a code and reason (RFC 6455 section 7.4); a reason over 123 bytes is cut.
    /// The receiving half gives `None` once the peer has confirmed.
    pub async fn close(&self, code: u16, reason: &str) {
        let reason = &reason[..reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX)];
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let closing =
            async { self.sink.lock().await.send(Message::Close(Some(frame))).await.is_ok() };
        if !tokio::time::timeout(CLOSE_TIME_MAX, closing).await.unwrap_or(false) {
            tracing::debug!("peer was gone before its websocket was closed");
        }
    }
}

impl WebSocketReceiver {
    /// As [`WebSocket::receive`].
    pub async fn receive(&mut self) -> Option<Bytes> {
        while !self.ended {
            let next = tokio::select! {
                biased;
                next = self.messages.next() => next,
                () = closing(self.shutdown.as_mut()) => {
                    self.end(Some((CloseCode::Away, "server stops"))).await;
                    return None;
                }
            };
            match next {
                Some(Ok(Message::Text(text))) => return Some(text.into()),
                Some(Ok(Message::Binary(bytes))) => return Some(bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => self.confirm_close().await,
                Some(Err(error)) => self.end(code_for(&error)).await,
                None => self.ended = true,
            }
        }
        None
    }

    /// Lets the answer to the peer's close frame, which the library has queued, go out.
    async fn confirm_close(&mut self) {
        self.ended = true;
        let flushing = async { self.sender.sink.lock().await.flush().await.is_ok() };
        if !tokio::time::timeout(CLOSE_TIME_MAX, flushing).await.unwrap_or(false) {
            tracing::debug!("peer was gone before its close was confirmed");
        }
    }

    /// Ends the socket, with a word to the peer where one is due.
    async fn end(&mut self, farewell: Option<(CloseCode, &str)>) {
        self.ended = true;
        if let Some((code, reason)) = farewell {
            self.sender.close(code.into(), reason).await;
        }
    }
}

/// Resolves when the server stops; never on the client's side.
async fn closing(shutdown: Option<&mut Shutdown>) {
    match shutdown {
        Some(shutdown) => shutdown.closing().await,
        None => pending().await,
    }
}

/// What a peer that broke the rules is told (RFC 6455 section 7.4.1); `None` where it has gone.
fn code_for(error: &Error) -> Option<(CloseCode, &'static str)> {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Capacity(_) => Some((CloseCode::Size, "message is too large")),
        Error::Utf8(_) => Some((CloseCode::Invalid, "text is not UTF-8")),
        Error::Protocol(_) => Some((CloseCode::Protocol, "not a valid frame")),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => None,
    }
}

#[cfg(test)]
mod tests;
