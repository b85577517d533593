//! What the seawall binary is made of: arguments, configuration, wiring.
//!
//! A library so that the configuration can be checked by others than the binary, the fuzzing targets
//! among them.

mod arguments;
mod commands;
pub mod config;
mod controls;
pub mod drills;
mod error;
mod overview;
mod parts;
mod practice;
mod practice_drills;
mod practice_folder;
mod practice_venue;
mod prices;
mod venue_account;
mod venue_view;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand};
use commands::up::PracticePlan;

/// Does what the command line asks for; the exit code says what came of it.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let log_format = arguments.log_format.into();
    let outcome = match &arguments.command {
        Command::Up { config, listen, oracle_listen, venue_listen, status_listen, traders } => {
            let plan = PracticePlan {
                gateway: *listen,
                oracle: *oracle_listen,
                venue: *venue_listen,
                status: *status_listen,
                traders: usize::from(*traders),
            };
            commands::up::run(config.as_deref(), plan, log_format)
        }
        Command::Gateway { config } => commands::gateway::run(config, log_format),
        Command::Oracle { config, command } => match (command, config) {
            (Some(command), _) => commands::oracle::work(command, log_format),
            (None, Some(config)) => commands::oracle::run(config, log_format),
            // The command line does not come to this.
            (None, None) => Ok(()),
        },
        Command::Venue { config, pass_over } => {
            commands::venue::run(config, *pass_over, log_format)
        }
        Command::Drill { command } => commands::drill::run(command, log_format),
        Command::Config { command: ConfigCommand::Check { file } } => {
            commands::config_check::run(file)
        }
    };
    commands::finish(outcome)
}
