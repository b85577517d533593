//! How a file journal is laid out and bounded.

use core::time::Duration;

use crate::batch::RECORD_BYTES_MAX;
use crate::format::{FRAME_BYTES_MAX, FRAME_OVERHEAD_MAX, RECORD_HEAD};

/// How a file journal is laid out and bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a segment. Large ones are changed seldom; small ones leave less to write in advance and to remove late.
    pub segment_bytes: u64,
    /// Records that one sync makes durable at most: what comes after waits for the next one, so that the answers of
    /// a burst come in portions.
    pub frame_records: usize,
    /// Bytes of records that may wait for the disk. Above it, who submits has to wait.
    pub pending_bytes: usize,
    /// After so long without a record the last one is sealed, so that later damage to it cannot look like a torn tail.
    pub seal_after: Duration,
}

impl Settings {
    /// What a venue runs with.
    pub const USUAL: Self = Self {
        segment_bytes: 64 << 20,
        frame_records: 512,
        pending_bytes: 16 << 20,
        seal_after: Duration::from_secs(1),
    };

    /// Least bytes of a segment: a frame as large as it gets, and as much again.
    pub const SEGMENT_BYTES_MIN: u64 = 256 << 10;

    /// Most bytes of a segment: it is read into memory as a whole.
    pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;

    /// The same, with every value in its range.
    pub(crate) fn in_range(self) -> Self {
        Self {
            segment_bytes: self
                .segment_bytes
                .clamp(Self::SEGMENT_BYTES_MIN, Self::SEGMENT_BYTES_MAX)
                .next_multiple_of(4096),
            frame_records: self.frame_records.max(1),
            pending_bytes: self.pending_bytes.max(RECORD_BYTES_MAX),
            seal_after: self.seal_after,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::USUAL
    }
}

const _: () =
    assert!(RECORD_BYTES_MAX + RECORD_HEAD <= FRAME_BYTES_MAX, "a frame holds the largest record");

const _: () = assert!(
    (FRAME_BYTES_MAX + FRAME_OVERHEAD_MAX) as u64 <= Settings::SEGMENT_BYTES_MIN,
    "the smallest segment holds the largest frame"
);
