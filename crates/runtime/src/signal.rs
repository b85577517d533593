//! Process signals.

/// Resolves when the process is asked to end (SIGINT or SIGTERM).
pub async fn stop_requested() {
    unimplemented!()
}
