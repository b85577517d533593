//! The bytes of a segment: its head, the frames in it, and the chain over their records. `docs/journal.md` says the same
//! in words.

use sha2::{Digest as _, Sha256};

use crate::mark::{Epoch, Mark, Sequence};

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// Where heads and frames begin: multiples of this, so that a head never lies across two sectors.
pub const FRAME_ALIGN: usize = HEAD;

/// Most bytes of a frame's records: what makes it larger goes to the next one. Half a thousand commands with their
/// labels.
pub(crate) const FRAME_BYTES_MAX: usize = 128 << 10;

/// Bytes of the head of a segment or of a frame.
pub(crate) const HEAD: usize = 64;

/// Bytes before a record's payload: its length and its kind.
pub(crate) const RECORD_HEAD: usize = 5;

/// What ends a segment's head. No byte is zero, so that a head that was cut can be told from one that was changed.
const SEGMENT_MARKER: [u8; 4] = *b"SWJS";

/// What ends a frame's head.
const FRAME_MARKER: [u8; 4] = *b"SWJF";

/// What ends a frame, for the same reason.
pub(crate) const FRAME_END: [u8; 4] = *b"END\n";

/// What a disk writes as a whole or not at all. Those that write more at once keep this promise, too.
pub(crate) const SECTOR: usize = 512;

/// What a segment and a frame take beside the records.
pub(crate) const FRAME_OVERHEAD_MAX: usize = 2 * HEAD + FRAME_END.len() + FRAME_ALIGN;

/// The head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHead {
    pub(crate) version: u32,
    pub(crate) index: u64,
    /// The place that the segment continues from.
    pub(crate) after: Mark,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// Bytes of the records, without end and padding.
    pub(crate) length: u32,
    /// Of records, end and padding.
    pub(crate) crc: u32,
    pub(crate) epoch: Epoch,
    /// The place that the frame continues from.
    pub(crate) after: Mark,
}

impl SegmentHead {
    pub(crate) fn write(&self) -> [u8; HEAD] {
        let mut first = [0; 8];
        first[..4].copy_from_slice(&self.version.to_le_bytes());
        head(&first, self.index, self.after, SEGMENT_MARKER)
    }

    /// Reads a head; none where the bytes are not those of one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = whole(bytes, SEGMENT_MARKER)?;
        Some(Self { version: u32_at(bytes, 0), index: u64_at(bytes, 8), after: after(bytes)? })
    }
}

impl FrameHead {
    pub(crate) fn write(&self) -> [u8; HEAD] {
        let mut first = [0; 8];
        first[..4].copy_from_slice(&self.length.to_le_bytes());
        first[4..].copy_from_slice(&self.crc.to_le_bytes());
        head(&first, self.epoch.get(), self.after, FRAME_MARKER)
    }

    /// Reads a head; none where the bytes are not those of one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = whole(bytes, FRAME_MARKER)?;
        Some(Self {
            length: u32_at(bytes, 0),
            crc: u32_at(bytes, 4),
            epoch: Epoch::new(u64_at(bytes, 8)),
            after: after(bytes)?,
        })
    }

    /// Bytes up to and with its end, without padding.
    pub(crate) const fn bare_bytes(&self) -> usize {
        HEAD.saturating_add(self.length as usize).saturating_add(FRAME_END.len())
    }

    /// Bytes that the frame takes in the segment.
    pub(crate) const fn bytes(&self) -> usize {
        self.bare_bytes().saturating_add(FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN
    }
}

/// Both heads have the same layout, so that what may follow a place can be recognised in either.
fn head(first: &[u8; 8], second: u64, after: Mark, marker: [u8; 4]) -> [u8; HEAD] {
    let mut bytes = [0; HEAD];
    bytes[..8].copy_from_slice(first);
    bytes[8..16].copy_from_slice(&second.to_le_bytes());
    bytes[16..24].copy_from_slice(&after.sequence.next().get().to_le_bytes());
    bytes[24..56].copy_from_slice(&after.hash);
    let crc = head_crc(&bytes[..56], marker);
    bytes[56..60].copy_from_slice(&crc.to_le_bytes());
    bytes[60..].copy_from_slice(&marker);
    bytes
}

fn head_crc(bytes: &[u8], marker: [u8; 4]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(bytes), &marker)
}

/// The bytes of a head, where its marker and its checksum are right.
fn whole(bytes: &[u8], marker: [u8; 4]) -> Option<&[u8; HEAD]> {
    let bytes: &[u8; HEAD] = bytes.first_chunk()?;
    let right = bytes[60..] == marker && u32_at(bytes, 56) == head_crc(&bytes[..56], marker);
    right.then_some(bytes)
}

/// The place that a head continues from; none for a sequence number that no record has.
fn after(bytes: &[u8; HEAD]) -> Option<Mark> {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[24..56]);
    Some(Mark { sequence: Sequence::new(u64_at(bytes, 16).checked_sub(1)?), hash })
}

fn u32_at(bytes: &[u8; HEAD], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn u64_at(bytes: &[u8; HEAD], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

/// Whether bytes that are no head any more were one that continues from here: most of its hash is still there.
pub(crate) fn was_head_after(bytes: &[u8], after: Mark) -> bool {
    let Some(hash) = bytes.get(24..56) else { return false };
    // What was never written is zeros, which is also what the first place's hash is: it says nothing then.
    let same = hash.iter().zip(after.hash).filter(|(found, expected)| **found == *expected).count();
    let marker = bytes.get(60..HEAD).unwrap_or_default();
    let marked = [SEGMENT_MARKER, FRAME_MARKER]
        .iter()
        .any(|known| known.iter().zip(marker).filter(|(known, found)| known == found).count() >= 3);
    same >= 24 && marked
}

/// The first record in these bytes: its kind and its payload; none where they hold no whole one.
pub(crate) fn read_record(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (kind, rest) = rest.split_first()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some((*kind, rest.get(..length)?))
}

/// The hash of the chain after one more record.
pub(crate) fn chain(before: Mark, epoch: Epoch, kind: u8, payload: &[u8]) -> Mark {
    let sequence = before.sequence.next();
    let mut fixed = [0; 49];
    fixed[..32].copy_from_slice(&before.hash);
    fixed[32..40].copy_from_slice(&epoch.get().to_le_bytes());
    fixed[40..48].copy_from_slice(&sequence.get().to_le_bytes());
    fixed[48] = kind;
    let mut hasher = Sha256::new();
    hasher.update(fixed);
    hasher.update(payload);
    Mark { sequence, hash: hasher.finalize().into() }
}

/// Whether all bytes are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; 4096] = [0; 4096];
    bytes.chunks(ZEROS.len()).all(|chunk| Some(chunk) == ZEROS.get(..chunk.len()))
}

/// Where the last byte that is not zero ends; the beginning where all are.
pub(crate) fn used(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    for chunk in bytes.rchunks(4096) {
        if !is_zero(chunk) {
            let last = chunk.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            return end - chunk.len() + last;
        }
        end -= chunk.len();
    }
    0
}

/// The name of a segment's file.
pub(crate) fn segment_name(index: u64) -> String {
    format!("segment-{index:010}")
}

/// The segment that a file of this name is.
pub(crate) fn segment_index(name: &str) -> Option<u64> {
    let index = name.strip_prefix("segment-")?.parse().ok()?;
    (segment_name(index) == name).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        chain(Mark::GENESIS, Epoch::new(3), 7, b"payload")
    }

    #[test]
    fn a_head_with_any_bit_changed_is_none_but_was_one() {
        // A head that was changed and read as another one would cut or skip good records.
        let head = FrameHead { length: 9, crc: 8, epoch: Epoch::new(3), after: mark() };
        let bytes = head.write();
        assert_eq!(FrameHead::read(&bytes), Some(head));
        for bit in 0..HEAD * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHead::read(&changed), None, "bit {bit}");
            assert!(was_head_after(&changed, mark()), "bit {bit}");
        }
        assert!(!was_head_after(&[0; HEAD], Mark::GENESIS), "noughts are no head");
    }

    #[test]
    fn the_chain_knows_every_part_of_a_record() {
        // A part that is not hashed could be changed without anybody seeing it.
        let place = mark();
        let epoch = Epoch::new(1);
        let hash = chain(place, epoch, 1, b"ab").hash;
        let earlier = Mark { sequence: Sequence::new(9), ..place };
        let other = Mark { hash: [1; 32], ..place };
        for changed in [
            chain(earlier, epoch, 1, b"ab"),
            chain(other, epoch, 1, b"ab"),
            chain(place, Epoch::new(2), 1, b"ab"),
            chain(place, epoch, 2, b"ab"),
            chain(place, epoch, 1, b"ac"),
        ] {
            assert_ne!(changed.hash, hash);
        }
    }

    #[test]
    fn what_is_used_ends_with_the_last_byte() {
        // What is not seen is not cut, and would lie under the next record.
        let mut bytes = vec![0; 10_000];
        assert_eq!(used(&bytes), 0);
        for at in [0, 1, 5_807, 5_808, 9_999] {
            bytes[at] = 1;
            assert_eq!(used(&bytes), at + 1);
        }
    }
}
