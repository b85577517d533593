//! A block's bloom filter of log addresses and topics.
//!
//! Source: Ethereum yellow paper, section 4.4.1.

use alloy_primitives::{Bloom, BloomInput};

/// Whether a block with this bloom filter may hold a log with this address or topic.
pub(super) fn may_hold(bloom: &[u8; 256], part: &[u8]) -> bool {
    Bloom::from(bloom).contains_input(BloomInput::Raw(part))
}
