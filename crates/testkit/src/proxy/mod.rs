//! A fault proxy: an HTTP server in front of one node, which spoils what passes as it is told.

mod crowd;
mod fault;
mod lie;
mod serve;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use fault::{Break, Fault};

use crate::fleet::Fleet;
use crate::tools;
use serve::State;

/// A running proxy; it ends with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy in front of one node of a fleet.
    ///
    /// # Panics
    /// Where there is no free port.
    #[must_use]
    pub fn of(fleet: &Fleet, node: usize) -> Self {
        let state = State::new(fleet.address(node), Some((fleet.gates(), node)));
        Self::start(state)
    }

    /// A proxy in front of any JSON-RPC server.
    ///
    /// # Panics
    /// Where there is no free port.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        Self::start(State::new(target, None))
    }

    fn start(state: State) -> Self {
        let address = tools::free_address();
        let state = Arc::new(state);
        let acceptor = {
            let state = Arc::clone(&state);
            thread::spawn(move || serve::accept(address, &state))
        };
        let proxy = Self { address, state, acceptor: Some(acceptor) };
        proxy.await_listening(true);
        proxy
    }

    fn await_listening(&self, wanted: bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.state.is_listening.load(Ordering::SeqCst) != wanted {
            assert!(Instant::now() < deadline, "the proxy cannot bind {}", self.address);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what it does from now on. Calls that hang are dropped when another fault is set.
    ///
    /// # Panics
    /// Where the port is needed again and somebody else took it.
    pub fn set(&self, fault: Fault) {
        let refuses = fault == Fault::Refuse;
        self.state.set(fault);
        self.await_listening(!refuses);
    }

    /// How often the node before which it stands fell under [`Fault::Frail`].
    #[must_use]
    pub fn falls(&self) -> u64 {
        self.state.crowd.falls()
    }

    /// The most requests that were there at once under [`Fault::Frail`].
    #[must_use]
    pub fn crowd_max(&self) -> usize {
        self.state.crowd.most()
    }

    /// Makes `web3_clientVersion` give this text; `None` for the node's own.
    pub fn set_client_version(&self, version: Option<&str>) {
        *self.state.client_version.lock().unwrap_or_else(PoisonError::into_inner) =
            version.map(str::to_owned);
    }

    /// Makes `finalized` mean the node's block of this number; `None` for what the node says itself.
    pub fn set_finalized(&self, number: Option<u64>) {
        *self.state.finalized.lock().unwrap_or_else(PoisonError::into_inner) = number;
    }

    /// How many calls of each method have come, batch items counted one by one.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.state.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls of one method have come.
    #[must_use]
    pub fn count(&self, method: &str) -> u64 {
        self.counts().get(method).copied().unwrap_or(0)
    }

    /// How many HTTP requests have come.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.stop();
        if let Some(acceptor) = self.acceptor.take()
            && acceptor.join().is_err()
            && !thread::panicking()
        {
            panic!("a proxy panicked");
        }
    }
}
