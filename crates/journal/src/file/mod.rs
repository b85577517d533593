//! A journal in files.

mod frame;
pub(crate) mod segments;
mod shared;
mod writer;

use core::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::batch::Batch;
use crate::disk::{Disk, Held};
use crate::format::chain;
use crate::interface::{Appended, Fence, Journal, Refused, Stop, Told};
use crate::mark::{Epoch, Mark, Sequence};
use crate::settings::Settings;
use segments::{Free, Maker, Segment};
use shared::Shared;
use writer::Writer;

pub use segments::Remover;

/// A journal in the files of one folder, which a thread of its own writes. [`Recovery`](crate::Recovery) makes one.
///
/// Whatever waits while the disk is busy goes in one write and one sync as soon as it is free, up to the records of a
/// frame. After an error or a short write it has stopped for good: see [`Appended::Unknown`]. Dropped, it first writes
/// what is on its way.
pub struct FileJournal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    remover: Remover,
    epoch: Epoch,
    head: Mark,
    frame_records: usize,
    /// The places of a batch's records; kept for its buffer.
    places: Vec<Mark>,
}

/// Where a journal goes on, as recovery has found it.
pub(crate) struct Start {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) settings: Settings,
    pub(crate) lock: Box<dyn Held>,
    /// The segment to go on in.
    pub(crate) segment: Segment,
    pub(crate) offset: u64,
    /// One that is there already and has nothing in it.
    pub(crate) spare: Option<Segment>,
    /// One that held something, and whose file is used again.
    pub(crate) free: Free,
    /// All segments that hold something: index and first record.
    pub(crate) segments: Vec<(u64, Sequence)>,
    pub(crate) head: Mark,
    pub(crate) epoch: Epoch,
}

impl FileJournal {
    /// Starts the threads.
    pub(crate) fn start(start: Start, told: Told) -> std::io::Result<Self> {
        let Start { disk, settings, lock, segment, offset, spare, free, segments, head, epoch } =
            start;
        let shared = Arc::new(Shared::new(head, settings.pending_bytes, settings.seal_after));
        let remover = Remover::new(Arc::clone(&disk), free.clone(), segments);
        let writer = Writer {
            shared: Arc::clone(&shared),
            segment,
            offset,
            maker: Maker::start(disk, free, settings.segment_bytes, spare)?,
            remover: remover.clone(),
            epoch,
            durable: head,
            told,
            lock,
        };
        let thread =
            std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
            remover,
            epoch,
            head,
            frame_records: settings.frame_records,
            places: Vec::new(),
        })
    }

    /// What removes old segments, from whichever thread.
    #[must_use]
    pub fn remover(&self) -> Remover {
        self.remover.clone()
    }

    /// The last record that is durable.
    ///
    /// # Errors
    /// Where the journal has stopped.
    pub fn durable(&self) -> Result<Mark, Stop> {
        self.shared.durable()
    }

    /// Writes what is on its way, seals it, and ends.
    ///
    /// # Errors
    /// Where the journal has stopped.
    pub fn close(mut self) -> Result<Mark, Stop> {
        self.end();
        self.shared.durable()
    }

    fn end(&mut self) {
        self.shared.close();
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; what it leaves is what a crash leaves.
            thread.join().unwrap_or_default();
        }
    }

    const fn fence(&self) -> Fence {
        Fence { epoch: self.epoch, next: self.head.sequence.next() }
    }
}

impl Journal for FileJournal {
    fn submit(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Result<Mark, Refused> {
        let fence = self.fence();
        if epoch != fence.epoch || expected != fence.next {
            return Err(Refused::Fenced(fence));
        }
        if batch.is_empty() {
            return Ok(self.head);
        }
        // The hashes are worked out before the other thread is kept from its frames.
        self.places.clear();
        let mut place = self.head;
        for (kind, payload, _) in batch.records() {
            place = chain(place, epoch, kind, payload);
            self.places.push(place);
        }
        let submitted = self.shared.submit(batch.bytes(), |frames| {
            let mut before = self.head;
            for ((_, _, bytes), place) in batch.records().zip(&self.places) {
                frames.push(self.frame_records, epoch, before, bytes, *place);
                before = *place;
            }
        });
        submitted.map_err(Refused::Stopped)?;
        self.head = place;
        Ok(place)
    }

    fn append(&mut self, epoch: Epoch, expected: Sequence, batch: &Batch) -> Appended {
        let submitted = self.submit(epoch, expected, batch);
        match submitted {
            Ok(last) => self
                .shared
                .wait_for(last.sequence)
                .map_or_else(Appended::Unknown, |()| Appended::Durable(last)),
            Err(Refused::Fenced(fence)) => Appended::Fenced(fence),
            Err(Refused::Stopped(stop)) => Appended::Unknown(stop),
        }
    }

    fn head(&self) -> Mark {
        self.head
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FileJournal")
            .field("epoch", &self.epoch)
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}
