//! The readers of contracts' answers under random answers.

use fuzz::{CONTRACT, hold};

/// Cases in the gate: a second without optimization.
const CASES: u64 = 20_000;

#[test]
fn no_answer_of_a_contract_is_a_price_that_it_does_not_say() {
    // Whoever can make a contract answer oddly could set a price, or end the oracle.
    hold(&CONTRACT, CASES);
}
