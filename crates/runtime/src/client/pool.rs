//! The pool of connections that are kept alive.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::Connection;

/// Most idle connections a pool holds; the ones unused for longest are closed first. As many as a worker's
/// clients have calls under way when there are a thousand of them: a smaller pool would open and close
/// connections all the time.
const IDLE_COUNT_MAX: usize = 1_024;
/// How long a connection may have been idle to be used again. Servers and balancers close after a
/// minute or so; staying well below makes the race with their close rare.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);

/// Idle connections, the last used at the back. One that its server closes is noticed when it is wanted;
/// until then it costs a descriptor.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<VecDeque<Idle>>,
}

#[derive(Debug)]
struct Idle {
    /// Apart, for its size: a call in flight would carry it about.
    connection: Box<Connection>,
    since: Instant,
}

impl Pool {
    /// The connection used last that can still be used; those that cannot are closed on the way.
    pub(super) async fn take(&self) -> Option<Box<Connection>> {
        loop {
            let mut connection = self.pop()?;
            if connection.is_quiet().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose call has ended for the next one, where it can take one.
    pub(super) fn put(&self, connection: Box<Connection>) {
        if !connection.is_open() {
            return;
        }
        let now = Instant::now();
        let mut idle = self.idle();
        close_old(&mut idle, now);
        if idle.len() >= IDLE_COUNT_MAX {
            idle.pop_front();
        }
        idle.push_back(Idle { connection, since: now });
    }

    fn pop(&self) -> Option<Box<Connection>> {
        let mut idle = self.idle();
        close_old(&mut idle, Instant::now());
        idle.pop_back().map(|idle| idle.connection)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn close_old(idle: &mut VecDeque<Idle>, now: Instant) {
    while idle.front().is_some_and(|oldest| now.duration_since(oldest.since) > IDLE_TIME_MAX) {
        idle.pop_front();
    }
}
