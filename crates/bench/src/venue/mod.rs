//! The venue's speed: matching beside other engines, the whole step, snapshots, and the risk of many accounts.

mod crash;
mod draw;
mod engines;
mod flow;
mod instructions;
mod matching;
mod measure;
mod path;
mod risk;
mod snapshot;
mod step;

use anyhow::{Context as _, Result, bail};

use crate::gateway::machine;
use crate::{notes, say};

/// A part of the page, and what measures it.
type Section = (&'static str, fn() -> Result<String>);

/// The page's parts, in its order.
const SECTIONS: [Section; 6] = [
    ("matching", matching::section),
    ("step", step::section),
    ("snapshot", snapshot::section),
    ("risk", risk::section),
    ("day", risk::day::section),
    ("crash", crash::section),
];

/// Measures, prints the page and writes it where the options say; with `--only` one part, which is only printed.
///
/// # Errors
/// Where an option is not known, something does not run, or the file cannot be written.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let (only, out) = match options {
        [] => (None, None),
        ["--out", path] => (None, Some(*path)),
        ["--only", part] => (Some(*part), None),
        _ => bail!("the options are --out FILE or --only PART"),
    };
    let mut text = format!(
        "# The venue's speed\n\nMade by `cargo xtask bench venue`, on one core of {}.\n",
        machine()
    );
    let mut measured = 0_usize;
    for (name, section) in SECTIONS {
        if only.is_none_or(|only| only == name) {
            text.push('\n');
            text.push_str(&section().with_context(|| format!("cannot measure {name}"))?);
            measured += 1;
        }
    }
    if measured == 0 {
        bail!("the parts are {:?}", SECTIONS.map(|(name, _)| name));
    }
    say(&text);
    match out {
        Some(path) => notes::write(path.as_ref(), &text),
        None => Ok(()),
    }
}

/// Runs one engine, for a profiler.
///
/// # Errors
/// Where the numbers are none, or there is no such engine.
pub(crate) fn one(engine: &str, symbols: &str, commands: &str) -> Result<()> {
    matching::one(engine.parse()?, symbols.parse()?, commands.parse()?)
}
