//! Builds what is measured and what measures it, and starts the latter.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::{self, cargo};

/// Where the whole table goes, seen from the root.
const TABLE: &str = "docs/benchmarks/gateway.md";

/// The table of the oracle's speed, seen from the root.
const SPEED: &str = "docs/benchmarks/oracle.md";

/// The table of the oracle's days, seen from the root.
const DAYS: &str = "docs/benchmarks/oracle-days.md";

/// The page of the venue's speed, seen from the root.
const VENUE: &str = "docs/benchmarks/venue.md";

/// The page of the venue under load, seen from the root.
const LOAD: &str = "docs/benchmarks/venue-load.md";

/// The page of the journal's speed, seen from the root.
const JOURNAL: &str = "docs/benchmarks/journal.md";

/// The gateway beside nginx and HAProxy. Only a run of everything is written down.
pub(crate) fn gateway(root: &Path, options: &[&str]) -> Result<()> {
    let build =
        ["build", "--release", "--locked", "--quiet", "--package", "seawall", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new(root.join("target/release/bench"));
    bench.current_dir(root).arg("gateway").args(options);
    if options.is_empty() {
        bench.args(["--out", TABLE]);
    }
    command::run(&mut bench)
}

/// The oracle beside other rules on days of trouble; the table is made anew.
pub(crate) fn oracle_days(root: &Path) -> Result<()> {
    let build = ["build", "--release", "--locked", "--quiet", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new(root.join("target/release/bench"));
    command::run(bench.current_dir(root).args(["oracle-days", "--out", DAYS]))
}

/// The oracle's parsers and core beside other parsers, all on one core.
pub(crate) fn oracle(root: &Path) -> Result<()> {
    let build = ["build", "--release", "--locked", "--quiet", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new("taskset");
    bench.current_dir(root).args(["--cpu-list", "1"]).arg(root.join("target/release/bench"));
    command::run(bench.args(["oracle", "--out", SPEED]))
}

/// The venue's book beside other engines, all on one core. Only a run of everything is written down.
pub(crate) fn venue(root: &Path, options: &[&str]) -> Result<()> {
    let build = ["build", "--release", "--locked", "--quiet", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new("taskset");
    bench.current_dir(root).args(["--cpu-list", "1"]).arg(root.join("target/release/bench"));
    bench.arg("venue").args(options);
    if options.is_empty() {
        bench.args(["--out", VENUE]);
    }
    command::run(&mut bench)
}

/// The real venue under load, with its admission and without, then as fast as it goes. Only a run of everything is
/// written down.
pub(crate) fn venue_load(root: &Path, options: &[&str]) -> Result<()> {
    let build =
        ["build", "--release", "--locked", "--quiet", "--package", "seawall", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new(root.join("target/release/bench"));
    bench.current_dir(root).arg("venue-load").args(options);
    if options.is_empty() {
        bench.args(["--out", LOAD]);
    }
    command::run(&mut bench)
}

/// The journal beside okaywal and a bare file, on the disk that the build is on.
pub(crate) fn journal(root: &Path) -> Result<()> {
    let build = ["build", "--release", "--locked", "--quiet", "--package", "bench"];
    command::run(&mut cargo(root, &build))?;
    let mut bench = Command::new(root.join("target/release/bench"));
    command::run(bench.current_dir(root).args(["journal", "--out", JOURNAL]))
}
