//! A folder that goes with the practice world.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What the names of these folders begin with; the number of the process follows.
const PREFIX: &str = "seawall-practice-";

/// The file in it that its process holds locked, by which others see that it lives.
const LOCK: &str = "held-by-its-process";

/// A folder that no other process has. Dropping the value removes it.
#[derive(Debug)]
pub(crate) struct PracticeFolder {
    path: PathBuf,
    _lock: File,
}

impl PracticeFolder {
    /// Makes one among the system's temporary files, and removes those that killed processes have left there.
    ///
    /// # Errors
    /// Where the system's folder for such things cannot be written.
    pub(crate) fn make() -> io::Result<Self> {
        Self::make_in(&std::env::temp_dir(), std::process::id())
    }

    fn make_in(folder: &Path, process: u32) -> io::Result<Self> {
        remove_left(folder)?;
        let path = folder.join(format!("{PREFIX}{process}"));
        // Of a process of the same number that has left one without a lock.
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        // Under another name until it is locked, so that nobody takes it for one that was left.
        let new = folder.join(format!(".{PREFIX}{process}"));
        fs::create_dir_all(&new)?;
        let lock = File::create(new.join(LOCK))?;
        lock.lock()?;
        fs::rename(&new, &path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PracticeFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, "the practice world's folder stays");
        }
    }
}

/// Removes the folders whose processes are gone.
fn remove_left(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let Ok(entry) = entry else { continue };
        let is_ours = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours(&entry.file_name()) && is_left(&entry.path()) {
            match fs::remove_dir_all(entry.path()) {
                Ok(()) => tracing::debug!(folder = %entry.path().display(), "a folder was left"),
                Err(error) => tracing::debug!(%error, "a folder that was left stays"),
            }
        }
    }
    Ok(())
}

/// Whether nobody holds a folder any more. One without a lock is not ours to judge.
fn is_left(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return false };
    match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_has_left_goes_and_what_lives_stays() {
        // Each killed practice world would leave a hundred megabytes; and a second one must not take the first one's.
        let parent = tempfile::tempdir().expect("a temporary folder");
        let living = PracticeFolder::make_in(parent.path(), 1).expect("it is made");
        let left = parent.path().join(format!("{PREFIX}2"));
        fs::create_dir(&left).expect("made");
        fs::write(left.join(LOCK), "").expect("written");
        let foreign = parent.path().join(format!("{PREFIX}3"));
        fs::create_dir(&foreign).expect("made");
        let second = PracticeFolder::make_in(parent.path(), 4).expect("it is made");
        assert!(living.path().exists() && foreign.exists() && !left.exists());
        let path = second.path().to_owned();
        assert!(path.exists());
        drop(second);
        assert!(!path.exists(), "it goes with its value");
    }
}
