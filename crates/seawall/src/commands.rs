//! What the binary can do, a file a command.

pub(crate) mod config_check;
pub(crate) mod drill;
pub(crate) mod gateway;
pub(crate) mod oracle;
pub(crate) mod up;
pub(crate) mod venue;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Config};
use crate::error::CommandError;

/// Turns the outcome of a command into the exit code: 0 done, 1 failed, 2 mistakes in the arguments or the configuration, or
/// a run that says nothing.
pub(crate) fn finish(outcome: Result<(), CommandError>) -> ExitCode {
    let (code, error) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error @ (CommandError::Config(_) | CommandError::Void(_))) => {
            (ExitCode::from(2), error)
        }
        Err(error @ CommandError::Failed(_)) => (ExitCode::FAILURE, error),
    };
    let prefix = if matches!(error, CommandError::Config(_)) { "" } else { "error: " };
    // Where standard error is closed nobody is left to tell.
    drop(writeln!(std::io::stderr().lock(), "{prefix}{error}"));
    code
}

/// Reads a configuration file for a command that runs it, and logs its warnings.
///
/// # Errors
/// Every mistake of the file, in one text.
pub(crate) fn load(file: &Path) -> Result<Config, CommandError> {
    let checked = config::load(file).map_err(CommandError::Config)?;
    for warning in &checked.warnings {
        tracing::warn!(file = %file.display(), line = warning.line, key = warning.key, "{}", warning.message);
    }
    checked.config.map_err(|mistakes| CommandError::Config(config::listing(file, &mistakes, &[])))
}

/// The mistake of a file that does not configure what the command runs.
fn no_table(file: &Path, table: &str) -> CommandError {
    let file = file.display();
    CommandError::Config(format!(
        "{file}: [{table}] is missing; this command runs what it configures"
    ))
}
