//! What the threads of a world share: the network behind a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::task::sync::Notify;

use crate::network::Network;

/// What the threads of a world share.
#[derive(Debug)]
pub(crate) struct Shared {
    network: Mutex<Network>,
    wake: Notify,
}

impl Shared {
    /// Shares a network.
    pub(crate) fn new(network: Network) -> Self {
        Self { network: Mutex::new(network), wake: Notify::new() }
    }

    /// The network; held only for short steps, never while code runs.
    pub(crate) fn network(&self) -> MutexGuard<'_, Network> {
        // A panic while the lock was held is a bug, but no reason to take the other nodes down.
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the driver that something may be due sooner than it knew.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Resolves once somebody has told so.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }
}
