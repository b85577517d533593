//! What the binary can do, a file a command.

pub(crate) mod config_check;
pub(crate) mod gateway;
pub(crate) mod up;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use runtime::http::ListenError;

use crate::config::{self, Config};

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration holds mistakes; the text names them all.
    #[error("{0}")]
    Config(String),
    /// The work failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

/// Turns the outcome of a command into the exit code: 0 done, 1 failed, 2 mistakes in the configuration.
pub(crate) fn finish(outcome: Result<(), CommandError>) -> ExitCode {
    let (code, error) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error @ CommandError::Config(_)) => (ExitCode::from(2), error),
        Err(error @ CommandError::Failed(_)) => (ExitCode::FAILURE, error),
    };
    let prefix = if matches!(error, CommandError::Failed(_)) { "error: " } else { "" };
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

/// The error for an address that cannot be listened on: what the system said, and the key to change.
pub(crate) fn listen_error(key: &str, error: &ListenError) -> CommandError {
    CommandError::Failed(anyhow::anyhow!("{error}; stop what listens there, or change {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_the_key_to_change() {
        let address = "127.0.0.1:8545".parse().expect("an address");
        let error = ListenError { address, reason: "the port is taken".to_owned() };
        let message = listen_error("gateway.listen", &error).to_string();
        assert!(
            message.starts_with("cannot listen on 127.0.0.1:8545: the port is taken"),
            "{message}"
        );
        assert!(message.contains("change gateway.listen"), "{message}");
    }
}
