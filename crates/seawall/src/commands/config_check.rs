//! `seawall config check FILE`: every mistake at once.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::config;
use crate::error::CommandError;

/// Prints the mistakes and warnings of a file, and one line that sums up.
///
/// # Errors
/// Where the file holds a mistake or cannot be read.
pub(crate) fn run(file: &Path) -> Result<(), CommandError> {
    let checked = config::load(file).map_err(CommandError::Config)?;
    match &checked.config {
        Ok(config) => {
            let notes = config::listing(file, &[], &checked.warnings);
            let mut out = std::io::stdout().lock();
            writeln!(out, "{notes}ok: {}", config.summary())
                .context("cannot write to standard output")?;
            Ok(())
        }
        Err(mistakes) => {
            Err(CommandError::Config(config::listing(file, mistakes, &checked.warnings)))
        }
    }
}
