//! `seawall up`: every part, on a practice world where there is no configuration.

use std::path::Path;

use runtime::log::Format;

use super::CommandError;
use super::gateway::serve;

/// Serves what the file names, or everything on a practice world, until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or a part cannot start.
pub(crate) fn run(file: Option<&Path>, log_format: Format) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    let Some(file) = file else {
        return Err(CommandError::Failed(anyhow::anyhow!(
            "the practice world is not built yet; give --config FILE"
        )));
    };
    serve(&super::load(file)?)
}
