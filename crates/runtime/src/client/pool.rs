//! Connections, and the pool of those that are kept alive.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::body::in_words;
use crate::stream::Stream;

/// Most idle connections a pool holds; the ones unused for longest are closed first.
const IDLE_COUNT_MAX: usize = 1_024;
/// How long a connection may have been idle to be used again. Servers and balancers close after a
/// minute or so; staying well below makes the race with their close rare.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);
/// How long a kept-alive connection may take to be ready for the next call: a turn of its task,
/// unless the server has left the former call half done.
const READY_TIME_MAX: Duration = Duration::from_millis(50);

/// A connection that HTTP is spoken over. Dropping it closes it at once.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    received: Arc<AtomicU64>,
    driver: AbortHandle,
}

impl Connection {
    /// Starts HTTP on a stream; its driver runs in a task of the calling runtime.
    ///
    /// # Errors
    /// Where the stream broke already.
    pub(super) async fn start(stream: Stream) -> Result<Self, String> {
        let received = Arc::new(AtomicU64::new(0));
        let counted = Counted { stream, received: Arc::clone(&received) };
        let (sender, connection) = http1::Builder::new()
            .handshake(TokioIo::new(counted))
            .await
            .map_err(|error| in_words(&error))?;
        let driver = tokio::spawn(async move {
            // What breaks a connection is told to the call that is on it; an idle one may end.
            if let Err(error) = connection.await {
                tracing::trace!(error = in_words(&error), "upstream connection ended");
            }
        });
        Ok(Self { sender, received, driver: driver.abort_handle() })
    }

    /// How many bytes have come over this connection.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Whether it can take a call.
    async fn is_ready(&mut self) -> bool {
        // Asking without waiting would give up connections whose task has not yet had its turn.
        let ready = tokio::time::timeout(READY_TIME_MAX, self.sender.ready()).await;
        matches!(ready, Ok(Ok(())))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Idle connections, the last used at the back.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<VecDeque<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// The connection used last that can still be used; those that cannot are closed on the way.
    pub(super) async fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.pop()?;
            if connection.is_ready().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose call has ended for the next one.
    pub(super) fn put(&self, connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut idle = self.idle();
        close_old(&mut idle);
        if idle.len() >= IDLE_COUNT_MAX {
            idle.pop_front();
        }
        idle.push_back(Idle { connection, since: Instant::now() });
    }

    fn pop(&self) -> Option<Connection> {
        let mut idle = self.idle();
        close_old(&mut idle);
        idle.pop_back().map(|idle| idle.connection)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn close_old(idle: &mut VecDeque<Idle>) {
    while idle.front().is_some_and(|oldest| oldest.since.elapsed() > IDLE_TIME_MAX) {
        idle.pop_front();
    }
}

/// A stream that counts what comes in, to tell an answer that broke off from one that never began.
struct Counted {
    stream: Stream,
    received: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let count = u64::try_from(buffer.filled().len().saturating_sub(before)).unwrap_or(u64::MAX);
        self.received.fetch_add(count, Ordering::Relaxed);
        outcome
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
