//! A server on a thread of its own, which can be ended as thoroughly as a process: for practice, where that is the point.

use std::sync::Arc;

use tokio::sync::oneshot;
use units::Span;

use super::{Handler, Limits, Listener, serve};
use crate::{clock, task};

/// How long a kill waits for the thread, which may be running someone's long call.
const KILL_WAIT: Span = Span::from_secs(2);
/// How often it looks.
const KILL_POLL: Span = Span::from_millis(1);

/// A running server.
#[derive(Debug)]
pub struct KillableServer {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl KillableServer {
    /// Serves from `listener` on a thread of this name.
    ///
    /// # Panics
    /// Where the system refuses another thread.
    pub fn start<H: Handler>(
        name: &str,
        listener: Listener,
        limits: Limits,
        handler: Arc<H>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = task::spawn_thread(name, move || async move {
            // The runtime ends with this future and takes every connection with it at once.
            tokio::select! {
                () = serve(listener, limits, handler, std::future::pending()) => {}
                _ = stopped => {}
            }
        });
        Self { stop, thread }
    }

    /// Closes the listener and all connections; returns once they are closed.
    pub async fn kill(self) {
        let Self { stop, thread } = self;
        // Dropping the sender is what the thread waits for.
        drop(stop);
        let give_up = clock::now().after(KILL_WAIT);
        while !thread.is_finished() && clock::now() < give_up {
            clock::sleep(KILL_POLL).await;
        }
    }
}
