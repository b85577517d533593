//! Long proofs, run by name: tests of the end-to-end suite, of which the gate runs a short form.
//!
//! The whole form is the same test with larger numbers, which it takes from its environment. What it measured it writes
//! as Markdown to a file that it is told; only a run with nothing set by hand goes into the page.

mod page;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::command::{self, cargo, say};
use crate::tools;

/// A proof. To add one, add it to [`PROOFS`].
struct Proof {
    /// What it is called on the command line, and its part of the page.
    name: &'static str,
    /// What it shows.
    what: &'static str,
    /// The file of the end-to-end suite that it is in.
    test: &'static str,
    /// What the name of its test holds; empty for all of the file.
    filter: &'static str,
    /// Whether it needs npm's and Python's packages.
    tools: bool,
    /// Whether the binary under test is built for release; where what is measured is not its speed, the build costs more.
    release: bool,
    /// What can be set: the option, the environment variable that the test reads, and what it is.
    options: &'static [(&'static str, &'static str, &'static str)],
    /// Where the table goes, seen from the root.
    page: &'static str,
}

/// The page of the venue's proofs.
const VENUE: &str = "docs/proofs/venue.md";

/// Tells a test that it is run as a proof, in full.
const WHOLE: &str = "SEAWALL_PROOF";

/// Tells a test where to write its table.
const OUT: &str = "SEAWALL_PROOF_OUT";

/// All of them.
const PROOFS: &[Proof] = &[
    Proof {
        name: "liquidations",
        what: "ten thousand liquidations by one fall of a price (a minute): all of them on the tape, complete and in order",
        test: "venue_liquidations",
        filter: "",
        tools: false,
        release: false,
        options: &[("--accounts", "SEAWALL_ACCOUNTS", "how many accounts are liquidated")],
        page: VENUE,
    },
    Proof {
        name: "ccxt",
        what: "ccxt's whole flow (some 10 minutes): two languages, plain and TLS, alone and under load, over restarts",
        test: "venue_ccxt",
        filter: "in_full",
        tools: true,
        release: false,
        options: &[],
        page: VENUE,
    },
    Proof {
        name: "schema",
        what: "schemathesis against the venue's own endpoints (some minutes)",
        test: "venue_schema",
        filter: "",
        tools: true,
        release: false,
        options: &[("--examples", "SEAWALL_EXAMPLES", "how many cases each operation gets")],
        page: VENUE,
    },
    Proof {
        name: "crash",
        what: "kills and power cuts of the venue under load (some 10 minutes): nothing acknowledged is lost or done twice",
        test: "venue_crash",
        filter: "",
        tools: false,
        release: false,
        options: &[
            ("--kills", "SEAWALL_KILLS", "how many kills"),
            ("--seed", "SEAWALL_SEED", "where its chance begins"),
        ],
        page: VENUE,
    },
];

/// Runs a proof, or lists them where none is named.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let [name, options @ ..] = words else {
        say(&list());
        return Ok(());
    };
    let found = PROOFS.iter().find(|proof| proof.name == *name);
    let proof =
        found.with_context(|| format!("no proof is named {name}; there are:\n{}", list()))?;
    let set = settings(proof, options)?;
    if proof.tools {
        tools::run(root)?;
    }
    let mut build = vec!["build", "--locked", "--quiet", "--package", "seawall"];
    build.extend(proof.release.then_some("--release"));
    command::run(&mut cargo(root, &build))?;
    let out = root.join("target/proofs").join(format!("{name}.md"));
    std::fs::create_dir_all(root.join("target/proofs")).context("cannot make target/proofs")?;
    if out.exists() {
        std::fs::remove_file(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    let mut test = vec!["test", "-p", "end-to-end", "--locked", "--test", proof.test, "--"];
    test.extend(["--nocapture", "--test-threads", "1"]);
    test.extend(Some(proof.filter).filter(|filter| !filter.is_empty()));
    let mut test = cargo(root, &test);
    if proof.release {
        test.env("SEAWALL_BIN", root.join("target/release/seawall"));
    }
    command::run(test.env(WHOLE, "whole").env(OUT, &out).envs(set.iter().copied()))?;
    let Ok(table) = std::fs::read_to_string(&out) else { return Ok(()) };
    if set.is_empty() {
        page::write(&root.join(proof.page), name, &table)?;
        say(&format!("{} has the table", proof.page));
    }
    Ok(())
}

/// What the options set, as variables of the test's environment.
fn settings<'a>(proof: &Proof, options: &[&'a str]) -> Result<Vec<(&'static str, &'a str)>> {
    let mut set = Vec::new();
    for pair in options.chunks(2) {
        let known = proof.options.iter().find(|(option, ..)| pair.first() == Some(option));
        match (known, pair) {
            (Some((_, variable, _)), [_, value]) => set.push((*variable, *value)),
            _ => bail!("`{}` takes:\n{}", proof.name, line(proof)),
        }
    }
    Ok(set)
}

fn list() -> String {
    PROOFS.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(proof: &Proof) -> String {
    let mut text = format!("cargo xtask proof {:<14} {}", proof.name, proof.what);
    for (option, _, what) in proof.options {
        text.push_str(&format!("\n    {option} N  {what}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_not_known_is_refused() {
        // A misspelt `--kill 5` would run for ten minutes and write the page.
        let proof = PROOFS.iter().find(|proof| proof.name == "crash").expect("there is one");
        assert_eq!(settings(proof, &["--kills", "5"]).ok(), Some(vec![("SEAWALL_KILLS", "5")]));
        for wrong in [&["--kill", "5"][..], &["--kills"], &["5"]] {
            assert!(settings(proof, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn each_proof_has_a_name_of_its_own() {
        // The second of one name could never be run.
        let mut names: Vec<_> = PROOFS.iter().map(|proof| proof.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PROOFS.len());
    }
}
