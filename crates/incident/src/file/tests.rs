//! Files, good and bad.

use super::*;
use crate::case::{Role, cases};
use crate::values::Value;

const GOOD: &str = r#"
id = "one-venue"
title = "One venue's price"
date = "2025-10-10"
shows = "A price of six venues is not moved by one."
story = ["One venue printed 0.65.", "Others held."]
minutes = 0.5
mechanism = "depeg"
version = "public"
configuration = '''
[gateway]
admission = "fair"
[[oracle.feed]]
symbol = "USDE/USD"
'''
[parameters]
fall_percent = 35
path = [1, 0.65]
shape = "steps"
[short]
fall_percent = 20
[[profile]]
id = "article"
name = "as the article has it"
[profile.parameters]
fall_percent = 40
[[fact]]
what = "the low"
value = "0.65"
source = "ArkStream"
[[moment]]
at = "21:40"
what = "the low"
[[defence]]
id = "venues"
name = "six venues"
key = "oracle.feed.rule"
off = "first"
[[defence]]
id = "admission"
name = "who cuts risk first"
key = "gateway.admission"
off = "fifo"
also = ["gateway.max_queue = 10"]
[[remedy]]
id = "average"
name = "an average alone"
defences = "off"
verdict = "makes no difference"
[remedy.set]
"oracle.feed[USDE/USD].average" = "30m"
[remedy.parameters]
fall_percent = 50
[[metric]]
id = "accounts"
name = "accounts liquidated"
unit = "count"
better = "lower"
"#;

#[test]
fn a_file_becomes_its_runs() {
    // A drill whose runs are not those of its file reports on something else than it says.
    let incident = Incident::read("one.toml", GOOD).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(incident.parameters.number("fall_percent"), Ok(35.0));
    assert_eq!(incident.parameters.numbers("path"), Ok(vec![1.0, 0.65]));
    assert_eq!(incident.parameters.get("shape"), Some(&Value::Word("steps".to_owned())));
    let all = cases(&incident, &incident.parameters).unwrap();
    let ids: Vec<&str> = all.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["off", "on", "without-venues", "without-admission", "average"]);
    assert!(all[0].configuration.contains("rule = \"first\""));
    assert!(all[0].configuration.contains("max_queue = 10"));
    assert_eq!(all[1].configuration.trim(), incident.configuration);
    assert_eq!(all[2].role, Role::Without("venues".to_owned()));
    assert!(all[2].configuration.contains("admission = \"fair\""));
    assert!(all[4].configuration.contains("average = \"30m\""));
    assert_eq!(all[4].parameters.number("fall_percent"), Ok(50.0));
}

#[test]
fn all_mistakes_of_a_file_are_said_with_their_lines() {
    // Whoever writes an incident of their own sees what is wrong, and where, without reading Rust.
    let text = GOOD
        .replace("unit = \"count\"", "unit = \"apples\"")
        .replace("off = \"fifo\"\n", "")
        .replace("verdict = ", "by = \"apples\"\nverdict = ")
        .replace("title = ", "titel = ");
    let said = Incident::read("one.toml", &text).expect_err("is wrong").to_string();
    assert!(said.contains("one.toml:3: titel: is not known here"), "{said}");
    assert!(said.contains("title: is missing"), "{said}");
    assert!(said.contains("defence.off: is missing"), "{said}");
    assert!(said.contains("`average` is judged by `apples`, which is no metric"), "{said}");
    assert!(said.contains("metric.unit: `apples` is none of `dollars`"), "{said}");
}

#[test]
fn expectations_are_read_by_form() {
    // Bounds of the long form do not hold for the short one.
    let text = "[full.off]\naccounts = [100, 1_000]\n[full.on]\naccounts = [0, 0]\n[short.off]\naccounts = [1, 2]\n";
    let full = Expectation::read("one.expect.toml", text, "full").unwrap();
    assert_eq!(full.bounds["off"]["accounts"], Bounds { least: 100.0, most: 1_000.0 });
    assert_eq!(full.bounds.len(), 2);
    assert_eq!(Expectation::read("one.expect.toml", text, "short").unwrap().bounds.len(), 1);
    assert!(Expectation::read("x", "[full.off]\naccounts = 3\n", "full").is_err());
}
