//! Opening connections: name, TCP, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use super::Endpoint;
use super::names::Names;
use crate::stream::{Stream, tune};
use crate::words::in_words;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305 section 5
/// recommends 250 ms).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);
/// Opens connections to one endpoint.
#[derive(Debug)]
pub(super) struct Connector {
    endpoint: Endpoint,
    names: Arc<Names>,
    /// Where the newest connection went to.
    last_used: Mutex<Option<IpAddr>>,
}

impl Connector {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self::over(endpoint, Names::of_process())
    }

    /// A connector that learns addresses from `names`.
    pub(super) fn over(endpoint: Endpoint, names: Arc<Names>) -> Self {
        Self { endpoint, names, last_used: Mutex::default() }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where the newest connection went to.
    pub(super) fn last_address(&self) -> Option<IpAddr> {
        *self.last_used()
    }

    /// Why the endpoint's name does not resolve at present, while connections go to its last good addresses.
    pub(super) fn name_failure(&self) -> Option<String> {
        let host = self.endpoint.host();
        if host.parse::<IpAddr>().is_ok() { None } else { self.names.failure(host) }
    }

    /// A new connection, under TLS where the endpoint asks for it.
    ///
    /// # Errors
    /// What stood in the way, in words.
    pub(super) async fn connect(&self) -> Result<Stream, String> {
        let addresses = self.addresses().await?;
        let (tcp, address) = connect_any(&addresses, self.endpoint.source())
            .await
            .map_err(|error| in_words(&error))?;
        *self.last_used() = Some(address.ip());
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
        let found = self.names.addresses(host).await?;
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    fn last_used(&self) -> MutexGuard<'_, Option<IpAddr>> {
        self.last_used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to the first of `addresses` that answers. Each is given a head start over the next,
/// so that a dead one costs little.
async fn connect_any(
    addresses: &[SocketAddr],
    source: Option<IpAddr>,
) -> io::Result<(TcpStream, SocketAddr)> {
    let mut attempts = FuturesUnordered::new();
    let mut untried = addresses.iter();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let next = untried.next();
        if let Some(&address) = next {
            attempts.push(async move { (connect_one(address, source).await, address) });
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

/// A connection to an address, from one of this machine's where it matters.
async fn connect_one(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(address).await };
    let socket = if source.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(address).await
}
