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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::process::Command;
    use std::task::Poll;

    use super::*;

    #[test]
    fn a_stop_asked_by_the_service_manager_must_reach_us_and_not_kill_calls_in_flight() {
        crate::task::block_on(async {
            let mut stop = pin!(stop_requested());
            let waits = poll_fn(|cx| Poll::Ready(stop.as_mut().poll(cx).is_pending())).await;
            assert!(waits, "nobody has asked yet");
            let kill = format!("kill -TERM {}", std::process::id());
            assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
            stop.await;
        });
    }
}
