//! A disk in memory that fails when it is told to, and forgets at a power cut what was not synced.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile, Held};
use crate::format::SECTOR;

/// What goes wrong at a write or a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// The write stops after so many bytes and says so.
    ShortWrite(usize),
    /// The write or sync fails. What a failed sync did not write is lost at the next power cut, whatever is synced
    /// after it, as on Linux.
    Error,
    /// The write finds no room.
    Full,
    /// Nothing is written or synced any more: the machine is about to lose its power.
    Dies,
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    world: Arc<Mutex<World>>,
}

#[derive(Clone, Default)]
struct World {
    files: Vec<Content>,
    /// Which file has which name.
    names: BTreeMap<String, usize>,
    /// The same as of the last sync of the folder.
    durable_names: BTreeMap<String, usize>,
    /// What was done to names since.
    unsynced: Vec<BTreeMap<String, usize>>,
    /// Writes and syncs until the fault comes.
    fault: Option<(u64, DiskFault)>,
    /// Bytes that all files may take; none for as many as there are.
    room: Option<usize>,
    calls: u64,
    locked: bool,
}

#[derive(Clone, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors that were written since the last sync.
    dirty: BTreeSet<usize>,
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SimulatedDisk").finish_non_exhaustive()
    }
}

impl SimulatedDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with this one's files as they are now, and no fault.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::well(self.world().clone())
    }

    /// A disk with what of this one's files is there after a power cut. Of each sector and each change of a name that
    /// was not synced `survives` is asked; changes of names survive up to the first that does not.
    #[must_use]
    pub fn after_power_cut(&self, mut survives: impl FnMut() -> bool) -> Self {
        let mut world = self.world().clone();
        for names in std::mem::take(&mut world.unsynced) {
            if !survives() {
                break;
            }
            world.durable_names = names;
        }
        world.names.clone_from(&world.durable_names);
        for file in &mut world.files {
            file.power_cut(&mut survives);
        }
        Self::well(world)
    }

    /// A disk that nobody holds, with as much room as there is and no fault.
    fn well(world: World) -> Self {
        let world = World { fault: None, room: None, locked: false, ..world };
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// Has the write or sync after so many more fail.
    pub fn fail_after(&self, calls: u64, fault: DiskFault) {
        let mut world = self.world();
        let at = world.calls + calls;
        world.fault = Some((at, fault));
    }

    /// Bounds what all files may take, in bytes.
    pub fn set_room(&self, bytes: Option<usize>) {
        self.world().room = bytes;
    }

    /// Writes and syncs so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.world().calls
    }

    /// The bytes of a file, none where there is no such file.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let world = self.world();
        let file = *world.names.get(name)?;
        world.files.get(file).map(|content| content.now.clone())
    }

    /// The names of all files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.world().names.keys().cloned().collect()
    }

    /// Puts a file there, durable, in place of one of that name.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut world = self.world();
        let file = world.files.len();
        let durable = bytes.clone();
        world.files.push(Content { now: bytes, durable, dirty: BTreeSet::new() });
        world.names.insert(name.to_owned(), file);
        world.durable_names.insert(name.to_owned(), file);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, file: usize) -> Box<dyn DiskFile> {
        Box::new(SimulatedFile { disk: self.clone(), file })
    }
}

impl World {
    fn content(&mut self, file: usize) -> io::Result<&mut Content> {
        self.files.get_mut(file).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn named(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Notes what was done to names, until the folder is synced.
    fn note_names(&mut self) {
        self.unsynced.push(self.names.clone());
    }

    /// Counts a call, and says what goes wrong with it.
    fn count(&mut self) -> Option<DiskFault> {
        self.calls += 1;
        let (at, fault) = self.fault?;
        if at >= self.calls {
            return None;
        }
        if fault != DiskFault::Dies {
            self.fault = None;
        }
        Some(fault)
    }

    fn has_room(&self, file: usize, end: usize) -> bool {
        let Some(room) = self.room else { return true };
        let length = |file: &usize| self.files.get(*file).map_or(0, |content| content.now.len());
        let before = length(&file);
        let taken: usize = self.names.values().map(length).sum();
        end <= before || taken + (end - before) <= room
    }
}

impl Content {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if self.now.len() < end {
            self.now.resize(end, 0);
        }
        if let Some(place) = self.now.get_mut(offset..end) {
            place.copy_from_slice(bytes);
        }
        self.dirty.extend(offset / SECTOR..end.div_ceil(SECTOR));
    }

    fn sync(&mut self) {
        for sector in std::mem::take(&mut self.dirty) {
            self.harden(sector);
        }
    }

    /// Makes a sector durable.
    fn harden(&mut self, sector: usize) {
        let end = ((sector + 1) * SECTOR).min(self.now.len());
        if self.durable.len() < end {
            self.durable.resize(end, 0);
        }
        let range = sector * SECTOR..end;
        if let (Some(to), Some(from)) = (self.durable.get_mut(range.clone()), self.now.get(range)) {
            to.copy_from_slice(from);
        }
    }

    fn power_cut(&mut self, survives: &mut impl FnMut() -> bool) {
        for sector in std::mem::take(&mut self.dirty) {
            if survives() {
                self.harden(sector);
            }
        }
        self.now.clone_from(&self.durable);
    }
}

impl Disk for SimulatedDisk {
    fn lock(&self) -> io::Result<Box<dyn Held>> {
        let mut world = self.world();
        if std::mem::replace(&mut world.locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimulatedLock(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.names())
    }

    fn read(&self, name: &str, most: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let mut world = self.world();
        let file = world.named(name)?;
        let content = world.content(file)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(content.now.len());
        into.clear();
        into.extend_from_slice(content.now.get(..most).unwrap_or_default());
        Ok(())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        let mut world = self.world();
        let file = world.named(name)?;
        Ok(world.content(file)?.now.len() as u64)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.world().named(name)?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        let file = world.files.len();
        world.files.push(Content::default());
        world.names.insert(name.to_owned(), file);
        world.note_names();
        Ok(self.file(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        world.note_names();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.world();
        let file = world.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        world.names.insert(to.to_owned(), file);
        world.note_names();
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut world = self.world();
        if world.count().is_some() {
            return Err(io::Error::other("simulated fault"));
        }
        world.unsynced.clear();
        world.durable_names = world.names.clone();
        Ok(())
    }
}

/// A file of a disk in memory.
#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    file: usize,
}

impl DiskFile for SimulatedFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let mut world = self.disk.world();
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let written = match world.count() {
            None => bytes,
            Some(DiskFault::ShortWrite(most)) => bytes.get(..most).unwrap_or(bytes),
            Some(DiskFault::Error | DiskFault::Dies) => {
                return Err(io::Error::other("simulated fault"));
            }
            Some(DiskFault::Full) => return Err(io::ErrorKind::StorageFull.into()),
        };
        if !world.has_room(self.file, offset + written.len()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        world.content(self.file)?.write(offset, written);
        Ok(written.len())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut world = self.disk.world();
        let fault = world.count();
        let content = world.content(self.file)?;
        if let Some(fault) = fault {
            if fault != DiskFault::Dies {
                content.dirty.clear();
            }
            return Err(io::Error::other("simulated fault"));
        }
        content.sync();
        Ok(())
    }
}

/// The right to a disk in memory.
#[derive(Debug)]
struct SimulatedLock(SimulatedDisk);

impl Held for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.0.world().locked = false;
    }
}
