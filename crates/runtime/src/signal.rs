//! Process signals.

use std::future::pending;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process is asked to end (SIGINT or SIGTERM).
/// From the first call on, these signals no longer end the process by themselves.
pub async fn stop_requested() {
    tokio::select! {
        () = received(SignalKind::interrupt()) => {}
        () = received(SignalKind::terminate()) => {}
    }
}

/// Resolves on the first signal of `kind`; never where the system refuses to report it, in which
/// case the signal keeps its default effect and ends the process.
async fn received(kind: SignalKind) {
    let outcome: io::Result<()> = async {
        signal(kind)?.recv().await;
        Ok(())
    }
    .await;
    if let Err(error) = outcome {
        tracing::warn!(?kind, %error, "signal cannot be watched");
        pending::<()>().await;
    }
}
