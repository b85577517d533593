//! The segments of a journal: made in advance by a thread of their own, and removed when a snapshot holds them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// The file that was a segment and will be one again: its blocks are there already, which is most of the work.
const FREE: &str = "free-segment";

/// What is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Aside {
    #[default]
    Nothing,
    /// It is there, with so many bytes.
    Ready(u64),
    /// It is being made a segment again, and still has its name.
    InUse,
}

/// A segment that was put aside to be used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Free(Arc<Mutex<Aside>>);

impl Free {
    /// Looks for one that a run before has left.
    pub(crate) fn find(disk: &dyn Disk) -> Result<Self, Fault> {
        let names = disk.list().map_err(|error| Fault::disk("list", "the folder", error))?;
        if !names.iter().any(|name| name == FREE) {
            return Ok(Self::default());
        }
        let length = disk.length(FREE).map_err(|error| Fault::disk("look at", FREE, error))?;
        Ok(Self(Arc::new(Mutex::new(Aside::Ready(length)))))
    }

    /// Puts a segment aside, or removes it where one is aside already. It is only written to again once its new name is
    /// durable: else a power cut would bring the old name back with zeros in it.
    fn put(&self, disk: &dyn Disk, name: &str) -> std::io::Result<()> {
        let mut aside = self.lock();
        if *aside != Aside::Nothing {
            return disk.remove(name);
        }
        let length = disk.length(name)?;
        disk.rename(name, FREE)?;
        disk.sync_folder()?;
        *aside = Aside::Ready(length);
        Ok(())
    }

    /// Takes it, where it has as many bytes; nothing else gets its name until it is [done](Self::done).
    fn take(&self, bytes: u64) -> bool {
        let mut aside = self.lock();
        let fits = *aside == Aside::Ready(bytes);
        if fits {
            *aside = Aside::InUse;
        }
        fits
    }

    /// It has another name, or is gone.
    fn done(&self) {
        *self.lock() = Aside::Nothing;
    }

    fn lock(&self) -> MutexGuard<'_, Aside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a segment: zeros from the first to the last byte, durable, so that a sync of what is written there later has
/// nothing to do but that.
pub(crate) fn make(disk: &dyn Disk, free: &Free, index: u64, bytes: u64) -> Result<Segment, Fault> {
    let name = segment_name(index);
    let again = free.take(bytes);
    let file = if again { FREE } else { name.as_str() };
    let opened = if again { disk.open(FREE) } else { disk.create(&name) };
    let made = opened
        .map_err(|error| failed(&name, bytes, error))
        .and_then(|opened| fill(opened, &name, 0, bytes))
        .and_then(|filled| {
            let named = if again { disk.rename(FREE, &name) } else { Ok(()) };
            named
                .and_then(|()| disk.sync_folder())
                .map_err(|error| Fault::disk("name", &name, error))?;
            Ok(filled)
        });
    if made.is_err() {
        // Half a segment is of no use; where it cannot be removed, the next start does it.
        disk.remove(file).unwrap_or_default();
    }
    if again {
        free.done();
    }
    made.map(|file| Segment { index, bytes, file })
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
    free: Free,
    bytes: u64,
    thread: Option<JoinHandle<()>>,
    ordered: bool,
}

impl Maker {
    /// Starts the thread; `spare` is a segment that is there already.
    pub(crate) fn start(
        disk: Arc<dyn Disk>,
        free: Free,
        bytes: u64,
        spare: Option<Segment>,
    ) -> std::io::Result<Self> {
        let (orders, taken) = channel();
        let (make_known, made) = channel();
        let ordered = spare.is_some();
        let mut unsent = spare.map(|spare| make_known.send(Ok(spare)).is_ok());
        let (theirs, their_free) = (Arc::clone(&disk), free.clone());
        let thread =
            std::thread::Builder::new().name("journal-segments".to_owned()).spawn(move || {
                for index in taken {
                    if make_known.send(make(&*theirs, &their_free, index, bytes)).is_err() {
                        return;
                    }
                }
            })?;
        // It was sent to ourselves.
        unsent.take();
        Ok(Self { orders: Some(orders), made, disk, free, bytes, thread: Some(thread), ordered })
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
            None => make(&*self.disk, &self.free, index, self.bytes),
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
    free: Free,
    segments: Arc<Mutex<Vec<(u64, Sequence)>>>,
}

impl Remover {
    pub(crate) fn new(disk: Arc<dyn Disk>, free: Free, segments: Vec<(u64, Sequence)>) -> Self {
        Self { disk, free, segments: Arc::new(Mutex::new(segments)) }
    }

    /// A segment is written to from now on.
    pub(crate) fn add(&self, index: u64, first: Sequence) {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).push((index, first));
    }

    /// Removes the segments whose records are all at or before this one, which a snapshot holds. The one that is
    /// written to stays, and the file of one of them is used again. Returns how many were removed.
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
            self.free
                .put(&*self.disk, &name)
                .map_err(|error| Fault::disk("remove", &name, error))?;
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
