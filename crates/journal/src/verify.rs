//! Walks a journal without touching it.

use std::path::Path;
use std::sync::Arc;

use crate::disk::{Disk, FolderDisk};
use crate::fault::Fault;
use crate::mark::{Mark, Sequence};
use crate::recovery::{Cut, walk_over};

/// What a journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first record that is still there.
    pub first: Sequence,
    /// The last record.
    pub last: Mark,
    /// How many records there are.
    pub records: u64,
    /// How many segments they are in.
    pub segments: usize,
    /// What would be cut off at the end.
    pub cut: Option<Cut>,
}

/// Walks the journal in a folder from its first record on, and reports the first fault. It changes nothing and takes no
/// lock: of a journal that is being written to it may see an unfinished end.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(folder: &Path) -> Result<Verified, Fault> {
    verify_on(Arc::new(FolderDisk::existing(folder)))
}

/// The same on any disk.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_on(disk: Arc<dyn Disk>) -> Result<Verified, Fault> {
    let (recovered, first, segments) = walk_over(disk)?;
    let (last, records, cut) = (recovered.last, recovered.records, recovered.cut);
    Ok(Verified { first, last, records, segments, cut })
}
