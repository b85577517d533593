//! The end-to-end suite: what measures time runs alone, what only waits runs two at a time.
//!
//! Most of its tests wait for real nodes, feeds and venues, and leave a core idle. Those that hold latencies, rates or
//! a drill's figures to a bound share the machine with nobody.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::command::{self, cargo, say};

/// Test files that wait for a state, for as long as a loaded machine needs, and measure nothing, or hold what they measure
/// to bounds for a machine that is busy with something else, as the drills; the longest first, so that both lanes end at
/// about one time. A file that is not named here runs alone.
const SIDE_BY_SIDE: &[&str] = &[
    "drills",
    "oracle_market",
    "practice",
    "split",
    "clients",
    "own_gateway",
    "oracle_venues",
    "venue_access",
    "venue_ccxt",
    "practice_drills",
    "oracle",
    "venue_practice",
    "drill_anvil",
    "transparency",
    "second_client",
    "ccxt",
    "own_incident",
    "oracle_chain",
    "venue_schema",
    "fees",
    "venue_page",
];

/// As many as this machine's share of cores: two, on the smallest that the gate is meant for.
const LANES: usize = 2;

/// Tells tests of which lane they are, so that they take their ports from different ranges.
const LANE: &str = "SEAWALL_TEST_LANE";

/// Runs all of it; the error names the file that failed.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = build(root)?;
    if let Some(name) = SIDE_BY_SIDE.iter().find(|name| !files.contains_key(**name)) {
        bail!("xtask/src/suite.rs names `{name}`, which is no file of the end-to-end suite");
    }
    for (file, program) in &files {
        if !SIDE_BY_SIDE.contains(&file.as_str()) {
            let start = Instant::now();
            command::run(&mut test(root, program, 0))?;
            told(file, start);
        }
    }
    side_by_side(root, &files)
}

/// Builds all test files; their programs, by the names that cargo knows them by.
fn build(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let words = [
        "test",
        "-p",
        "end-to-end",
        "--locked",
        "--quiet",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ];
    let said = command::output(&mut cargo(root, &words))?;
    let files: BTreeMap<String, PathBuf> = said.lines().filter_map(program).collect();
    if files.is_empty() {
        bail!("cargo built no test of the end-to-end suite");
    }
    Ok(files)
}

/// The test file that a line of cargo's is about, and its program.
fn program(line: &str) -> Option<(String, PathBuf)> {
    let said: serde_json::Value = serde_json::from_str(line).ok()?;
    let target = said.get("target")?;
    let is_test = target.get("kind")?.as_array()?.iter().any(|kind| kind == "test");
    let (name, program) = (target.get("name")?.as_str()?, said.get("executable")?.as_str()?);
    is_test.then(|| (name.to_owned(), PathBuf::from(program)))
}

/// The tests of one file, one after the other: they share the machine with the nodes they start.
fn test(root: &Path, program: &Path, lane: usize) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root.join("crates/end-to-end"));
    command.args(["--nocapture", "--test-threads", "1"]).env(LANE, lane.to_string());
    command
}

/// Runs those that may in [`LANES`] lanes; once one has failed no further one is begun.
fn side_by_side(root: &Path, files: &BTreeMap<String, PathBuf>) -> Result<()> {
    let all = SIDE_BY_SIDE.iter().filter_map(|name| files.get_key_value(*name));
    let waiting: Mutex<VecDeque<(&String, &PathBuf)>> = Mutex::new(all.collect());
    let failed: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = |lane: usize| {
        while let Some((file, program)) = next() {
            if !passes(file, &mut test(root, program, lane)) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(file.clone());
                waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
        }
    };
    thread::scope(|scope| {
        for lane in 0..LANES {
            let work = &work;
            scope.spawn(move || work(lane));
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !failed.is_empty() {
        bail!("of the end-to-end suite failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs the tests of a file, and shows what they printed where they fail: two at a time could not be told apart.
fn passes(file: &str, test: &mut Command) -> bool {
    let start = Instant::now();
    let why = match test.output() {
        Ok(output) if output.status.success() => {
            told(file, start);
            return true;
        }
        Ok(output) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            format!("{}{}({})", text(&output.stdout), text(&output.stderr), output.status)
        }
        Err(error) => error.to_string(),
    };
    say(&format!("== end-to-end: {file}: FAILED\n{why}"));
    false
}

fn told(file: &str, start: Instant) {
    say(&format!("== end-to-end: {file}: passed in {:.1} s", start.elapsed().as_secs_f64()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_of_test_files_are_run() {
        // The library's own program, or a build script, would be run as a test, or all of them passed over.
        let line = |kind: &str, name: &str, program: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":{program}}}"#
            )
        };
        let found = program(&line("test", "split", "\"/deps/split-1\""));
        assert_eq!(found, Some(("split".to_owned(), PathBuf::from("/deps/split-1"))));
        assert_eq!(program(&line("lib", "end-to-end", "\"/deps/end_to_end-1\"")), None);
        assert_eq!(program(&line("test", "split", "null")), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn every_file_that_may_run_beside_another_is_there() {
        // A file that was renamed would fail the gate after minutes, or run alone from then on.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
        for name in SIDE_BY_SIDE {
            let tests = root.join("crates/end-to-end/tests");
            let is_there = tests.join(format!("{name}.rs")).is_file();
            assert!(is_there || tests.join(name).join("main.rs").is_file(), "{name}");
        }
    }
}
