//! The command line.

mod drill;
mod load;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use drill::{
    DefenceChoice, DrillCommand, ProvidersArguments, ReportArguments, TargetArguments,
};
pub(crate) use load::{LoadArguments, LoadSurface};

/// Crisis-proof infrastructure for people who run on crypto markets.
///
/// Exit codes: 0 done, 1 failed, 2 a mistake in the arguments or the configuration, or a run that says nothing.
#[derive(Debug, Parser)]
#[command(name = "seawall", version, verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// How log lines look on standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl From<LogFormat> for runtime::log::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every part: those of the file, or all of them on a practice world where there is no file.
    Up {
        /// The configuration file; without it everything is embedded and nothing leaves this machine.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Where the gateway listens on the practice world.
        #[arg(
            long,
            value_name = "ADDRESS",
            default_value = "127.0.0.1:8545",
            conflicts_with = "config"
        )]
        listen: SocketAddr,
        /// Where the oracle listens on the practice world.
        #[arg(
            long,
            value_name = "ADDRESS",
            default_value = "127.0.0.1:8600",
            conflicts_with = "config"
        )]
        oracle_listen: SocketAddr,
        /// Where the venue listens on the practice world.
        #[arg(
            long,
            value_name = "ADDRESS",
            default_value = "127.0.0.1:8700",
            conflicts_with = "config"
        )]
        venue_listen: SocketAddr,
        /// Where the status page listens on the practice world.
        #[arg(
            long,
            value_name = "ADDRESS",
            default_value = "127.0.0.1:8080",
            conflicts_with = "config"
        )]
        status_listen: SocketAddr,
        /// How many simulated traders trade on the practice world's venue; none where it is 0.
        #[arg(
            long,
            value_name = "NUMBER",
            default_value_t = 2_000,
            value_parser = clap::value_parser!(u16).range(0..=10_000),
            conflicts_with = "config"
        )]
        traders: u16,
    },
    /// Run the gateway alone: one Ethereum JSON-RPC endpoint in front of many providers.
    Gateway {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Run the oracle alone: one price an asset out of many sources.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Oracle {
        /// The configuration file.
        #[arg(long, value_name = "FILE", required = true)]
        config: Option<PathBuf>,
        /// What else to do.
        #[command(subcommand)]
        command: Option<OracleCommand>,
    },
    /// Run the venue alone: a derivatives exchange that Binance's clients trade on.
    Venue {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Leave a record of the journal undone, for good: one that makes this version panic at each start.
        #[arg(long, value_name = "RECORD")]
        pass_over: Option<u64>,
    },
    /// Replay crises against the real parts, with their defences off and on.
    Drill {
        /// What to do.
        #[command(subcommand)]
        command: DrillCommand,
    },
    /// Work on configuration files.
    Config {
        /// What to do with one.
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

/// What can be done around the oracle.
#[derive(Debug, Subcommand)]
pub(crate) enum OracleCommand {
    /// Run the oracle and write down everything that comes in.
    Record {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where to write; what was there is replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The largest size in bytes, at which the recording ends.
        #[arg(long, value_name = "BYTES")]
        max_bytes: Option<u64>,
    },
    /// Work out the prices of a recording again: they must be the same, bit for bit.
    Replay {
        /// The recording.
        recording: PathBuf,
    },
    /// Run a changed configuration beside the one of a recording, and tell where they would have differed.
    Shadow {
        /// The changed configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The recording; one that is still being written will do.
        #[arg(long, value_name = "FILE")]
        recording: PathBuf,
        /// Go on with what is written later, until interrupted.
        #[arg(long)]
        follow: bool,
    },
    /// Ask a running oracle why a price is what it is.
    Explain {
        /// The feed, such as BTC/USD.
        symbol: String,
        /// The oracle.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8600")]
        url: String,
    },
    /// Connect to a real venue and show what it sends beside what is read of it.
    Probe {
        /// A source or venue of the configuration, or a venue by its own name.
        source: String,
        /// The configuration file, for its addresses and markets.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Markets by the venue's own names, where there is no configuration.
        #[arg(long, value_name = "MARKET")]
        market: Vec<String>,
        /// For how many seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = 20)]
        seconds: u64,
    },
}

/// What can be done with a configuration file.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Name every mistake at once, with line, key and what is accepted.
    Check {
        /// The configuration file.
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_as_documented() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let arguments = parse("seawall --log-format json up").expect("`up` needs no file");
        assert_eq!(arguments.log_format, LogFormat::Json);
        assert!(matches!(arguments.command, Command::Up { config: None, .. }));
        assert!(parse("seawall up --oracle-listen 127.0.0.1:0").is_ok());
        assert!(parse("seawall up --traders 0").is_ok());
        assert!(parse("seawall up --traders 10001").is_err(), "more than a laptop bears");
        assert!(parse("seawall gateway").is_err(), "the gateway alone needs a file");
        assert!(parse("seawall gateway --config a.toml --log-format json").is_ok());
        assert!(parse("seawall config check a.toml").is_ok());
        assert!(parse("seawall venue").is_err(), "the venue alone needs a file");
        assert!(parse("seawall venue --config a.toml").is_ok());
        assert!(parse("seawall oracle").is_err(), "the oracle alone needs a file");
        assert!(parse("seawall oracle --config a.toml").is_ok());
        assert!(
            parse("seawall oracle replay a.jsonl").is_ok(),
            "a recording holds its configuration"
        );
        assert!(parse("seawall oracle explain BTC/USD").is_ok());
        assert!(parse("seawall drill list").is_ok());
        assert!(parse("seawall drill run usde --seed 7 --defence both --json a.json").is_ok());
        assert!(parse("seawall drill run usde --defence maybe").is_err());
        assert!(
            parse("seawall drill run arb-rpc --target http://127.0.0.1:1 --providers-at 2").is_ok()
        );
        assert!(parse("seawall drill run arb-rpc --confirm host").is_err(), "of what target");
        assert!(parse("seawall drill providers arb-rpc --providers-on 10.0.0.1").is_ok());
        assert!(parse("seawall drill load --as venue --steps 1,2 --threshold p99<1s@2x").is_ok());
        assert!(parse("seawall drill load --confirm example.com").is_err(), "nothing is confirmed");
        assert!(parse("seawall oracle probe binance --market BTCUSDT").is_ok());
    }
}
