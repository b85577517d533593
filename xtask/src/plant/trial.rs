//! Runs a test on a tree with a fault in it.

use std::fmt;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::command::cargo;

/// Longest that a test with a fault in it may run; a fault can make a loop endless.
const TIME_MAX: Duration = Duration::from_secs(900);

/// Longest part of a failure's own words in the table, in characters.
const SHOWN_MAX: usize = 150;

/// What came of running a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It passed.
    Passed,
    /// It failed and said what it should; the line that says it.
    Found(String),
    /// It failed with other words; what it said first.
    OtherWords(String),
    /// It did not come to an end.
    Endless,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => formatter.write_str("NOT FOUND: the test passes"),
            Self::Found(line) => write!(formatter, "found: {line}"),
            Self::OtherWords(line) => write!(formatter, "NOT FOUND for what it is: {line}"),
            Self::Endless => formatter.write_str("NOT FOUND: the test does not come to an end"),
        }
    }
}

/// Where tests are run.
#[derive(Debug)]
pub(super) struct Trial {
    tree: PathBuf,
    target: PathBuf,
}

impl Trial {
    /// Runs on the tree at `tree` and builds into `target`, one for all, so that only what a fault is in is
    /// built anew.
    pub(super) fn new(tree: &Path, target: &Path) -> Self {
        Self { tree: tree.to_owned(), target: target.to_owned() }
    }

    /// Runs a test; where it fails, `says` is what it has to say.
    ///
    /// # Errors
    /// Where the tree does not build: that is no finding.
    pub(super) fn run(
        &self,
        arguments: &[String],
        worlds: u32,
        says: Option<&str>,
    ) -> Result<Outcome> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut build = words.clone();
        build.push("--no-run");
        let built = self.cargo(&build, worlds)?;
        if !built.0.is_some_and(|status| status.success()) {
            bail!("`cargo {}` does not build:\n{}", words.join(" "), built.1);
        }
        let (status, output) = self.cargo(&words, worlds)?;
        Ok(judge(status.map(|status| status.success()), &output, says))
    }

    /// Runs cargo on the tree; `None` for a status where it took too long.
    fn cargo(&self, arguments: &[&str], worlds: u32) -> Result<(Option<ExitStatus>, String)> {
        let log = self.target.with_extension("log");
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command: Command = cargo(&self.tree, arguments);
        command
            .env("CARGO_TARGET_DIR", &self.target)
            .env("SEAWALL_SEEDS", worlds.to_string())
            .env("RUST_BACKTRACE", "0")
            // Each fault is built once and run for seconds: what pays for itself in the binary does not here.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "true")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("cannot share the log")?)
            .stderr(file);
        let mut child = command.spawn().context("cannot run cargo")?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().context("cannot wait for cargo")? {
                break Some(status);
            }
            if start.elapsed() > TIME_MAX {
                // The test itself is a child of cargo's.
                let group = format!("-{}", child.id());
                crate::command::run(Command::new("kill").args(["-KILL", "--", &group]))?;
                child.wait().context("cannot end a test that does not")?;
                break None;
            }
            thread::sleep(Duration::from_millis(50));
        };
        let output =
            std::fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
        Ok((status, String::from_utf8_lossy(&output).into_owned()))
    }
}

fn judge(success: Option<bool>, output: &str, says: Option<&str>) -> Outcome {
    match success {
        None => Outcome::Endless,
        Some(true) => Outcome::Passed,
        Some(false) => {
            let found = says.and_then(|says| output.lines().find(|line| line.contains(says)));
            match found {
                Some(line) => Outcome::Found(shown(line, output)),
                None => Outcome::OtherWords(shown(first_words(output), output)),
            }
        }
    }
}

/// What the first panic said.
fn first_words(output: &str) -> &str {
    let mut lines = output.lines().skip_while(|line| !line.contains("panicked at"));
    lines.nth(1).unwrap_or("it fails without a panic")
}

/// A line, shortened, with the first seed that failed where there is one.
fn shown(line: &str, output: &str) -> String {
    let start: String = line.trim().chars().take(SHOWN_MAX).collect();
    match output.lines().find_map(seed) {
        Some(seed) => format!("{start} (seed {seed})"),
        None => start,
    }
}

/// The seed that a line of a simulation's failure names: "seed 7; again with" or "3 of 300 worlds failed: [7, …".
fn seed(line: &str) -> Option<&str> {
    let rest =
        line.strip_prefix("seed ").or_else(|| Some(line.split_once(" worlds failed: [")?.1))?;
    let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_only_for_what_it_says() {
        // A test that fails for another reason would pass for one that finds the fault.
        let output =
            "thread 'a' panicked at b.rs:1:\nat 3s: 101 extra calls\nseed 7; again with: x\n";
        assert_eq!(
            judge(Some(false), output, Some("extra calls")),
            Outcome::Found("at 3s: 101 extra calls (seed 7)".to_owned())
        );
        let other = judge(Some(false), output, Some("lost"));
        assert_eq!(other, Outcome::OtherWords("at 3s: 101 extra calls (seed 7)".to_owned()));
        assert_eq!(judge(Some(true), output, Some("extra calls")), Outcome::Passed);
        assert_eq!(judge(None, "", None), Outcome::Endless);
    }

    #[test]
    fn the_seed_to_look_into_is_named() {
        assert_eq!(seed("seed 12; again with: x"), Some("12"));
        assert_eq!(seed("2 of 300 worlds failed: [107, 231]"), Some("107"));
        assert_eq!(seed("seed x"), None);
    }
}
