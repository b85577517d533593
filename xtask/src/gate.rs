//! The whole gate, the same on a laptop and in CI.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::command::{self, cargo, say};
use crate::{plant, suite, tidy, tools};

/// How much of the gate is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Whole,
    /// Everything but the end-to-end suite and its tools.
    Fast,
}

/// Runs every step in order and stops at the first that fails, with an error that names it.
pub(crate) fn run(root: &Path, extent: Extent) -> Result<()> {
    let start = Instant::now();
    step("format", || command::run(&mut cargo(root, &["fmt", "--all", "--check"])))?;
    step("tidy", || tidy::run(root))?;
    step("plants", || plant::check(root))?;
    step("lints", || {
        let lint = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ];
        command::run(&mut cargo(root, &lint))
    })?;
    step("tests", || {
        let tests = ["test", "--workspace", "--exclude", "end-to-end", "--locked", "--quiet"];
        command::run(&mut cargo(root, &tests))
    })?;
    step("docs", || {
        let doc =
            ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked", "--quiet"];
        command::run(cargo(root, &doc).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    if extent == Extent::Whole {
        end_to_end(root)?;
    }
    step("lock file", || {
        let mut git = Command::new("git");
        git.current_dir(root).args(["diff", "--exit-code", "--stat", "--", "Cargo.lock"]);
        command::run(&mut git)
            .context("Cargo.lock has changed: commit it with the change that needs it")
    })?;
    say(&format!("== gate passed in {} s{}", start.elapsed().as_secs(), left_out()));
    Ok(())
}

/// What the tests could not look at on this machine: a test that is skipped looks like one that passed.
fn left_out() -> &'static str {
    if Command::new("promtool").arg("--version").output().is_ok() {
        return "";
    }
    ", but for the alert rules: promtool is not installed (Debian's package prometheus has it)"
}

/// The built binary against real nodes and real clients, with what that needs.
pub(crate) fn end_to_end(root: &Path) -> Result<()> {
    step("tools", || tools::run(root))?;
    // The form that the README gives: a second binary beside this one would break it.
    step("binary", || {
        command::run(&mut cargo(root, &["run", "--locked", "--quiet", "--", "--version"]))
    })?;
    step("end-to-end", || suite::run(root))
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("== {name}"));
    let start = Instant::now();
    let outcome = work();
    let seconds = start.elapsed().as_secs_f64();
    let word = if outcome.is_ok() { "passed" } else { "FAILED" };
    say(&format!("== {name}: {word} in {seconds:.1} s"));
    outcome.with_context(|| format!("step \"{name}\" failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_fails_the_gate_by_name() {
        let error =
            step("lints", || anyhow::bail!("3 warnings")).expect_err("a failure must not pass");
        assert_eq!(format!("{error:#}"), "step \"lints\" failed: 3 warnings");
    }
}
