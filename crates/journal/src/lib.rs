//! A durable log of opaque records: what it has told to be durable is there after a crash, in order and unchanged.
//!
//! - [`Journal`] is what a deterministic engine writes to; [`FileJournal`] keeps it in files, and a replicated one can
//!   stand behind the same interface.
//! - [`Recovery`] reads a journal from its beginning, or after a snapshot, and goes on with it. What a power cut tore
//!   off is cut and reported; anything else that is wrong is a [`Fault`], and nothing is changed then.
//! - [`SnapshotStore`] keeps the newest two snapshots of what the records made.
//! - [`verify()`] walks a journal without touching it.
//!
//! The files' format is in `docs/journal.md`. All of it goes through a [`Disk`], so that tests can have one that fails.

mod batch;
mod disk;
mod fault;
mod file;
mod format;
mod interface;
mod mark;
mod recovery;
mod settings;
mod simulated;
mod snapshot;
mod verify;

pub use batch::{Batch, RECORD_BYTES_MAX, TooLarge};
pub use disk::{Disk, DiskFile, FolderDisk, Held};
pub use fault::{Damage, Fault};
pub use file::{FileJournal, Remover};
pub use format::{FRAME_ALIGN, VERSION};
pub use interface::{Appended, Fence, Journal, Refused, Stop, Told};
pub use mark::{Epoch, Mark, Sequence};
pub use recovery::{Cut, CutKind, Record, Recovered, Recovery};
pub use settings::Settings;
pub use simulated::{DiskFault, SimulatedDisk};
pub use snapshot::{Kept, PassedOver, SNAPSHOTS_KEPT, Snapshot, SnapshotStore};
pub use verify::{Verified, verify, verify_on};
