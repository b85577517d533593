//! What a server's connections know: their limits, their peer, and when to end.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};
use units::Span;

/// Limits of a server; each has a default that suits a gateway on the open internet.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest request body in bytes; more is answered 413 by [`super::Request::body`]'s error.
    pub body_bytes: usize,
    /// Largest request head in bytes; more is answered 431.
    pub head_bytes: usize,
    /// Longest time a client may take to send its request head. Also the longest time that a
    /// kept-alive connection stays open between two requests.
    pub head_timeout: Span,
    /// Longest time a client may take to send its request body.
    pub body_timeout: Span,
    /// Most connections at once, each WebSocket included, for each call of [`super::serve`]; more wait in the
    /// kernel's backlog.
    pub connections: usize,
}

impl Default for Limits {
    /// Bodies of 10 MiB (a batch of large raw transactions is far below), heads of 32 KiB (as
    /// nginx), 20 s for either, 4096 connections.
    fn default() -> Self {
        Self {
            body_bytes: 10 << 20,
            head_bytes: 32 << 10,
            head_timeout: Span::from_secs(20),
            body_timeout: Span::from_secs(20),
            connections: 4096,
        }
    }
}

/// What a connection's requests share with it.
#[derive(Debug)]
pub(super) struct Connection {
    /// The client's address.
    pub(super) peer: SocketAddr,
    /// The server's limits.
    pub(super) limits: Arc<Limits>,
    /// Tells when the server stops.
    pub(super) shutdown: Shutdown,
    /// The place among [`Limits::connections`]; given back when the last holder is gone.
    _slot: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) const fn new(
        peer: SocketAddr,
        limits: Arc<Limits>,
        shutdown: Shutdown,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        Self { peer, limits, shutdown, _slot: slot }
    }
}

/// A connection's view of the server's end: first it asks to close, then it is gone.
#[derive(Clone, Debug)]
pub(super) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// `server` reads true once the server closes, and its sender is dropped once it has ended.
    pub(super) const fn new(server: watch::Receiver<bool>) -> Self {
        Self(server)
    }

    /// Resolves once the server lets no new work begin.
    pub(super) async fn closing(&mut self) {
        // An error means that the server is already gone, which is closing too.
        drop(self.0.wait_for(|closing| *closing).await);
    }

    /// Resolves once the server has ended and waits no longer.
    pub(super) async fn ended(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
