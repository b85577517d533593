//! What the seawall binary is made of: arguments, configuration, wiring.
//!
//! A library so that the configuration can be checked by others than the binary, the fuzzing targets
//! among them.

mod arguments;
mod commands;
pub mod config;
mod controls;
mod error;
mod overview;
mod parts;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand};
use commands::up::PracticeAddresses;

/// Does what the command line asks for; the exit code says what came of it.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Up { config, listen, status_listen } => {
            let addresses = PracticeAddresses { gateway: *listen, status: *status_listen };
            commands::up::run(config.as_deref(), addresses, arguments.log_format.into())
        }
        Command::Gateway { config } => commands::gateway::run(config, arguments.log_format.into()),
        Command::Config { command: ConfigCommand::Check { file } } => {
            commands::config_check::run(file)
        }
    };
    commands::finish(outcome)
}
