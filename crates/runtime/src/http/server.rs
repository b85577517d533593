//! The server: accepting, per-connection limits, graceful stop.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::connection::{Connection, Shutdown};
use super::{Limits, Listener, Request, Response, StatusCode};
use crate::clock::duration;
use crate::stream::tune;

/// How long accepting rests where the system cannot give another connection, mostly because the
/// process is out of file descriptors: trying again at once would only burn the core.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// What answers requests. Implemented for closures and for structs held in an `Arc`.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. The future is dropped where the client goes before it has ended.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;
}

impl<F, A> Handler for F
where
    F: Fn(Request) -> A + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send {
        self(request)
    }
}

/// Serves until `stop` resolves, then lets calls in flight end within `limits.head_timeout`;
/// what has not ended by then is dropped. Dropping this future drops all connections at once.
///
/// A handler that panics is logged and answered 500.
pub async fn serve<H: Handler>(
    listener: Listener,
    limits: Limits,
    handler: Arc<H>,
    stop: impl Future<Output = ()> + Send,
) {
    let address = listener.address();
    let listener = match listener.register() {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%address, %error, "listening socket is not usable, nothing is served");
            return;
        }
    };
    let slot_count = u32::try_from(limits.connections).unwrap_or(u32::MAX).max(1);
    let grace = duration(limits.head_timeout);
    let (closing, shutdown) = watch::channel(false);
    let server = Server {
        builder: builder(&limits),
        slots: Arc::new(Semaphore::new(slot_count as usize)),
        limits: Arc::new(limits),
        shutdown: Shutdown::new(shutdown),
        handler,
    };
    tokio::select! {
        () = stop => {}
        () = server.accept_all(&listener) => {}
    }
    drop(listener);
    closing.send_replace(true);
    if tokio::time::timeout(grace, server.slots.acquire_many(slot_count)).await.is_err() {
        tracing::warn!(%address, "calls still in flight were dropped at the stop");
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(duration(limits.head_timeout))
        .max_header_size(limits.head_bytes)
        .keep_alive(true)
        // A client that closes its sending side in the middle of a call has gone, as far as we can
        // tell, and its call is dropped.
        .half_close(false);
    builder
}

struct Server<H> {
    builder: http1::Builder,
    slots: Arc<Semaphore>,
    limits: Arc<Limits>,
    shutdown: Shutdown,
    handler: Arc<H>,
}

impl<H: Handler> Server<H> {
    /// Accepts connections for ever, as many at once as there are slots.
    async fn accept_all(&self, listener: &TcpListener) {
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            let (stream, peer) = accept(listener).await;
            if let Err(error) = tune(&stream) {
                tracing::debug!(%peer, %error, "connection was gone before it was served");
                continue;
            }
            let limits = Arc::clone(&self.limits);
            let connection = Arc::new(Connection::new(peer, limits, self.shutdown.clone(), slot));
            let builder = self.builder.clone();
            tokio::spawn(serve_connection(builder, stream, connection, Arc::clone(&self.handler)));
        }
    }
}

/// The next connection, whatever happens to those before it.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {
                tracing::debug!(%error, "connection was gone before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections, resting");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Whether an accept error is about the connection that was to be accepted, not about us.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}

async fn serve_connection<H: Handler>(
    builder: http1::Builder,
    stream: TcpStream,
    connection: Arc<Connection>,
    handler: Arc<H>,
) {
    let mut shutdown = connection.shutdown.clone();
    let peer = connection.peer;
    let service = service_fn(move |request| {
        let request = Request::new(request, Arc::clone(&connection));
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(answer(&*handler, request).await.into_hyper()) }
    });
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let outcome = tokio::select! {
        biased;
        outcome = serving.as_mut() => outcome,
        () = shutdown.closing() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = serving => outcome,
                () = shutdown.ended() => Ok(()),
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, error = crate::body::in_words(&error), "connection ended early");
    }
}

/// The handler's answer, or 500 where it panics: one broken call must not take down its connection.
async fn answer<H: Handler>(handler: &H, request: Request) -> Response {
    let peer = request.peer();
    let answering = AssertUnwindSafe(handler.handle(request)).catch_unwind();
    answering.await.unwrap_or_else(|_panic| {
        tracing::error!(%peer, "a request handler panicked");
        Response::text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
    })
}
