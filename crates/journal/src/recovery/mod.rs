//! Reads a journal and goes on with it.

mod resume;
mod tail;
mod walk;

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::disk::{Disk, FolderDisk, Held};
use crate::fault::Fault;
use crate::file::FileJournal;
use crate::interface::Told;
use crate::mark::{Epoch, Mark, Sequence};
use crate::settings::Settings;

pub use tail::CutKind;
pub use walk::Cut;
use walk::Walk;

/// A record as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place; also its number.
    pub mark: Mark,
    /// The epoch of who wrote it.
    pub epoch: Epoch,
    /// Its kind, as it was given.
    pub kind: u8,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// What recovery has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The last record.
    pub last: Mark,
    /// The epoch of the last record.
    pub epoch: Epoch,
    /// How many records were read.
    pub records: u64,
    /// What was cut off at the end.
    pub cut: Option<Cut>,
}

/// A journal that is being read. Nothing is changed until [`start`](Self::start).
#[derive(Debug)]
pub struct Recovery {
    disk: Arc<dyn Disk>,
    lock: Box<dyn Held>,
    walk: Walk,
    records: u64,
}

impl Recovery {
    /// Opens the journal in a folder, which is made where it is not there, to read what is after a place: a snapshot's,
    /// or [`Mark::GENESIS`].
    ///
    /// # Errors
    /// Where another process has it, or something is wrong with it.
    pub fn open(folder: &Path, after: Mark) -> Result<Self, Fault> {
        let disk = FolderDisk::new(folder)
            .map_err(|error| Fault::disk("make", &folder.to_string_lossy(), error))?;
        Self::open_on(Arc::new(disk), after)
    }

    /// The same on any disk.
    ///
    /// # Errors
    /// Where another process has it, or something is wrong with it.
    pub fn open_on(disk: Arc<dyn Disk>, after: Mark) -> Result<Self, Fault> {
        let lock = disk.lock().map_err(|error| {
            if error.kind() == io::ErrorKind::WouldBlock {
                return Fault::Locked;
            }
            Fault::disk("lock", "the folder", error)
        })?;
        Ok(Self { walk: Walk::new(Arc::clone(&disk), Some(after))?, disk, lock, records: 0 })
    }

    /// Reads the next record; none at the end.
    ///
    /// # Errors
    /// Where something is wrong with the journal; it cannot be read on, and nothing was changed.
    pub fn read(&mut self) -> Result<Option<Record<'_>>, Fault> {
        let Some(found) = self.walk.next()? else { return Ok(None) };
        self.records = self.records.saturating_add(1);
        let payload = self.walk.payload(&found);
        Ok(Some(Record { mark: found.mark, epoch: self.walk.epoch, kind: found.kind, payload }))
    }

    /// What was found so far; at the end, all.
    #[must_use]
    pub fn recovered(&self) -> Recovered {
        Recovered {
            last: self.walk.head,
            epoch: self.walk.epoch,
            records: self.records,
            cut: self.walk.cut.clone(),
        }
    }

    /// Goes on behind the last record, as the writer of this epoch; what has not been read yet is checked first. What a
    /// power cut left unfinished is cut off.
    ///
    /// # Errors
    /// Where something is wrong with the journal, or somebody with a higher epoch wrote to it, or the disk fails.
    pub fn start(
        mut self,
        settings: Settings,
        epoch: Epoch,
        told: Told,
    ) -> Result<(FileJournal, Recovered), Fault> {
        while self.read()?.is_some() {}
        let recovered = self.recovered();
        if epoch < recovered.epoch {
            return Err(Fault::Fenced { last: recovered.epoch, wanted: epoch });
        }
        let start = resume::resume(self, settings.in_range(), epoch)?;
        let journal = FileJournal::start(start, told)
            .map_err(|error| Fault::disk("start a thread for", "the journal", error))?;
        Ok((journal, recovered))
    }
}

/// Walks over a journal that nobody holds, and changes nothing.
pub(crate) fn walk_over(disk: Arc<dyn Disk>) -> Result<(Recovered, Sequence, usize), Fault> {
    let mut walk = Walk::new(disk, None)?;
    let mut records = 0_u64;
    while walk.next()?.is_some() {
        records = records.saturating_add(1);
    }
    let first = walk.segments.first().map_or(Sequence::ZERO, |(_, first)| *first);
    let recovered =
        Recovered { last: walk.head, epoch: walk.epoch, records, cut: walk.cut.clone() };
    Ok((recovered, first, walk.segments.len()))
}
