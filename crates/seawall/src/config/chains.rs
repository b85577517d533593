//! What is public about well-known chains.

use units::Span;

/// The usual time between two blocks of a well-known chain.
///
/// Source: figures published by or about each network as of 2026: the slot time for Ethereum and its
/// test network (12 s) and Gnosis (5 s); the block time for the OP stack, Polygon and Avalanche (2 s),
/// BNB chain since its Fermi upgrade (0.45 s, BEP-619) and Arbitrum (0.25 s). A file that knows better
/// says `block_time`.
pub(super) fn block_time(id: u64) -> Option<Span> {
    match id {
        1 | 11_155_111 => Some(Span::from_secs(12)),
        10 | 137 | 8_453 | 43_114 => Some(Span::from_secs(2)),
        56 => Some(Span::from_millis(450)),
        100 => Some(Span::from_secs(5)),
        42_161 => Some(Span::from_millis(250)),
        _ => None,
    }
}
