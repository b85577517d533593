//! The server: accepting, per-connection limits, graceful stop.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Shutdown};
use super::session::{Session, Stage};
use super::{Limits, Listener, Request, Response};
use crate::clock::duration;
use crate::stream::{Stream, tune};

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
    let tls = listener.tls();
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
        slots: Arc::new(Semaphore::new(slot_count as usize)),
        limits: Arc::new(limits),
        shutdown: Shutdown::new(shutdown),
        handler,
        tls,
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

struct Server<H> {
    slots: Arc<Semaphore>,
    limits: Arc<Limits>,
    shutdown: Shutdown,
    handler: Arc<H>,
    /// What clients come over TLS by; they come over plain TCP without it.
    tls: Option<TlsAcceptor>,
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
            let place = match &limits.per_address {
                None => None,
                Some(limit) => match limit.enter(peer.ip()) {
                    None => {
                        tracing::debug!(%peer, "its address has as many connections as it may");
                        continue;
                    }
                    place => place,
                },
            };
            let held = (slot, place);
            let connection = Arc::new(Connection::new(peer, limits, self.shutdown.clone(), held));
            let handler = Arc::clone(&self.handler);
            match self.tls.clone() {
                None => {
                    tokio::spawn(serve_connection(Stream::Plain(stream), connection, handler));
                }
                Some(tls) => {
                    tokio::spawn(serve_under_tls(tls, stream, connection, handler));
                }
            }
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

/// Serves one connection once client and server have agreed on keys, for which there is as much time as for a head.
async fn serve_under_tls<H: Handler>(
    tls: TlsAcceptor,
    stream: TcpStream,
    connection: Arc<Connection>,
    handler: Arc<H>,
) {
    let (peer, limit) = (connection.peer, duration(connection.limits.head_timeout));
    let mut shutdown = connection.shutdown.clone();
    let shaken = tokio::select! {
        biased;
        shaken = tokio::time::timeout(limit, tls.accept(stream)) => shaken,
        () = shutdown.closing() => return,
    };
    match shaken {
        Ok(Ok(stream)) => {
            serve_connection(Stream::TlsServed(Box::new(stream)), connection, handler).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no agreement on TLS"),
        Err(_elapsed) => tracing::debug!(%peer, "no agreement on TLS in time"),
    }
}

/// Serves one connection until it ends, or the server has.
async fn serve_connection<H: Handler>(
    stream: Stream,
    connection: Arc<Connection>,
    handler: Arc<H>,
) {
    let mut shutdown = connection.shutdown.clone();
    let (peer, stage) = (connection.peer, Stage::default());
    let mut serving = pin!(Session::new(stream, connection, &*handler, &stage).run());
    let outcome = tokio::select! {
        biased;
        outcome = serving.as_mut() => outcome,
        () = shutdown.closing() => {
            stage.closing.store(true, Ordering::Relaxed);
            if stage.idle.load(Ordering::Relaxed) {
                return;
            }
            tokio::select! {
                outcome = serving => outcome,
                () = shutdown.ended() => Ok(()),
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, error, "connection ended early");
    }
}
