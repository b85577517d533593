//! `seawall venue --config FILE`: the venue alone, with the status page where the file names one.

use std::path::Path;

use runtime::log::Format;

use crate::config::Config;
use crate::error::CommandError;
use crate::parts::{FILE_KEYS, Parts};

/// Reads the file and serves until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or the venue cannot start. It does not try again by itself: what is wrong with a
/// journal is the same the next time.
pub(crate) fn run(
    file: &Path,
    pass_over: Option<u64>,
    log_format: Format,
) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    let config = super::load(file)?;
    let mut venue = config.venue.ok_or_else(|| super::no_table(file, "venue"))?;
    venue.journal.pass_over = pass_over;
    // The other parts of the file run in processes of their own.
    let config = Config { gateway: None, oracle: None, venue: Some(venue), ..config };
    Parts::start(&config, None, FILE_KEYS)?.run_until_stopped();
    Ok(())
}
