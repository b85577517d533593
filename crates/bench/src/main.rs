//! Benchmarks: `bench gateway` measures, and starts `bench stub` and `bench pace` for it.

mod figures;
mod gateway;
mod journal;
mod notes;
mod oracle;
mod oracle_days;
mod pace;
mod process;
mod stub;
mod venue;
mod venue_load;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: bench <what>

  gateway [--quick] [--rounds N] [--seconds N] [--only ROW] [--seawall FILE] [--out FILE]
                                  the gateway beside nginx and HAProxy
  journal [--on FOLDER] [--out FILE]  the journal beside okaywal and a bare file
  oracle [--out FILE]             the oracle's parsers and core beside serde_json and ccxt
  oracle-days [--out FILE]        the oracle beside other rules, on days of trouble
  venue [--only PART] [--out FILE]  the venue's matching beside other engines, and its other parts
  venue-load [--only fair|fifo|plain] [--times N] [--seconds N] [--seed N] [--seawall FILE] [--on FOLDER]
             [--out FILE] [--json FILE]   the venue under load, with its admission and without
  echo ADDRESS                    bare echoes through axum
  venue-one ENGINE SYMBOLS COMMANDS  one engine of the venue's rows, for a profiler
  stub ADDRESS…                   a stand-in for a node; the last address fails calls
  pace ADDRESS RATE SECONDS FROM CONNECTIONS   calls at a fixed rate";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["gateway", options @ ..] => gateway::run(options),
        ["journal", options @ ..] => journal::run(options),
        ["oracle", options @ ..] => oracle::run(options),
        ["oracle-days", options @ ..] => oracle_days::run(options),
        ["venue", options @ ..] => venue::run(options),
        ["venue-load", options @ ..] => venue_load::run(options),
        ["echo", address] => venue_load::echo(address),
        ["venue-one", engine, symbols, commands] => venue::one(engine, symbols, commands),
        ["stub", addresses @ ..] => stub::run(addresses),
        ["pace", address, rate, seconds, from, connections] => {
            let plan = pace::Plan {
                address: address.parse()?,
                rate: rate.parse()?,
                seconds: seconds.parse()?,
                from: from.parse()?,
                connections: connections.parse()?,
            };
            say(&pace::run(&plan)?);
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

/// Prints a line; a reader who has left is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _printed = writeln!(out, "{line}").and_then(|()| out.flush()).is_ok();
}
