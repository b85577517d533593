//! The seawall binary: arguments, configuration, wiring.

mod arguments;
mod commands;
mod config;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Up { config } => commands::up::run(config.as_deref(), arguments.log_format.into()),
        Command::Gateway { config } => commands::gateway::run(config, arguments.log_format.into()),
        Command::Config { command: ConfigCommand::Check { file } } => {
            commands::config_check::run(file)
        }
    };
    commands::finish(outcome)
}
