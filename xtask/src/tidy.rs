//! Holds the tree to the house rules that no compiler lint covers.
//!
//! Every check is a function from the [`Tree`] to its findings, so that each is tested on planted files.

mod dependencies;
mod invariants;
mod layers;
mod links;
mod modules;
mod pure;
mod rules;
mod shape;
mod source;
mod tree;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::command::say;
use tree::Tree;

/// One broken rule: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs every check and prints each finding; any finding is an error.
pub(crate) fn run(root: &Path) -> Result<()> {
    let (tree, mut findings) = Tree::load(root)?;
    let checks = [
        layers::check,
        dependencies::check,
        pure::check,
        modules::check,
        shape::check,
        words::check,
        links::check,
        invariants::check,
    ];
    for check in checks {
        findings.extend(check(&tree));
    }
    findings.sort();
    for finding in &findings {
        say(&finding.to_string());
    }
    if !findings.is_empty() {
        bail!("tidy found {} broken rules", findings.len());
    }
    say(&format!(
        "tidy: {} source files in {} crates hold the rules",
        tree.sources.len(),
        tree.packages.len()
    ));
    for note in shape::slack(&tree) {
        say(&note);
    }
    Ok(())
}
