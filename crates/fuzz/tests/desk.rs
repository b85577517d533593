//! The readers of the venue's shell under random inputs.

use fuzz::{DESK, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 4_000;

#[test]
fn what_the_venue_reads_has_one_spelling_and_ends_nothing() {
    // A record, a snapshot or an oracle's word that ends the engine's thread ends the venue.
    hold(&DESK, CASES);
}
