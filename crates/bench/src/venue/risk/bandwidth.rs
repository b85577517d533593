//! How fast one thread reads memory, to compare with.

use std::hint::black_box;
use std::time::Instant;

/// Far more than any cache holds.
const BYTES: usize = 256 << 20;

/// Gigabytes a second: the best of three sums over all of it.
pub(super) fn read() -> f64 {
    let words = vec![1_u64; BYTES / 8];
    let once = || {
        let start = Instant::now();
        black_box(black_box(&words).iter().fold(0_u64, |sum, word| sum.wrapping_add(*word)));
        BYTES as f64 / start.elapsed().as_nanos() as f64
    };
    (0..3).map(|_| once()).fold(0.0, f64::max)
}
