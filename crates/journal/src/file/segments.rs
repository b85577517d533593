//! The segments of a journal: made in advance by a thread of their own, and removed when a snapshot holds them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::disk::{Disk, DiskFile};
use crate::fault::{Fault, is_full};
use crate::format::segment_name;
use crate::mark::Sequence;

/// Bytes that are written in advance at once. Each piece is synced before the next, so that the log's own syncs wait
/// for little of it.
const PIECE: usize = 1 << 20;

/// A segment that can be written to.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) index: u64,
    pub(crate) bytes: u64,
    pub(crate) file: Box<dyn DiskFile>,
}

/// Makes a segment: zeros from the first to the last byte, durable, so that a sync of what is written there later has
/// nothing to do but that.
pub(crate) fn make(disk: &dyn Disk, index: u64, bytes: u64) -> Result<Segment, Fault> {
    let name = segment_name(index);
    let made = disk
        .create(&name)
        .map_err(|error| failed(&name, bytes, error))
        .and_then(|file| fill(file, &name, 0, bytes))
        .and_then(|file| {
            disk.sync_folder().map_err(|error| Fault::disk("sync the folder of", &name, error))?;
            Ok(file)
        });
    match made {
        Ok(file) => Ok(Segment { index, bytes, file }),
        Err(fault) => {
            // Half a segment is of no use; where it cannot be removed, the next start does it.
            disk.remove(&name).unwrap_or_default();
            Err(fault)
        }
    }
}

/// Writes zeros to a file.
pub(crate) fn fill(
    mut file: Box<dyn DiskFile>,
    name: &str,
    from: u64,
    to: u64,
) -> Result<Box<dyn DiskFile>, Fault> {
    let zeros = vec![0; PIECE];
    let mut at = from;
    while at < to {
        let left = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
        let piece = zeros.get(..left).unwrap_or_default();
        let written = file.write_at(at, piece).map_err(|error| failed(name, to, error))?;
        if written == 0 {
            return Err(Fault::disk("write", name, std::io::ErrorKind::WriteZero.into()));
        }
        at += written as u64;
        file.sync_data().map_err(|error| failed(name, to, error))?;
    }
    Ok(file)
}

fn failed(name: &str, bytes: u64, error: std::io::Error) -> Fault {
    if is_full(&error) {
        return Fault::Full { file: name.to_owned(), bytes };
    }
    Fault::disk("make", name, error)
}

/// Makes segments in advance.
#[derive(Debug)]
pub(crate) struct Maker {
    orders: Option<Sender<u64>>,
    made: Receiver<Result<Segment, Fault>>,
    disk: Arc<dyn Disk>,
    bytes: u64,
    thread: Option<JoinHandle<()>>,
    ordered: bool,
}

impl Maker {
    /// Starts the thread; `spare` is a segment that is there already.
    pub(crate) fn start(
        disk: Arc<dyn Disk>,
        bytes: u64,
        spare: Option<Segment>,
    ) -> std::io::Result<Self> {
        let (orders, taken) = channel();
        let (make_known, made) = channel();
        let ordered = spare.is_some();
        let mut unsent = spare.map(|spare| make_known.send(Ok(spare)).is_ok());
        let theirs = Arc::clone(&disk);
        let thread =
            std::thread::Builder::new().name("journal-segments".to_owned()).spawn(move || {
                for index in taken {
                    if make_known.send(make(&*theirs, index, bytes)).is_err() {
                        return;
                    }
                }
            })?;
        // It was sent to ourselves.
        unsent.take();
        Ok(Self { orders: Some(orders), made, disk, bytes, thread: Some(thread), ordered })
    }

    /// Has a segment made, where none is.
    pub(crate) fn order(&mut self, index: u64) {
        if !self.ordered {
            self.ordered = self.orders.as_ref().is_some_and(|orders| orders.send(index).is_ok());
        }
    }

    /// The segment of this index, once it is made. One that could not be made in advance is tried once more, since
    /// there may be room again.
    pub(crate) fn take(&mut self, index: u64) -> Result<Segment, Fault> {
        let waited_for = std::mem::take(&mut self.ordered);
        let made = waited_for.then(|| self.made.recv().ok()).flatten().and_then(Result::ok);
        match made.filter(|segment| segment.index == index) {
            Some(segment) => Ok(segment),
            None => make(&*self.disk, index, self.bytes),
        }
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed.
            thread.join().unwrap_or_default();
        }
    }
}

/// Which segments there are: index, and the first record. It may be used from any thread.
#[derive(Clone, Debug)]
pub struct Remover {
    disk: Arc<dyn Disk>,
    segments: Arc<Mutex<Vec<(u64, Sequence)>>>,
}

impl Remover {
    pub(crate) fn new(disk: Arc<dyn Disk>, segments: Vec<(u64, Sequence)>) -> Self {
        Self { disk, segments: Arc::new(Mutex::new(segments)) }
    }

    /// A segment is written to from now on.
    pub(crate) fn add(&self, index: u64, first: Sequence) {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).push((index, first));
    }

    /// Removes the segments whose records are all at or before this one, which a snapshot holds. The one that is
    /// written to stays. Returns how many were removed.
    ///
    /// # Errors
    /// Where the disk fails; the journal is as good as before.
    pub fn remove_through(&self, sequence: Sequence) -> Result<usize, Fault> {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = 0;
        // From the oldest on, so that what is left has no gap, whenever it ends.
        while let [(index, _), (_, next), ..] = segments.as_slice() {
            if *next > sequence.next() {
                break;
            }
            let name = segment_name(*index);
            self.disk.remove(&name).map_err(|error| Fault::disk("remove", &name, error))?;
            segments.remove(0);
            removed += 1;
        }
        if removed > 0 {
            self.disk
                .sync_folder()
                .map_err(|error| Fault::disk("sync the folder of", "segments", error))?;
        }
        Ok(removed)
    }
}
