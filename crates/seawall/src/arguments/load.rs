//! The command line of the capacity test.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is loaded, how much, and what it has to hold to.
#[derive(Debug, Args)]
pub(crate) struct LoadArguments {
    /// Your own endpoint; without it a gateway over practice nodes, or a venue, is started in this process.
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// The target's host once more, where it is not this machine: it says that you may load it.
    #[arg(long, value_name = "HOST", requires = "target")]
    pub confirm: Option<String>,
    /// As what it is asked.
    #[arg(long = "as", value_enum, value_name = "WHAT", default_value_t = LoadSurface::Gateway)]
    pub surface: LoadSurface,
    /// Requests a second at 1x; 50, and 2 for a target that is not this machine.
    #[arg(long, value_name = "NUMBER")]
    pub rate: Option<u32>,
    /// The steps, in times of that.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2,5,10,20,50,100")]
    pub steps: Vec<u32>,
    /// How long each step lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub step_seconds: u64,
    /// What every step has to hold to, such as p99<250ms, failed<1%, shed<5% or goodput>95%; with @10x at that step alone;
    /// with ! at the end a crossing ends the run. Without any: p99<500ms, failed<1%, goodput>95%.
    #[arg(long = "threshold", value_name = "THRESHOLD")]
    pub thresholds: Vec<String>,
    /// The calls, a JSON object a line, in the place of a mix of our own.
    #[arg(long, value_name = "FILE")]
    pub calls: Option<PathBuf>,
    /// Within how long of when it was due an answer is of use.
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub in_time: String,
    /// How long an answer is waited for.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub timeout: String,
    /// Requests under way at most, each over a connection; what is due beyond is not sent, and has failed. 500, or as many
    /// as the open files of a process allow.
    #[arg(long, value_name = "NUMBER")]
    pub connections: Option<usize>,
    /// Requests a second at most: 20000, and 200 for a target that is not this machine.
    #[arg(long, value_name = "NUMBER")]
    pub most: Option<u32>,
    /// Come from so many addresses of this machine, as which servers tell clients apart; for targets in 127.0.0.0/8.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=250))]
    pub clients: Option<u8>,
    /// What times and calls are drawn from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Write the figures there, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// As what a target is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoadSurface {
    /// JSON-RPC over HTTP.
    Gateway,
    /// Binance's USD-margined futures. Orders are only tested, and need `SEAWALL_LOAD_KEY` and `SEAWALL_LOAD_SECRET`.
    Venue,
}
