//! The venue under random commands.

use fuzz::{VENUE, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 300;

#[test]
fn whatever_the_commands_no_money_is_made_or_lost() {
    // A command that breaks the venue's books, or ends it, is there for anybody to send.
    hold(&VENUE, CASES);
}
