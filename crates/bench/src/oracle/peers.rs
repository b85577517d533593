//! ccxt, whose exchange classes are handed the same frames.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::frames::{Frame, VENUES};

/// Where the packages of the end-to-end suite are, at their pinned versions.
const NPM: &str = ".tools/npm";
const SCRIPT: &str = "crates/bench/src/oracle/ccxt.mjs";

/// ccxt, and the frames in a file.
pub(super) struct Ccxt {
    folder: TempDir,
}

impl Ccxt {
    /// Writes down so many of the frames; `None` where ccxt is not installed. Bitstamp's books are left out: ccxt reads
    /// another channel of that venue.
    pub(super) fn new(frames: &[Frame], count: usize) -> Result<Option<Self>> {
        if !PathBuf::from(NPM).join("node_modules/ccxt").is_dir() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().context("cannot make a folder for frames")?;
        let mut text = String::new();
        for frame in frames.iter().filter(|frame| !frame.is_book).take(count) {
            let (venue, _) = VENUES.get(frame.venue).context("a frame of an unknown venue")?;
            text.push_str(&format!("{venue}\t{}\n", std::str::from_utf8(&frame.text)?));
        }
        fs::write(folder.path().join("frames"), text).context("cannot write the frames")?;
        Ok(Some(Self { folder }))
    }

    /// All frames twice, of which the second time is measured: frames a second.
    pub(super) fn run(&self) -> Result<f64> {
        let npm = std::env::current_dir().context("there is no folder")?.join(NPM);
        let mut node = Command::new("node");
        node.arg(SCRIPT).env("NPM", npm).env("FRAMES", self.folder.path().join("frames"));
        let output = node.output().context("cannot run node")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "ccxt: {said}{}", String::from_utf8_lossy(&output.stderr));
        said.trim().parse().with_context(|| format!("ccxt said {said}"))
    }
}
