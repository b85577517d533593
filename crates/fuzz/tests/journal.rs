//! The journal's reader under random files.

use fuzz::{JOURNAL, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 3_000;

#[test]
fn whatever_lies_in_a_segment_is_read_as_the_format_says() {
    // A disk gives back anything; what is then read as a command, or keeps the venue from starting, is ours to answer for.
    hold(&JOURNAL, CASES);
}
