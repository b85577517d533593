//! Listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};
use tokio_rustls::TlsAcceptor;

use super::TlsIdentity;

/// Connections the kernel may hold until they are accepted; the system's own cap (4096 on Linux)
/// applies. Small backlogs drop whole bursts of reconnecting clients for a second each.
const BACKLOG: i32 = 4096;

/// Why a server could not listen; its message names the address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ListenError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system said, in words; "the port is taken" for EADDRINUSE.
    pub reason: String,
}

impl ListenError {
    fn new(address: SocketAddr, error: &io::Error) -> Self {
        let reason = if error.kind() == io::ErrorKind::AddrInUse {
            "the port is taken".to_owned()
        } else if error.kind() == io::ErrorKind::AddrNotAvailable {
            "this machine does not have that address".to_owned()
        } else if error.kind() == io::ErrorKind::PermissionDenied {
            "the system does not allow this port, choose one above 1023".to_owned()
        } else {
            error.to_string()
        };
        Self { address, reason }
    }
}

/// A bound listening socket; clones share it, so that several threads can accept from it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    /// Who we are to clients that come over TLS; they come over plain TCP without it.
    identity: Option<TlsIdentity>,
}

impl Listener {
    /// Binds the address (port 0 picks a free one). A port that a former process has just left can
    /// be had at once; one that a living process listens on cannot.
    ///
    /// # Errors
    /// Where the port is taken or the address is not ours.
    pub fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let socket = listen(address).map_err(|error| ListenError::new(address, &error))?;
        let address = socket.local_addr().map_err(|error| ListenError::new(address, &error))?;
        Ok(Self { socket, address, identity: None })
    }

    /// Has clients come over TLS.
    #[must_use]
    pub fn with_tls(self, identity: TlsIdentity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// Whether clients come over TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.identity.is_some()
    }

    /// What clients are taken over TLS with.
    pub(super) fn tls(&self) -> Option<TlsAcceptor> {
        self.identity.as_ref().map(TlsIdentity::acceptor)
    }

    /// The address that was really bound.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A second handle to the same socket, for another worker thread.
    ///
    /// # Errors
    /// Where the process is out of file descriptors.
    pub fn share(&self) -> Result<Self, ListenError> {
        let socket =
            self.socket.try_clone().map_err(|error| ListenError::new(self.address, &error))?;
        Ok(Self { socket, address: self.address, identity: self.identity.clone() })
    }

    /// Hands the socket to the async runtime of the calling thread.
    pub(super) fn register(self) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.socket)
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
