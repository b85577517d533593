//! The command line of the drills.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::LoadArguments;

/// What can be done with drills.
#[derive(Debug, Subcommand)]
pub(crate) enum DrillCommand {
    /// Show which drills there are: name, date, what each shows, and the minutes that it takes.
    List {
        /// Show the mechanisms with their parameters and figures instead, for an incident of your own.
        #[arg(long)]
        mechanisms: bool,
        /// Show the drills as a table for a page of documentation.
        #[arg(long, conflicts_with = "mechanisms")]
        markdown: bool,
    },
    /// Run one drill, an incident's file of your own, or `all`; exit code 1 where a defence does not hold.
    Run {
        /// The drill's name, the path of a file that ends in .toml, or `all`.
        name: String,
        /// What chance is drawn from; the same seed gives the same damage where the drill is deterministic.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        seed: u64,
        /// Which runs are made; `each` takes each defence off alone, too, and tries the other remedies.
        /// Usually `each`, and `both` beside a target.
        #[arg(long, value_enum, value_name = "WHICH")]
        defence: Option<DefenceChoice>,
        /// The short form, as the tests run it.
        #[arg(long)]
        short: bool,
        /// Write parameters, figures, curves and events there, as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// A portfolio in the place of the synthetic population: CSV.
        #[arg(long, value_name = "FILE")]
        portfolio: Option<PathBuf>,
        /// Run a market drill with so many seeds, from `--seed` on, and say the 95th percentiles of what is lost and of
        /// what is liquidated, with their intervals. With `--short` a thousand take minutes.
        #[arg(long, value_name = "NUMBER")]
        seeds: Option<u32>,
        /// A gateway of your own beside Seawall.
        #[command(flatten)]
        target: TargetArguments,
    },
    /// Show the providers of a drill, so that a gateway of your own can be told of them before `run --target`.
    Providers {
        /// The drill's name.
        name: String,
        /// Where they will be.
        #[command(flatten)]
        providers: ProvidersArguments,
    },
    /// Load a gateway or a venue, step by step up to a hundred times, and say what it stands.
    ///
    /// Exit codes: 0 all thresholds held, 1 one was crossed, 2 a mistake in the arguments, a target that is not there, a run
    /// that was broken off, or one that is void since the load did not keep its own schedule.
    Load(LoadArguments),
    /// Make the report: one page for a board, from all drills, some, or earlier runs.
    Report(ReportArguments),
    /// Draw incidents at random until time is up, and run their short forms; exit code 1 where a defence does not hold.
    ///
    /// Kinds of incidents come by the weights of the article's pie (35, 20, 18, 12, 10, 5), for which there is no
    /// source. `run mix` is a soak of three minutes.
    Soak {
        /// How long, in hours. The drill that runs then is run to its end.
        #[arg(long, value_name = "HOURS", default_value_t = 1.0)]
        hours: f64,
        /// What the incidents and their own seeds are drawn from.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        seed: u64,
    },
}

/// A gateway of the user's own that a drill is run against.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// Run the drill against a gateway of your own, too: its URL on this machine, or on the host that `--confirm` names.
    /// It has to be told of the providers beforehand, which `drill providers` shows.
    #[arg(long, value_name = "URL", conflicts_with_all = ["portfolio", "seeds"])]
    pub target: Option<String>,
    /// The host of the target, where it is another machine: a drill is a crisis for it.
    #[arg(long, value_name = "HOST", requires = "target")]
    pub confirm: Option<String>,
    /// For how many seconds on end the target has to answer before the incident begins: as long as it takes to find
    /// providers that have just come up.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 5,
        value_parser = clap::value_parser!(u16).range(0..=300)
    )]
    pub settle: u16,
    /// Where the providers will be.
    #[command(flatten)]
    pub providers: ProvidersArguments,
}

/// Where the providers of a drill against a gateway of the user's own listen.
#[derive(Debug, Args)]
pub(crate) struct ProvidersArguments {
    /// The first provider's port; the others have those that follow.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 18_545,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub providers_at: u16,
    /// The address of this machine at which your gateway reaches them.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub providers_on: IpAddr,
}

/// What a report is made of, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The drills, or incidents' files; all drills with all their profiles where none is named.
    pub names: Vec<String>,
    /// The folder for `index.html`, `picture.svg` and `drills.json`; it is made if need be.
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["picture", "remedies"])]
    pub out: Option<PathBuf>,
    /// Write the picture of the first screen there, as SVG.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Write there what each remedy that the articles name is worth, as a table in Markdown.
    #[arg(long, value_name = "FILE")]
    pub remedies: Option<PathBuf>,
    /// Run nothing, and take what these files of `run --json` or of an earlier report say.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["names", "short", "seed", "seeds"])]
    pub from: Vec<PathBuf>,
    /// Run the drills that have a measure of risk with so many seeds besides, in their short form, for the losses and liquidations at risk.
    #[arg(long, value_name = "NUMBER")]
    pub seeds: Option<u32>,
    /// What chance is drawn from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// The short forms, as the tests run them.
    #[arg(long)]
    pub short: bool,
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
