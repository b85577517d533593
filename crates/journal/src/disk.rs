//! The disk under a journal: what it needs of one folder, so that tests can have one that fails and forgets.

use core::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// One folder of a disk. Names are those of files in it.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Takes the folder for this process alone, until what is returned is dropped.
    ///
    /// # Errors
    /// `WouldBlock` where another process has it.
    fn lock(&self) -> io::Result<Box<dyn Held>>;

    /// The names of all files, in no order.
    ///
    /// # Errors
    /// Of the disk.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Reads a file from its beginning, up to `most` bytes of it, in place of what `into` holds.
    ///
    /// # Errors
    /// Of the disk.
    fn read(&self, name: &str, most: u64, into: &mut Vec<u8>) -> io::Result<()>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// Of the disk.
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Opens a file that is there, for writing.
    ///
    /// # Errors
    /// Of the disk.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Makes a file, empty, also where there was one.
    ///
    /// # Errors
    /// Of the disk.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Removes a file.
    ///
    /// # Errors
    /// Of the disk.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in place of a file that had it.
    ///
    /// # Errors
    /// Of the disk.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes durable which files there are.
    ///
    /// # Errors
    /// Of the disk; what there is after a power cut is not known then.
    fn sync_folder(&self) -> io::Result<()>;
}

/// A file that is written to.
pub trait DiskFile: fmt::Debug + Send {
    /// Writes at an offset, once: fewer bytes may be written than were given.
    ///
    /// # Errors
    /// Of the disk.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Makes durable what was written.
    ///
    /// # Errors
    /// Of the disk. What was written since the last sync may be lost then, also where a later sync is fine: the
    /// operating system tells an error once and forgets what it could not write.
    fn sync_data(&mut self) -> io::Result<()>;
}

/// The right to a folder.
pub trait Held: fmt::Debug + Send {}

/// The name of the file that is locked.
const LOCK: &str = "lock";

/// A folder of the file system.
#[derive(Clone, Debug)]
pub struct FolderDisk {
    folder: PathBuf,
}

impl FolderDisk {
    /// This folder, which is made where it is not there.
    ///
    /// # Errors
    /// Of the file system.
    pub fn new(folder: &Path) -> io::Result<Self> {
        if !folder.is_dir() {
            std::fs::create_dir_all(folder)?;
            // Else a power cut could take the folder with all that was durable in it.
            let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// This folder as it is, to be read.
    #[must_use]
    pub fn existing(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Disk for FolderDisk {
    fn lock(&self) -> io::Result<Box<dyn Held>> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(self.path(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        std::fs::read_dir(&self.folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn read(&self, name: &str, most: u64, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        File::open(self.path(name))?.take(most).read_to_end(into).map(drop)
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(std::fs::metadata(self.path(name))?.len())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).open(self.path(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::create(self.path(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

impl Held for File {}

impl DiskFile for File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match std::os::unix::fs::FileExt::write_at(self, bytes, offset) {
                // A signal came before anything was written.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => return written,
            }
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }
}
