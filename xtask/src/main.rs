//! Repository chores: `tidy` checks the house rules, `tools` installs what the end-to-end suite needs,
//! `test` is the whole gate, `bench` measures, `plant` tries the tests on known faults, `proof` runs long proofs.

mod bench;
mod command;
mod gate;
mod plant;
mod proof;
mod suite;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "usage: cargo xtask <chore>

  tidy           check layers, purity, module cycles, sizes, words, links and invariants
  tools          install the nodes and clients of the end-to-end suite into .tools
  test           the whole gate: format, tidy, lints, tests, docs, end-to-end
  test --fast    the gate without the end-to-end suite
  test --end-to-end  that suite alone
  bench journal  measure the journal beside okaywal and a bare file (a minute, on an idle machine) and
                 write docs/benchmarks/journal.md
  bench oracle   measure the oracle's parsers and core beside serde_json and ccxt (a minute, on an idle
                 machine) and write docs/benchmarks/oracle.md
  bench oracle-days  play days of trouble to the oracle and to other rules (half a minute) and write
                 docs/benchmarks/oracle-days.md
  bench gateway  measure the gateway beside nginx and HAProxy (10 to 15 minutes, on an idle machine)
                 and write docs/benchmarks/gateway.md; --quick looks once and writes nothing
  bench venue    measure the venue's matching beside other engines (minutes, on an idle machine) and write
                 docs/benchmarks/venue.md; --only PART looks at one part and writes nothing
  bench venue-load  put the real venue under 1, 10 and 100 times its capacity, with its admission and without
                 (three minutes, on an idle machine) and write docs/benchmarks/venue-load.md; with
                 --only fair|fifo|plain or --times N it looks at a part and writes nothing
  plant          plant every fault of the folder plants into a copy of the tree, one at a time, and see
                 that the tests find it; with names, or what names begin with, only those; --out FILE writes
                 the table to a page; --check only sees that they still fit
  proof          list the long proofs; with a name, run that one and write its table into docs/proofs";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = root()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => tidy::run(&root),
        ["tools"] => tools::run(&root),
        ["test"] => gate::run(&root, gate::Extent::Whole),
        ["bench", "journal"] => bench::journal(&root),
        ["bench", "oracle"] => bench::oracle(&root),
        ["bench", "oracle-days"] => bench::oracle_days(&root),
        ["bench", "gateway", options @ ..] => bench::gateway(&root, options),
        ["bench", "venue-load", options @ ..] => bench::venue_load(&root, options),
        ["bench", "venue", options @ ..] => bench::venue(&root, options),
        ["plant", "--check"] => plant::check(&root),
        ["plant", names @ .., "--out", out] if are_names(names) => {
            plant::run(&root, names, Some(out))
        }
        ["plant", names @ ..] if are_names(names) => plant::run(&root, names, None),
        ["proof", words @ ..] => proof::run(&root, words),
        ["test", "--fast"] => gate::run(&root, gate::Extent::Fast),
        ["test", "--end-to-end"] => gate::end_to_end(&root),
        _ => bail!("{USAGE}"),
    }
}

fn are_names(words: &[&str]) -> bool {
    words.iter().all(|word| !word.starts_with('-'))
}

/// The repository's root: the folder above this crate's, as cargo tells it.
fn root() -> Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("run me as `cargo xtask`")?;
    let root = Path::new(&here).parent().context("the xtask crate has no folder above it")?;
    Ok(root.to_path_buf())
}
