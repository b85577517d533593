//! Snapshots: what the records up to some place have made, so that a start need not read all of them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::disk::{Disk, FolderDisk};
use crate::fault::{Fault, is_full};
use crate::mark::{Mark, Sequence};

/// How many snapshots are kept: where the newest is broken, there is one more.
pub const SNAPSHOTS_KEPT: usize = 2;

/// What a snapshot's file begins with.
const MAGIC: [u8; 8] = *b"SWJSNAP\n";

/// The version of the format.
const VERSION: u32 = 1;

/// Bytes before the payload: magic, version, sequence, hash of the chain, length of the payload, hash of all that.
const HEAD: usize = 8 + 4 + 8 + 32 + 8 + 32;

/// How the name of a file ends that is being written.
const BESIDE: &str = ".part";

/// How the name of a file begins that was passed over.
const BROKEN: &str = "broken-";

/// Most bytes of a snapshot that are read. Ten million accounts with their orders are some gigabytes.
const BYTES_MAX: u64 = 64 << 30;

/// Bytes that are written at once.
const PIECE: usize = 4 << 20;

/// The snapshots in a folder; it may be the journal's own.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    disk: Arc<dyn Disk>,
}

/// A snapshot as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record that it holds.
    pub mark: Mark,
    /// What it was given.
    pub payload: Vec<u8>,
}

/// A snapshot that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its file.
    pub file: String,
    /// Why.
    pub why: String,
}

/// What is there after a snapshot was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The last record of the oldest snapshot that is kept: the journal up to there can be removed.
    pub oldest: Sequence,
}

impl SnapshotStore {
    /// Those in this folder, which is made where it is not there.
    ///
    /// # Errors
    /// Of the file system.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        let disk = FolderDisk::new(folder)
            .map_err(|error| Fault::disk("make", &folder.to_string_lossy(), error))?;
        Ok(Self::on(Arc::new(disk)))
    }

    /// Those on any disk.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// Writes a snapshot of what the records up to `mark` have made, and removes the oldest above
    /// [`SNAPSHOTS_KEPT`]. To be called only once that record is durable: a snapshot must not know what the journal
    /// does not.
    ///
    /// # Errors
    /// Where the disk fails or is full: those that were there are as before.
    pub fn save(&self, mark: Mark, payload: &[u8]) -> Result<Kept, Fault> {
        let name = snapshot_name(mark.sequence);
        let beside = format!("{name}{BESIDE}");
        let written = self.write(&beside, mark, payload);
        if let Err(error) = written {
            // It is of no use; where it cannot be removed, the next one takes its place.
            self.disk.remove(&beside).unwrap_or_default();
            let bytes = payload.len().saturating_add(HEAD) as u64;
            return Err(if is_full(&error) {
                Fault::Full { file: beside, bytes }
            } else {
                Fault::disk("write", &beside, error)
            });
        }
        self.disk
            .rename(&beside, &name)
            .and_then(|()| self.disk.sync_folder())
            .map_err(|error| Fault::disk("rename", &beside, error))?;
        self.remove_old()
    }

    /// The newest that is whole, and those that were passed over for it. They are kept under another name, so that they
    /// do not count as what one can fall back on.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn newest(&self) -> Result<(Option<Snapshot>, Vec<PassedOver>), Fault> {
        let mut passed_over = Vec::new();
        for sequence in self.list()?.into_iter().rev() {
            let file = snapshot_name(sequence);
            match self.read(&file, sequence) {
                Ok(snapshot) => return Ok((Some(snapshot), passed_over)),
                Err(why) => {
                    self.disk
                        .rename(&file, &format!("{BROKEN}{file}"))
                        .map_err(|error| Fault::disk("rename", &file, error))?;
                    passed_over.push(PassedOver { file, why });
                }
            }
        }
        Ok((None, passed_over))
    }

    fn write(&self, name: &str, mark: Mark, payload: &[u8]) -> io::Result<()> {
        let mut file = self.disk.create(name)?;
        let head = head(mark, payload);
        let mut at = 0_u64;
        for piece in core::iter::once(head.as_slice()).chain(payload.chunks(PIECE)) {
            let written = file.write_at(at, piece)?;
            if written != piece.len() {
                return Err(io::ErrorKind::WriteZero.into());
            }
            at = at.saturating_add(written as u64);
        }
        file.sync_data()
    }

    fn read(&self, name: &str, sequence: Sequence) -> Result<Snapshot, String> {
        let mut bytes = Vec::new();
        self.disk.read(name, BYTES_MAX, &mut bytes).map_err(|error| error.to_string())?;
        let found = bytes.first_chunk::<HEAD>().ok_or("it is cut short")?;
        if found[..8] != MAGIC {
            return Err("it is no snapshot".to_owned());
        }
        let mut number = [0; 4];
        number.copy_from_slice(&found[8..12]);
        let version = u32::from_le_bytes(number);
        if version != VERSION {
            return Err(format!("it has version {version}, and this program reads {VERSION}"));
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(&found[20..52]);
        let mark = Mark { sequence, hash };
        let payload = bytes.get(HEAD..).unwrap_or_default();
        if head(mark, payload) != *found {
            return Err("its hash is not that of what it holds".to_owned());
        }
        bytes.drain(..HEAD);
        Ok(Snapshot { mark, payload: bytes })
    }

    /// Removes all but the newest, and what was never finished.
    fn remove_old(&self) -> Result<Kept, Fault> {
        let names = self.disk.list().map_err(|error| Fault::disk("list", "the folder", error))?;
        for name in names.iter().filter(|name| name.ends_with(BESIDE)) {
            self.disk.remove(name).map_err(|error| Fault::disk("remove", name, error))?;
        }
        let snapshots = self.list()?;
        let old = snapshots.len().saturating_sub(SNAPSHOTS_KEPT);
        for sequence in snapshots.iter().take(old) {
            let name = snapshot_name(*sequence);
            self.disk.remove(&name).map_err(|error| Fault::disk("remove", &name, error))?;
        }
        let oldest = snapshots.get(old).copied().unwrap_or_default();
        // With one there is no other to fall back on but the journal itself.
        let oldest = if snapshots.len() < SNAPSHOTS_KEPT { Sequence::ZERO } else { oldest };
        Ok(Kept { oldest })
    }

    /// The records of all, in order.
    fn list(&self) -> Result<Vec<Sequence>, Fault> {
        let names = self.disk.list().map_err(|error| Fault::disk("list", "the folder", error))?;
        let mut snapshots: Vec<Sequence> =
            names.iter().filter_map(|name| snapshot_sequence(name)).collect();
        snapshots.sort_unstable();
        Ok(snapshots)
    }
}

fn head(mark: Mark, payload: &[u8]) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..20].copy_from_slice(&mark.sequence.get().to_le_bytes());
    head[20..52].copy_from_slice(&mark.hash);
    head[52..60].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    let mut hasher = Sha256::new();
    hasher.update(&head[..60]);
    hasher.update(payload);
    head[60..].copy_from_slice(&hasher.finalize());
    head
}

fn snapshot_name(sequence: Sequence) -> String {
    format!("snapshot-{:020}", sequence.get())
}

fn snapshot_sequence(name: &str) -> Option<Sequence> {
    let sequence = Sequence::new(name.strip_prefix("snapshot-")?.parse().ok()?);
    (snapshot_name(sequence) == name).then_some(sequence)
}
