//! Frames that wait for the disk.

use std::collections::VecDeque;

use crate::format::{
    FRAME_ALIGN, FRAME_BYTES_MAX, FRAME_END, FrameHead, HEAD, SegmentHead, VERSION,
};
use crate::mark::{Epoch, Mark};

/// Bytes of the buffers that are kept to be used again, in all.
const KEPT: usize = 4 << 20;

/// Records that will be written and synced together, with room before them for both heads.
#[derive(Debug)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    records: usize,
    epoch: Epoch,
    after: Mark,
    pub(crate) last: Mark,
}

impl Frame {
    pub(crate) fn new(mut bytes: Vec<u8>, epoch: Epoch, after: Mark) -> Self {
        bytes.clear();
        bytes.resize(2 * HEAD, 0);
        Self { bytes, records: 0, epoch, after, last: after }
    }

    /// Bytes of its records.
    pub(crate) const fn length(&self) -> usize {
        self.bytes.len() - 2 * HEAD
    }

    /// Writes end, padding and head, and returns what goes to the disk.
    pub(crate) fn finish(&mut self) -> &[u8] {
        let length = u32::try_from(self.length()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&FRAME_END);
        self.bytes.resize(self.bytes.len().next_multiple_of(FRAME_ALIGN), 0);
        let crc = crc32c::crc32c(self.bytes.get(2 * HEAD..).unwrap_or_default());
        let head = FrameHead { length, crc, epoch: self.epoch, after: self.after };
        if let Some(place) = self.bytes.get_mut(HEAD..2 * HEAD) {
            place.copy_from_slice(&head.write());
        }
        self.bytes.get(HEAD..).unwrap_or_default()
    }

    /// The same once it is finished, as the first of a segment.
    pub(crate) fn with_segment(&mut self, index: u64) -> &[u8] {
        let head = SegmentHead { version: VERSION, index, after: self.after };
        if let Some(place) = self.bytes.get_mut(..HEAD) {
            place.copy_from_slice(&head.write());
        }
        &self.bytes
    }

    pub(crate) const fn first(&self) -> crate::mark::Sequence {
        self.after.sequence.next()
    }
}

/// Frames in order; the last may still grow.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    waiting: VecDeque<Frame>,
    kept: Vec<Vec<u8>>,
    kept_bytes: usize,
    /// Bytes of records in all that wait.
    pub(crate) bytes: usize,
}

impl Frames {
    /// Adds a record: its bytes in a frame, and the place that it gets.
    pub(crate) fn push(
        &mut self,
        records_max: usize,
        epoch: Epoch,
        before: Mark,
        bytes: &[u8],
        place: Mark,
    ) {
        let fits = self.waiting.back().is_some_and(|frame| {
            frame.epoch == epoch
                && frame.records < records_max
                && frame.length() + bytes.len() <= FRAME_BYTES_MAX
        });
        if !fits {
            let buffer = self.kept.pop().unwrap_or_default();
            self.kept_bytes = self.kept_bytes.saturating_sub(buffer.capacity());
            self.waiting.push_back(Frame::new(buffer, epoch, before));
        }
        if let Some(frame) = self.waiting.back_mut() {
            frame.bytes.extend_from_slice(bytes);
            frame.records += 1;
            frame.last = place;
            self.bytes += bytes.len();
        }
    }

    /// Takes the first; it is closed then.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        self.waiting.pop_front()
    }

    /// Gives a buffer back, with the bytes of records that were in it.
    pub(crate) fn recycle(&mut self, frame: Frame, length: usize) {
        self.bytes = self.bytes.saturating_sub(length);
        if self.kept_bytes < KEPT {
            self.kept_bytes += frame.bytes.capacity();
            self.kept.push(frame.bytes);
        }
    }

    /// Drops all that waits.
    pub(crate) fn drop_all(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }
}
