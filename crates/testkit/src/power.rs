//! Power cuts for a program that runs: what it wrote and did not sync is lost.
//!
//! A kill leaves all that was written in the page cache. So the program is started with a small library that remembers
//! beside its folder what is durable of each file there; after the kill, [`Power::cut`] puts that in place of the files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The library's source.
const SOURCE: &str = include_str!("power/synced.c");

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

/// Watches one folder of a program under test.
#[derive(Debug)]
pub struct Power {
    folder: PathBuf,
    beside: PathBuf,
    library: PathBuf,
    _own: TempDir,
}

impl Power {
    /// Watches this folder, of which all that is there counts as durable; it is made where it is not there.
    ///
    /// # Panics
    /// Where the C compiler `cc` is missing, or the files cannot be written.
    #[must_use]
    pub fn over(folder: &Path) -> Self {
        let own = tempfile::tempdir().expect("a folder for what is durable");
        let source = own.path().join("synced.c");
        let library = own.path().join("synced.so");
        fs::write(&source, SOURCE).expect("the library's source is written");
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .args(["-ldl", "-lpthread"])
            .status()
            .expect("there is a C compiler called cc");
        assert!(compiled.success(), "the library compiles");
        fs::create_dir_all(folder).expect("the folder can be made");
        let beside = own.path().join("beside");
        let power = Self { folder: folder.to_owned(), beside, library, _own: own };
        power.all_is_durable().expect("what is there is noted");
        power
    }

    /// Has a command start with the library.
    pub fn watch(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("SEAWALL_SYNCED_FOLDER", &self.folder)
            .env("SEAWALL_SYNCED_BESIDE", &self.beside);
    }

    /// Has each sync of a command that is watched take so many microseconds longer, as on a slow disk.
    pub fn slow(command: &mut Command, micros: u64) {
        command.env("SEAWALL_SYNCED_DELAY_US", micros.to_string());
    }

    /// Has the disk of a command that is watched be full once files have grown by so many bytes.
    pub fn room(command: &mut Command, bytes: u64) {
        command.env("SEAWALL_SYNCED_ROOM", bytes.to_string());
    }

    /// Makes the folder what it is after a power cut, once the program is dead. Of each sector that was written and not
    /// synced `survives` is asked. Returns how many sectors were lost.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn cut(&self, mut survives: impl FnMut() -> bool) -> io::Result<usize> {
        let durable = self.durable()?;
        let mut lost = 0;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(bytes) = durable.get(&name) else {
                // Its name was never synced; with it goes what it held.
                fs::remove_file(&path)?;
                continue;
            };
            let now = fs::read(&path)?;
            let mut after = bytes.clone();
            lost += merge(&mut after, &now, &mut survives);
            fs::write(&path, after)?;
        }
        for (name, bytes) in &durable {
            // What was removed, and whose removal was not synced, is there again.
            let path = self.folder.join(name);
            if !path.exists() {
                fs::write(&path, bytes)?;
            }
        }
        self.all_is_durable()?;
        Ok(lost)
    }

    /// What is durable: names, and what the files hold.
    fn durable(&self) -> io::Result<BTreeMap<String, Vec<u8>>> {
        let names = fs::read_to_string(self.beside.join("names"))?;
        let lines = names.lines().filter_map(|line| line.split_once(' '));
        lines
            .map(|(number, name)| {
                let path = self.beside.join("content").join(number);
                // A file that was made and never synced holds nothing.
                let bytes = if path.exists() { fs::read(path)? } else { Vec::new() };
                Ok((name.to_owned(), bytes))
            })
            .collect()
    }

    /// Begins anew with the folder as it is.
    fn all_is_durable(&self) -> io::Result<()> {
        if self.beside.exists() {
            fs::remove_dir_all(&self.beside)?;
        }
        let content = self.beside.join("content");
        fs::create_dir_all(&content)?;
        let mut names = String::new();
        for (number, entry) in (1..).zip(fs::read_dir(&self.folder)?) {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), content.join(format!("{number}")))?;
                names.push_str(&format!("{number} {}\n", entry.file_name().to_string_lossy()));
            }
        }
        fs::write(self.beside.join("names"), names)
    }
}

/// Puts those sectors of `now` that survive into `after`, and counts the others that differ.
fn merge(after: &mut Vec<u8>, now: &[u8], survives: &mut impl FnMut() -> bool) -> usize {
    let mut lost = 0;
    for (sector, bytes) in now.chunks(SECTOR).enumerate() {
        let start = sector * SECTOR;
        let end = start + bytes.len();
        if after.get(start..end) == Some(bytes) {
            continue;
        }
        if !survives() {
            lost += 1;
            continue;
        }
        if after.len() < end {
            after.resize(end, 0);
        }
        if let Some(place) = after.get_mut(start..end) {
            place.copy_from_slice(bytes);
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that writes, syncs, and writes again.
    const PROGRAM: &str = r"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    char bytes[2048] = {0};
    int at = open(FOLDER, O_RDONLY);
    int one = open(FOLDER FILE_ONE, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int place = 0; place < 2048; place++) bytes[place] = 'a';
    pwrite64(one, bytes, 2048, 0);
    fdatasync(one);
    fsync(at);
    for (int place = 0; place < 2048; place++) bytes[place] = 'b';
    pwrite64(one, bytes, 2048, 512);
    int two = open(FOLDER FILE_TWO, O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(two, bytes, 7);
    fdatasync(two);
    return 0;
}
";

    #[test]
    fn what_was_not_synced_is_lost() {
        // A harness that keeps too much finds no lost acknowledgement, whatever the program does.
        let own = tempfile::tempdir().expect("a folder");
        let folder = own.path().join("data");
        let source = own.path().join("program.c");
        let program = own.path().join("program");
        fs::write(&source, PROGRAM).expect("written");
        let compiled = Command::new("cc")
            .args(["-D_GNU_SOURCE", "-DFILE_ONE=\"/one\"", "-DFILE_TWO=\"/two\""])
            .arg(format!("-DFOLDER=\"{}\"", folder.display()))
            .arg("-o")
            .args([&program, &source])
            .status()
            .expect("there is a C compiler");
        assert!(compiled.success());
        let whole = [vec![b'a'; 512], vec![b'b'; 2_048]].concat();
        for survivors in [0, 1, 2] {
            let power = Power::over(&folder);
            let mut command = Command::new(&program);
            power.watch(&mut command);
            assert!(command.status().expect("it runs").success());
            assert_eq!(fs::read(folder.join("one")).expect("read"), whole);
            let mut turn = 0;
            let lost = power.cut(|| {
                turn += 1;
                survivors == 2 || (survivors == 1 && turn == 4)
            });
            assert_eq!(lost.expect("cut"), [4, 3, 0][survivors]);
            let expected = match survivors {
                0 => vec![b'a'; 2_048],
                1 => [vec![b'a'; 2_048], vec![b'b'; 512]].concat(),
                _ => whole.clone(),
            };
            assert_eq!(fs::read(folder.join("one")).expect("read"), expected, "{survivors}");
            assert!(!folder.join("two").exists(), "the folder was not synced after it was made");
            fs::remove_file(folder.join("one")).expect("removed");
        }
    }
}
