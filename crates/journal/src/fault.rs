//! What can be wrong with a journal.

use std::io;

use thiserror::Error;

use crate::mark::{Epoch, Hex, Sequence};

/// What is wrong with a journal. Nothing was changed; whoever finds one looks at the files before they do anything else.
#[derive(Debug, Error)]
pub enum Fault {
    /// The disk failed.
    #[error("{what} {file}: {error}")]
    Disk {
        /// What was tried.
        what: &'static str,
        /// On which file.
        file: String,
        /// What the disk said.
        error: io::Error,
    },
    /// The disk is full.
    #[error("no room on the disk for {file}: it takes {bytes} bytes")]
    Full {
        /// Which file was to be made.
        file: String,
        /// How large it is.
        bytes: u64,
    },
    /// Another process has the journal open.
    #[error("another process has the journal open")]
    Locked,
    /// Bytes are not what was written.
    #[error("{file} is damaged at byte {offset}, where record {expected} was expected: {damage}")]
    Damaged {
        /// In which file.
        file: String,
        /// From where on.
        offset: u64,
        /// The record that was expected there.
        expected: Sequence,
        /// What was found.
        damage: Damage,
    },
    /// Records are missing, or there twice.
    #[error("{file} goes on with record {found} at byte {offset}, where {expected} was expected")]
    Gap {
        /// In which file.
        file: String,
        /// Where.
        offset: u64,
        /// The record that was expected.
        expected: Sequence,
        /// The record that is there.
        found: Sequence,
    },
    /// What is there follows other records.
    #[error(
        "record {sequence} in {file} at byte {offset} follows {}, and the one before it has {}",
        Hex(found),
        Hex(expected)
    )]
    Chain {
        /// In which file.
        file: String,
        /// Where.
        offset: u64,
        /// The record.
        sequence: Sequence,
        /// The hash of the record before.
        expected: Box<[u8; 32]>,
        /// The hash that it names.
        found: Box<[u8; 32]>,
    },
    /// A record comes from a writer that had been replaced.
    #[error("record {sequence} in {file} at byte {offset} is of epoch {found}, after epoch {last}")]
    Epoch {
        /// In which file.
        file: String,
        /// Where.
        offset: u64,
        /// The record.
        sequence: Sequence,
        /// The epoch of the records before.
        last: Epoch,
        /// Its epoch.
        found: Epoch,
    },
    /// Another version of this program wrote it.
    #[error("{file} has format version {found}, and this program reads version {known}")]
    Version {
        /// Which file.
        file: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A segment is not there.
    #[error("{file} is missing")]
    Missing {
        /// Which file.
        file: String,
    },
    /// The journal begins later than is asked for.
    #[error("the journal begins with record {first}, and {wanted} is needed")]
    Begins {
        /// Its first record.
        first: Sequence,
        /// The record that is asked for.
        wanted: Sequence,
    },
    /// The journal ends before the snapshot that it is to be read after.
    #[error("the journal ends with record {last}, before the snapshot of {wanted}")]
    Behind {
        /// Its last record.
        last: Sequence,
        /// The record of the snapshot.
        wanted: Sequence,
    },
    /// The snapshot was made of other records.
    #[error(
        "the snapshot of record {sequence} has {}, and the journal has {} there",
        Hex(expected),
        Hex(found)
    )]
    OtherHash {
        /// The record.
        sequence: Sequence,
        /// The hash that the snapshot has.
        expected: Box<[u8; 32]>,
        /// The hash that the journal has.
        found: Box<[u8; 32]>,
    },
    /// Somebody with a higher epoch has written.
    #[error("the journal was written to by epoch {last}, and {wanted} is not above it")]
    Fenced {
        /// The epoch of the last records.
        last: Epoch,
        /// The epoch that was to write.
        wanted: Epoch,
    },
}

/// How bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// They are not those of a frame, and good ones follow.
    #[error("what is there is no frame, and good frames follow")]
    BeforeGood,
    /// They were those of a frame, as a whole, and changed later; a power cut does not do that.
    #[error("what is there was written as a whole and changed later")]
    Changed,
    /// The checksum is right and the contents are not.
    #[error("the frame holds no whole records")]
    Contents,
    /// They are those of another segment.
    #[error("what is there belongs to segment {0}")]
    OtherSegment(u64),
}

impl Fault {
    /// The disk failed.
    pub(crate) fn disk(what: &'static str, file: &str, error: io::Error) -> Self {
        Self::Disk { what, file: file.to_owned(), error }
    }
}

/// Whether the disk said that it is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
