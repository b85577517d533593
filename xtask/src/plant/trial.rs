//! Runs a test on a tree with a fault in it.

use std::fmt;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::patch::Finder;
use crate::command::cargo;

/// Longest that a build, or a test with a fault in it, may take; a fault can make a loop endless.
const TIME_MAX: Duration = Duration::from_secs(900);

/// Longest that one world of a simulation may take, in seconds: they take milliseconds, unless a fault makes a loop
/// endless. The simulation says then which world it is.
const PATIENCE: &str = "45";

/// Most memory that a test may have, in KiB: a fault can make a list endless, and the machine is not the test's alone.
const MEMORY_MAX: &str = "ulimit -v 6291456; exec \"$@\"";

/// Longest part of a failure's own words in the table, in characters.
const SHOWN_MAX: usize = 150;

/// What came of running a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It passed.
    Passed,
    /// It failed and said what it should; the line that says it, and the seed where it names one.
    Found(String, Option<u64>),
    /// It failed with other words; what it said first.
    OtherWords(String),
    /// It did not come to an end.
    Endless,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => formatter.write_str("NOT FOUND: the test passes"),
            Self::Found(line, None) => write!(formatter, "found: {line}"),
            Self::Found(line, Some(seed)) => write!(formatter, "found by seed {seed}: {line}"),
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
    pub(super) fn run(&self, finder: &Finder, says: Option<&str>) -> Result<(Outcome, Duration)> {
        let words: Vec<&str> = finder.arguments.iter().map(String::as_str).collect();
        let worlds = finder.worlds;
        if let Some(build) = &finder.build {
            self.build(&build.iter().map(String::as_str).collect::<Vec<_>>(), worlds)?;
        }
        let mut build = words.clone();
        build.push("--no-run");
        self.build(&build, worlds)?;
        let start = Instant::now();
        let (status, output) = self.run_to_end(bounded(&cargo(&self.tree, &words)), worlds)?;
        Ok((judge(status.map(|status| status.success()), &output, says), start.elapsed()))
    }

    fn build(&self, words: &[&str], worlds: u32) -> Result<()> {
        let (status, said) = self.run_to_end(cargo(&self.tree, words), worlds)?;
        if !status.is_some_and(|status| status.success()) {
            bail!("`cargo {}` does not build:\n{said}", words.join(" "));
        }
        Ok(())
    }

    /// Runs cargo on the tree; `None` for a status where it took too long.
    fn run_to_end(
        &self,
        mut command: Command,
        worlds: u32,
    ) -> Result<(Option<ExitStatus>, String)> {
        let log = self.target.with_extension("log");
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command
            .env("CARGO_TARGET_DIR", &self.target)
            .env("SEAWALL_SEEDS", worlds.to_string())
            .env("SEAWALL_PATIENCE", PATIENCE)
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

/// The same command, with a bound on its memory.
fn bounded(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", MEMORY_MAX, "sh"]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

fn judge(success: Option<bool>, output: &str, says: Option<&str>) -> Outcome {
    match success {
        None => Outcome::Endless,
        Some(true) => Outcome::Passed,
        Some(false) => {
            let found = says.and_then(|says| output.lines().find(|line| line.contains(says)));
            match found {
                Some(line) => Outcome::Found(shown(line), lowest_seed(output)),
                None => Outcome::OtherWords(shown(first_words(output))),
            }
        }
    }
}

/// What the first panic said.
fn first_words(output: &str) -> &str {
    let mut lines = output.lines().skip_while(|line| !line.contains("panicked at"));
    lines.nth(1).unwrap_or("it fails without a panic")
}

/// A line, shortened.
fn shown(line: &str) -> String {
    line.trim().chars().take(SHOWN_MAX).collect()
}

/// The lowest seed that an output says failed.
fn lowest_seed(output: &str) -> Option<u64> {
    output.lines().filter_map(seed).min()
}

/// The seed that a line of a simulation's failure names: "seed 7; again with" or "3 of 300 worlds failed: [7, …".
fn seed(line: &str) -> Option<u64> {
    let rest =
        line.strip_prefix("seed ").or_else(|| Some(line.split_once(" worlds failed: [")?.1))?;
    let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
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
            Outcome::Found("at 3s: 101 extra calls".to_owned(), Some(7))
        );
        let other = judge(Some(false), output, Some("lost"));
        assert_eq!(other, Outcome::OtherWords("at 3s: 101 extra calls".to_owned()));
        assert_eq!(judge(Some(true), output, Some("extra calls")), Outcome::Passed);
        assert_eq!(judge(None, "", None), Outcome::Endless);
    }

    #[test]
    fn the_seed_to_look_into_is_named() {
        assert_eq!(seed("seed 12; again with: x"), Some(12));
        assert_eq!(seed("2 of 300 worlds failed: [107, 231]"), Some(107));
        assert_eq!(seed("seed x"), None);
        assert_eq!(lowest_seed("seed 9: it\nseed 4, command 7: that\n"), Some(4));
    }
}
