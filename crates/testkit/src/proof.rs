//! Tests that are proofs, too: `cargo xtask proof` runs them in full, and takes what they write down.

use std::env;
use std::fs;

/// A number of a proof: what its environment says, else the larger one where it is run in full.
///
/// # Panics
/// Where the environment says something that is no number.
#[must_use]
pub fn number(variable: &str, sample: usize, whole: usize) -> usize {
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) if is_whole() => whole,
        Err(_) => sample,
    }
}

/// Whether it is run in full.
#[must_use]
pub fn is_whole() -> bool {
    env::var_os("SEAWALL_PROOF").is_some()
}

/// Writes what was measured, as Markdown, to where it is asked for.
///
/// # Panics
/// Where it cannot be written.
pub fn write(table: &str) {
    if let Some(path) = env::var_os("SEAWALL_PROOF_OUT") {
        fs::write(path, table).expect("the proof's table must be writable");
    }
}
