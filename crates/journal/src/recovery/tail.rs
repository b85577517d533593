//! What is behind the last good frame: nothing, what a power cut left of an unfinished write, or damage.
//!
//! Every write is synced before the next one, and segments are zeros to begin with. So after a power cut only the last
//! write can be unfinished, and each sector of it holds either zeros or what was written. A crash of the process alone
//! leaves a beginning of it. Whatever looks otherwise was not left by a power cut, and nothing is cut then: it may have
//! been acknowledged.

use crate::fault::Damage;
use crate::format::{
    FRAME_ALIGN, FrameHead, HEAD, SECTOR, SegmentHead, is_zero, used, was_head_after,
};
use crate::mark::Mark;

/// What is behind the last good frame of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Zeros.
    Empty,
    /// Bytes, up to here, that may be cut.
    Torn(usize, CutKind),
    /// Bytes that may not.
    Damaged(Damage),
}

/// What was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutKind {
    /// The beginning or some sectors of a write that was never finished, and so never acknowledged.
    Unfinished,
    /// Bytes that no writer of this journal has written.
    Garbage,
}

/// Looks at what begins at `at`, where what follows `head` was expected.
pub(super) fn judge(bytes: &[u8], at: usize, head: Mark) -> Rest {
    let rest = bytes.get(at..).unwrap_or_default();
    let used = used(rest);
    if used == 0 {
        return Rest::Empty;
    }
    let frame = FrameHead::read(rest);
    let behind = at.saturating_add(frame.map_or(FRAME_ALIGN, |frame| frame.bytes()));
    if good_follow(bytes, behind) {
        return Rest::Damaged(Damage::BeforeGood);
    }
    let end = at.saturating_add(used);
    if let Some(frame) = frame {
        let unfinished = is_unfinished(bytes, at, at.saturating_add(frame.bare_bytes()));
        return if unfinished {
            Rest::Torn(end, CutKind::Unfinished)
        } else {
            Rest::Damaged(Damage::Changed)
        };
    }
    // Without the last byte of its head a write is unfinished, or its first sector was lost.
    if rest.get(HEAD - 1).is_none_or(|last| *last == 0) {
        return Rest::Torn(end, CutKind::Unfinished);
    }
    if was_head_after(rest, head) || SegmentHead::read(rest).is_some() {
        return Rest::Damaged(Damage::Changed);
    }
    Rest::Torn(end, CutKind::Garbage)
}

/// Whether a head of a frame is at or behind this place.
fn good_follow(bytes: &[u8], from: usize) -> bool {
    let rest = bytes.get(from..).unwrap_or_default();
    let rest = rest.get(..used(rest).next_multiple_of(FRAME_ALIGN)).unwrap_or(rest);
    rest.chunks(FRAME_ALIGN).any(|chunk| FrameHead::read(chunk).is_some())
}

/// Whether a frame lacks its end, or a sector.
fn is_unfinished(bytes: &[u8], from: usize, to: usize) -> bool {
    let Some(frame) = bytes.get(from..to) else { return true };
    let first = SECTOR - from % SECTOR;
    let (first, others) = frame.split_at(first.min(frame.len()));
    frame.last().is_none_or(|last| *last == 0)
        || is_zero(first)
        || others.chunks(SECTOR).any(is_zero)
}
