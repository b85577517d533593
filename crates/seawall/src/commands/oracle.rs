//! `seawall oracle …`: the oracle alone, and the work around it.

mod explain;
mod probe;
mod replay;
mod shadow;

use std::path::Path;

use ::oracle::config::{DEFAULT_RECORD_BYTES, OracleConfig, RecordConfig};
use anyhow::Context as _;
use runtime::log::Format;

use crate::arguments::OracleCommand;
use crate::config::{self, Config};
use crate::error::CommandError;
use crate::parts::{FILE_KEYS, Parts};

/// Reads the file and serves until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or a part cannot start.
pub(crate) fn run(file: &Path, log_format: Format) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    serve(file, None)
}

/// Does what a command around the oracle asks for.
///
/// # Errors
/// Where a file holds a mistake, the work fails, or what was to be the same is not.
pub(crate) fn work(command: &OracleCommand, log_format: Format) -> Result<(), CommandError> {
    match command {
        OracleCommand::Record { config, out, max_bytes } => {
            runtime::log::start(log_format, "info");
            let bytes_max = max_bytes.unwrap_or(DEFAULT_RECORD_BYTES);
            serve(config, Some(RecordConfig { file: out.clone(), bytes_max }))
        }
        OracleCommand::Replay { recording } => replay::run(recording),
        OracleCommand::Shadow { config, recording, follow } => {
            shadow::run(config, recording, *follow)
        }
        OracleCommand::Explain { symbol, url } => explain::run(symbol, url),
        OracleCommand::Probe { source, config, market, seconds } => {
            probe::run(source, config.as_deref(), market, *seconds)
        }
    }
}

fn serve(file: &Path, record: Option<RecordConfig>) -> Result<(), CommandError> {
    let config = super::load(file)?;
    let Some(mut oracle) = config.oracle else { return Err(super::no_table(file, "oracle")) };
    if record.is_some() {
        oracle.record = record;
    }
    // The other parts of the file run in processes of their own.
    let config = Config { gateway: None, venue: None, oracle: Some(oracle), ..config };
    Parts::start(&config, None, FILE_KEYS)?.run_until_stopped();
    Ok(())
}

/// The oracle's part of a configuration file.
fn load_oracle(file: &Path) -> Result<OracleConfig, CommandError> {
    super::load(file)?.oracle.ok_or_else(|| super::no_table(file, "oracle"))
}

/// The configuration that a recording begins with.
fn recorded_config(recording: &Path, text: &str) -> Result<OracleConfig, CommandError> {
    let checked = config::check(text, &|name| std::env::var(name).ok());
    let config = checked
        .config
        .map_err(|mistakes| CommandError::Config(config::listing(recording, &mistakes, &[])))?;
    let oracle = config.oracle.context("the recording's configuration has no [oracle]")?;
    Ok(oracle)
}

/// The time of day of a moment, in UTC.
fn time_of_day(unix_ms: u64) -> String {
    let (seconds, millis) = (unix_ms / 1_000, unix_ms % 1_000);
    let (hour, minute) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}.{millis:03}", seconds % 60)
}

/// What the core found wrong, or why a recording cannot be read.
fn replay_error(error: ::oracle::ReplayError) -> CommandError {
    match error {
        ::oracle::ReplayError::Record(error) => CommandError::Failed(error.into()),
        ::oracle::ReplayError::Config(mistakes) => CommandError::Config(
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        ),
    }
}
