//! The block tree under random trees and arrivals.

use fuzz::{BLOCK_TREE, hold};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 200;

#[test]
fn the_tree_says_what_a_list_of_headers_says() {
    // A wrong fork point or ancestor lets a quarantined branch pass for the chain.
    hold(&BLOCK_TREE, CASES);
}
