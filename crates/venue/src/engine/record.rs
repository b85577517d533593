//! What the journal's records hold.

use journal::{Batch, TooLarge};
use machine::{Codec, CodecError, codec_struct, decode_all};
use venue_views::Entry;

/// The kind of a record that is an entry.
pub(super) const ENTRY: u8 = 1;

/// The kind of a record that is a digest.
pub(super) const DIGEST: u8 = 2;

/// The state's digest after so many commands of the core, by which a replay is held to what was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DigestRecord {
    pub(super) commands: u64,
    pub(super) digest: [u8; 32],
}

codec_struct! { DigestRecord { commands, digest } }

/// Appends an entry to a batch.
pub(super) fn push_entry(batch: &mut Batch, entry: &Entry) -> Result<(), TooLarge> {
    batch.push_with(ENTRY, |bytes| entry.encode(bytes))
}

/// Appends a digest to a batch.
pub(super) fn push_digest(batch: &mut Batch, digest: &DigestRecord) -> Result<(), TooLarge> {
    batch.push_with(DIGEST, |bytes| digest.encode(bytes))
}

/// Reads an entry.
pub(super) fn read_entry(payload: &[u8]) -> Result<Entry, CodecError> {
    decode_all(payload)
}

/// Reads a digest.
pub(super) fn read_digest(payload: &[u8]) -> Result<DigestRecord, CodecError> {
    decode_all(payload)
}
