//! The configuration under random files.

use fuzz::{CONFIG, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 1_500;

#[test]
fn every_file_is_sound_or_says_why_without_its_secrets() {
    // A file that stops the check, or a message that repeats a key, meets an operator in the middle of an outage.
    hold(&CONFIG, CASES);
}
