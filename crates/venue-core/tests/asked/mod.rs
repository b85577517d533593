//! What whoever runs a simulation asks for.

/// A number in the environment, such as `SEAWALL_SEEDS`.
#[expect(clippy::disallowed_methods, reason = "which worlds are run is the caller's choice")]
pub(crate) fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
