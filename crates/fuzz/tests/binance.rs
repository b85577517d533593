//! The readers of the Binance surface under random texts.

use fuzz::{BINANCE, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 3_000;

#[test]
fn whatever_is_sent_is_refused_or_read_as_it_was_meant() {
    // What ends a reader ends the venue for everybody, and anybody may send it.
    hold(&BINANCE, CASES);
}
