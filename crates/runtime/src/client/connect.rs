//! Opening connections: name, TCP, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::Endpoint;
use crate::body::in_words;
use crate::stream::{Stream, tune};

/// How long an address may stay silent before the next one is tried beside it (RFC 8305 section 5
/// recommends 250 ms).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);
/// How long an answer to a name is used again, so that a burst of new connections asks once.
const NAME_KEPT: Duration = Duration::from_secs(5);
/// How long a name may take to resolve where the addresses it had before can be used instead.
const NAME_TIME_MAX: Duration = Duration::from_secs(2);

/// Opens connections to one endpoint.
#[derive(Debug)]
pub(super) struct Connector {
    endpoint: Endpoint,
    known: Mutex<Known>,
}

/// What is known about the endpoint's addresses.
#[derive(Debug, Default)]
struct Known {
    /// What the name last resolved to; kept when it no longer does.
    addresses: Vec<SocketAddr>,
    resolved_at: Option<Instant>,
    /// Where the newest connection went to.
    last_used: Option<IpAddr>,
}

impl Connector {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, known: Mutex::default() }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where the newest connection went to.
    pub(super) fn last_address(&self) -> Option<IpAddr> {
        self.known().last_used
    }

    /// A new connection, under TLS where the endpoint asks for it.
    ///
    /// # Errors
    /// What stood in the way, in words.
    pub(super) async fn connect(&self) -> Result<Stream, String> {
        let addresses = self.addresses().await?;
        let (tcp, address) = connect_any(&addresses).await.map_err(|error| in_words(&error))?;
        self.known().last_used = Some(address.ip());
        tune(&tcp).map_err(|error| in_words(&error))?;
        let Some(config) = self.endpoint.tls() else { return Ok(Stream::Plain(tcp)) };
        let name = ServerName::try_from(self.endpoint.host().to_owned())
            .map_err(|error| error.to_string())?;
        let tls = TlsConnector::from(config).connect(name, tcp).await;
        tls.map(|tls| Stream::Tls(Box::new(tls)))
            .map_err(|error| format!("TLS failed: {}", in_words(&error)))
    }

    /// The endpoint's addresses: of its name now, or before where that fails.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (before, fresh) = {
            let known = self.known();
            let fresh = known.resolved_at.is_some_and(|at| at.elapsed() < NAME_KEPT);
            (known.addresses.clone(), fresh)
        };
        if fresh {
            return Ok(before);
        }
        let found = resolve(host, port, !before.is_empty()).await;
        match found {
            Ok(addresses) => {
                self.remember(addresses.clone());
                Ok(addresses)
            }
            Err(reason) if before.is_empty() => Err(reason),
            Err(reason) => {
                tracing::warn!(host, reason, "using the last good addresses");
                Ok(before)
            }
        }
    }

    /// Keeps what the name resolved to.
    pub(super) fn remember(&self, addresses: Vec<SocketAddr>) {
        let mut known = self.known();
        known.addresses = addresses;
        known.resolved_at = Some(Instant::now());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The addresses of a name; with `have_others` it may not take long.
async fn resolve(host: &str, port: u16, have_others: bool) -> Result<Vec<SocketAddr>, String> {
    let looking = tokio::net::lookup_host((host, port));
    let found = if have_others {
        tokio::time::timeout(NAME_TIME_MAX, looking)
            .await
            .map_err(|_elapsed| format!("name {host} did not resolve in time"))?
    } else {
        looking.await
    };
    let addresses: Vec<_> = found
        .map_err(|error| format!("name {host} did not resolve: {}", in_words(&error)))?
        .collect();
    if addresses.is_empty() { Err(format!("name {host} has no address")) } else { Ok(addresses) }
}

/// A connection to the first of `addresses` that answers. Each is given a head start over the next,
/// so that a dead one costs little.
async fn connect_any(addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
    let mut attempts = FuturesUnordered::new();
    let mut untried = addresses.iter();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let next = untried.next();
        if let Some(&address) = next {
            attempts.push(async move { (TcpStream::connect(address).await, address) });
        }
        let outcome = if next.is_some() && untried.len() > 0 {
            match tokio::time::timeout(NEXT_ADDRESS_AFTER, attempts.next()).await {
                Ok(outcome) => outcome,
                Err(_silent) => continue,
            }
        } else {
            attempts.next().await
        };
        match outcome {
            Some((Ok(stream), address)) => return Ok((stream, address)),
            Some((Err(error), _)) => failure = error,
            None => return Err(failure),
        }
    }
}
