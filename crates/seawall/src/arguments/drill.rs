//! The command line of the drills.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// What can be done with drills.
#[derive(Debug, Subcommand)]
pub(crate) enum DrillCommand {
    /// Show which drills there are: name, date, what each shows, and the minutes that it takes.
    List {
        /// Show the mechanisms with their parameters and figures instead, for an incident of your own.
        #[arg(long)]
        mechanisms: bool,
    },
    /// Run one drill, an incident's file of your own, or `all`; exit code 1 where a defence does not hold.
    Run {
        /// The drill's name, the path of a file that ends in .toml, or `all`.
        name: String,
        /// What chance is drawn from; the same seed gives the same damage where the drill is deterministic.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        seed: u64,
        /// Which runs are made; `each` takes each defence off alone, too, and tries the other remedies.
        #[arg(long, value_enum, value_name = "WHICH", default_value_t = DefenceChoice::Each)]
        defence: DefenceChoice,
        /// The short form, as the tests run it.
        #[arg(long)]
        short: bool,
        /// Write parameters, figures, curves and events there, as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// A portfolio in the place of the synthetic population: CSV.
        #[arg(long, value_name = "FILE")]
        portfolio: Option<PathBuf>,
    },
}

/// Which runs of a drill are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DefenceChoice {
    /// With all defences on.
    On,
    /// With none.
    Off,
    /// These two.
    Both,
    /// Every run.
    Each,
}
