//! What a server's connections know: their limits, their peer, and when to end.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Most connections of one address at once, where that is bounded; one more is closed as soon as it is accepted.
    pub per_address: Option<PerAddress>,
}

/// How many connections one address may have at once, of all servers that share it by clones.
#[derive(Clone, Debug)]
pub struct PerAddress {
    most: usize,
    /// Whether addresses of this machine are bounded, too.
    local: bool,
    /// No more than there are connections.
    open: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl PerAddress {
    /// So many for each address; also for those of this machine, if they are bounded.
    #[must_use]
    pub fn new(most: usize, local: bool) -> Self {
        Self { most, local, open: Arc::default() }
    }

    /// A place for one more of an address, if it may have one.
    pub(super) fn enter(&self, address: IpAddr) -> Option<AddressPlace> {
        let address = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= self.most && (self.local || !address.is_loopback()) {
            return None;
        }
        *count += 1;
        Some(AddressPlace { of: self.clone(), address })
    }
}

/// An address as it counts: of IPv6 the first half, since whoever has one address there has all of the other half.
fn network(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    if let IpAddr::V6(six) = address
        && !six.is_loopback()
    {
        let [a, b, c, d, ..] = six.segments();
        return IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0));
    }
    address
}

/// A connection among those of its address, until it is dropped.
#[derive(Debug)]
pub(super) struct AddressPlace {
    of: PerAddress,
    address: IpAddr,
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut open = self.of.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
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
            per_address: None,
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
    /// The place among [`Limits::per_address`].
    _place: Option<AddressPlace>,
}

impl Connection {
    pub(super) fn new(
        peer: SocketAddr,
        limits: Arc<Limits>,
        shutdown: Shutdown,
        (slot, place): (OwnedSemaphorePermit, Option<AddressPlace>),
    ) -> Self {
        Self { peer, limits, shutdown, _slot: slot, _place: place }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_gives_them_back() {
        // One client with thousands of connections would have all that there are.
        let limit = PerAddress::new(2, false);
        let enter = |text: &str| limit.enter(text.parse().expect("an address"));
        let (first, second) = (enter("10.0.0.1"), enter("::ffff:10.0.0.1"));
        assert!(first.is_some() && second.is_some() && enter("10.0.0.1").is_none());
        assert!(enter("10.0.0.2").is_some());
        drop(first);
        assert!(enter("10.0.0.1").is_some());
        let _network = (enter("2001:db8::1"), enter("2001:db8::2"));
        assert!(enter("2001:db8::3").is_none() && enter("2001:db8:0:1::3").is_some());
        let local: Vec<_> = (0..5).map(|_| enter("127.0.0.1")).collect();
        assert!(local.iter().all(Option::is_some), "a proxy on this machine has all its clients");
        let strict = PerAddress::new(1, true);
        let local = "127.0.0.1".parse().expect("an address");
        let _first = strict.enter(local);
        assert!(strict.enter(local).is_none());
    }
}
