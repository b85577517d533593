//! `seawall gateway --config FILE`: the gateway alone.

use std::path::Path;

use gateway::{Gateway, StartError};
use runtime::log::Format;

use super::{CommandError, listen_error};
use crate::config::Config;

/// Reads the file and serves until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or the gateway cannot start.
pub(crate) fn run(file: &Path, log_format: Format) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    let config = super::load(file)?;
    serve(&config)
}

/// Runs what a configuration names until the process is told to stop.
///
/// # Errors
/// Where a part cannot start.
pub(crate) fn serve(config: &Config) -> Result<(), CommandError> {
    let gateway = start(config)?;
    runtime::task::block_on(runtime::signal::stop_requested());
    tracing::info!("stopping: calls in flight may end");
    gateway.stop();
    Ok(())
}

/// Starts the gateway and says how independent its upstreams are.
///
/// # Errors
/// Where its address cannot be bound.
pub(crate) fn start(config: &Config) -> Result<Gateway, CommandError> {
    let gateway = Gateway::start(config.gateway.clone())
        .map_err(|StartError::Listen(error)| listen_error("gateway.listen", &error))?;
    for (chain, report) in gateway.domain_reports() {
        tracing::info!(chain, "{report}");
        for warning in &report.warnings {
            tracing::warn!(chain, "{warning}");
        }
    }
    tracing::info!(address = %gateway.address(), "the gateway listens");
    Ok(gateway)
}
