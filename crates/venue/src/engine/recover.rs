//! How the engine comes back to what was durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Cut, Disk, Fault, Mark, PassedOver, Recovery, SnapshotStore};
use machine::CodecError;
use units::Span;
use venue_core::Event;
use venue_views::{Desk, RestoreError};

use super::doing::{self, Doing, in_words};
use super::record::{DIGEST, ENTRY, read_digest, read_entry};

/// Why the engine does not start. Nothing was changed, and nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something is wrong with the journal or the snapshots, or another process has them.
    #[error(transparent)]
    Journal(#[from] Fault),
    /// A snapshot is whole and still not one of this version's.
    #[error("the snapshot after record {record} cannot be used: {error}")]
    Snapshot {
        /// The last record that it holds.
        record: u64,
        /// Why.
        error: RestoreError,
    },
    /// A record is whole and still nothing that this version writes.
    #[error("record {record} of the journal cannot be read: {error}")]
    Record {
        /// Which.
        record: u64,
        /// Why.
        error: CodecError,
    },
    /// A record is of a kind that this version does not write.
    #[error("record {record} of the journal is of the unknown kind {kind}")]
    Kind {
        /// Which.
        record: u64,
        /// Its kind.
        kind: u8,
    },
    /// The replay came to another state than the one that was.
    #[error(
        "after {commands} commands the replay has come to another state than the one that was: record {record} has its digest"
    )]
    Diverged {
        /// Commands of the core.
        commands: u64,
        /// The record of the digest.
        record: u64,
    },
    /// Doing a record again ends in a panic.
    #[error("{}", in_words(*record, said))]
    Panicked {
        /// Which.
        record: u64,
        /// What the panic said.
        said: String,
    },
    /// The folder cannot be made or opened.
    #[error("the folder of the journal cannot be used: {0}")]
    Folder(std::io::Error),
    /// The system refuses a thread.
    #[error("the engine's thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// What a start has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The last record of the snapshot that it began with; 0 without one.
    pub snapshot: u64,
    /// Snapshots that could not be used.
    pub passed_over: Vec<PassedOver>,
    /// Entries that were done again.
    pub replayed: u64,
    /// The record that was left undone, where that was asked for and it was there.
    pub left_undone: Option<u64>,
    /// What was cut off at the end: what a power cut had left unfinished, and nobody was told of.
    pub cut: Option<Cut>,
    /// How many digests the replay was held to.
    pub digests: u64,
    /// Entries that the state is made of.
    pub entries: u64,
    /// The digest of the core's state, in hexadecimal digits: equal wherever the same entries were done.
    pub digest: String,
    /// How long it took.
    pub took: Span,
}

/// A desk as it was, and the journal that goes on behind it.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) desk: Desk,
    pub(super) recovery: Recovery,
    pub(super) started: Started,
}

/// Digests of a replay that wait for their records: a record follows its digest within what is on its way.
const DIGESTS: usize = 4_096;

/// Brings the newest snapshot, and does again what the journal holds after it, but for one record where that is asked for.
pub(super) fn recover(
    disk: &Arc<dyn Disk>,
    pass_over: Option<u64>,
    doing: Doing,
) -> Result<Recovered, StartError> {
    let (snapshot, passed_over) = SnapshotStore::on(Arc::clone(disk)).newest()?;
    let (mark, desk) = match snapshot {
        None => (Mark::GENESIS, Desk::new()),
        Some(snapshot) => {
            let record = snapshot.mark.sequence.get();
            let desk = Desk::restore(&snapshot.payload)
                .map_err(|error| StartError::Snapshot { record, error })?;
            (snapshot.mark, desk)
        }
    };
    let mut recovery = Recovery::open_on(Arc::clone(disk), mark)?;
    let mut replay = Replay {
        desk,
        doing,
        pass_over,
        left_undone: None,
        replayed: 0,
        compared: 0,
        digests: BTreeMap::new(),
    };
    while let Some(record) = recovery.read()? {
        replay.record(record.mark.sequence.get(), record.kind, record.payload)?;
    }
    let started = Started {
        snapshot: mark.sequence.get(),
        passed_over,
        replayed: replay.replayed,
        left_undone: replay.left_undone,
        cut: recovery.recovered().cut,
        digests: replay.compared,
        entries: replay.desk.entries(),
        digest: replay.desk.venue().digest().iter().map(|byte| format!("{byte:02x}")).collect(),
        took: Span::ZERO,
    };
    Ok(Recovered { desk: replay.desk, recovery, started })
}

struct Replay {
    desk: Desk,
    doing: Doing,
    pass_over: Option<u64>,
    left_undone: Option<u64>,
    replayed: u64,
    compared: u64,
    /// Digests that the replay has come to, by commands.
    digests: BTreeMap<u64, [u8; 32]>,
}

impl Replay {
    fn record(&mut self, record: u64, kind: u8, payload: &[u8]) -> Result<(), StartError> {
        let odd = |error| StartError::Record { record, error };
        match kind {
            ENTRY if self.pass_over == Some(record) => self.left_undone = Some(record),
            ENTRY => {
                let entry = read_entry(payload).map_err(odd)?;
                let told = doing::take(self.doing, &mut self.desk, &entry)
                    .map_err(|said| StartError::Panicked { record, said })?;
                self.replayed += 1;
                self.keep_digests(&told.events);
            }
            DIGEST => {
                let was = read_digest(payload).map_err(odd)?;
                // One of before the snapshot is not worked out again.
                if let Some(digest) = self.digests.remove(&was.commands) {
                    if digest != was.digest {
                        return Err(StartError::Diverged { commands: was.commands, record });
                    }
                    self.compared += 1;
                }
            }
            kind => return Err(StartError::Kind { record, kind }),
        }
        Ok(())
    }

    fn keep_digests(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Digest { commands, digest } = event {
                self.digests.insert(*commands, *digest);
            }
        }
        while self.digests.len() > DIGESTS {
            self.digests.pop_first();
        }
    }
}
