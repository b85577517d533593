//! An incident that is data alone, as docs/drills/own-incident.md shows it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use testkit::gateway;

/// The page's example, and what it has to show beside it.
const EXAMPLE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/drills/example-incident.toml");

fn seawall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(gateway::binary());
    command.arg("drill").args(arguments).current_dir(folder);
    command.output().expect("the binary must start")
}

#[test]
fn the_example_runs_and_is_reported_on() {
    // Whoever follows the page would stand before an error on the first try, or before a defence that does nothing.
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let output = seawall(folder.path(), &["report", "--short", "--out", "report", EXAMPLE]);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{why}");
    let read = |name: &str| fs::read_to_string(folder.path().join("report").join(name));
    let page = read("index.html").expect("the page must be written");
    assert!(page.contains("1 crisis replayed"), "{page}");
    assert!(page.contains("a second provider is set up"), "{page}");
    let drills = read("drills.json").expect("the figures must be written");
    assert!(drills.contains("\"holds\": true"), "{drills}");
    assert!(read("picture.svg").is_ok_and(|picture| picture.starts_with("<svg")));
}

#[test]
fn what_is_wrong_in_a_file_is_said_before_anything_runs() {
    // A misspelt parameter would be taken for its usual value, and the drill for one of another world.
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let text = fs::read_to_string(EXAMPLE).expect("the example is there");
    for (right, wrong, said) in [
        ("busy_percent", "bussy_percent", "the parameter `bussy_percent` is not one of"),
        ("unit = \"percent\"", "unit = \"apples\"", "metric.unit: `apples` is none of"),
        ("upstream[second]", "upstream[secnd]", "leads to no table of the configuration"),
    ] {
        fs::write(folder.path().join("mine.toml"), text.replace(right, wrong)).expect("written");
        let output = seawall(folder.path(), &["run", "mine.toml", "--short"]);
        let why = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{why}");
        assert!(why.contains(said), "{said:?} is not in {why}");
    }
}
