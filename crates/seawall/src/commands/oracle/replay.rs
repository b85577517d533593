//! `seawall oracle replay FILE`: works out the prices of a recording again.

use std::io::Write as _;
use std::path::Path;

use ::oracle::{Recording, Replayed, replay};
use anyhow::Context as _;

use super::{recorded_config, replay_error, time_of_day};
use crate::error::CommandError;

/// Prints what the recording comes to, with the last digest of every feed.
///
/// # Errors
/// Where the file is no recording, or anything is not as it was recorded.
pub(super) fn run(file: &Path) -> Result<(), CommandError> {
    let mut recording = Recording::open(file).map_err(anyhow::Error::from)?;
    let config = recorded_config(file, &recording.header().config)?;
    let replayed = replay(&mut recording, &config).map_err(replay_error)?;
    say(&replayed).context("cannot write to standard output")?;
    match &replayed.difference {
        Some(difference) => {
            let other = other_version(&recording.header().seawall);
            Err(anyhow::anyhow!("not as it was recorded: {difference}{other}").into())
        }
        None => Ok(()),
    }
}

/// What is to be said where another version made the recording: its rules may be others, and nothing is wrong.
fn other_version(made_by: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    match made_by {
        _ if made_by == own => String::new(),
        "" => format!("; it does not say which version made it, and this is {own}"),
        _ => format!("; version {made_by} made it, and this is {own}, whose rules may be others"),
    }
}

fn say(replayed: &Replayed) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (symbol, digest) in &replayed.digests {
        writeln!(out, "{digest}  {symbol}")?;
    }
    if let Some((first, last)) = replayed.between {
        let (first, last) = (time_of_day(first.unix_ms), time_of_day(last.unix_ms));
        writeln!(out, "from {first} to {last} UTC")?;
    }
    if replayed.torn {
        writeln!(out, "the last line is torn and left out")?;
    }
    if let Some(why) = &replayed.ended {
        writeln!(out, "the recording was ended: {why}")?;
    }
    let (events, ticks) = (replayed.events, replayed.ticks);
    match replayed.difference {
        None => writeln!(out, "ok: {events} events, {ticks} ticks, every digest as recorded"),
        Some(_) => writeln!(out, "{events} events, {ticks} ticks up to the first difference"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_may_have_other_rules() {
        // Else an improvement looks like a machine that cannot be relied upon.
        assert_eq!(other_version(env!("CARGO_PKG_VERSION")), "");
        assert!(other_version("0.0.1").contains("version 0.0.1 made it"));
    }

    #[test]
    fn a_file_that_is_no_recording_is_said_to_be_none() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "{}\n").expect("it can be written");
        let error = run(file.path()).expect_err("must be refused").to_string();
        assert!(error.contains("is no recording that this version reads"), "{error}");
    }
}
