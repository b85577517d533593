//! The drills over the real binary, in their short form, as a user runs them.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway;

#[test]
fn every_crisis_happens_without_its_defences_and_not_with_them() {
    // The report's promise: each drill shows the damage without a defence, and that the real part, as it is shipped,
    // holds with it. A drill whose crisis does not happen fails as one whose defence does not hold.
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let json = folder.path().join("all.json");
    let mut command = Command::new(gateway::binary());
    command.args(["drill", "run", "all", "--short", "--defence", "both", "--json"]).arg(&json);
    let output = command.output().expect("the binary must start");
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{why}");
    let text = std::fs::read_to_string(&json).expect("what came of the drills must be written");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let all = all.as_array().expect("several drills are a list");
    assert!(all.len() > 15, "{} drills were run", all.len());
    for drill in all {
        assert_eq!(drill["holds"], true, "{}: {:#}", drill["drill"], drill["not_as_expected"]);
    }
}
