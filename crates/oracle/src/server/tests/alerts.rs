//! The alert rules in the documents, against the metrics that there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::world::World;

fn alerts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/alerts")
}

#[test]
fn an_alert_on_a_metric_that_is_not_there_would_never_fire() {
    let rules = std::fs::read_to_string(alerts().join("oracle.rules.yml")).expect("the rules");
    let (_, text) = World::new().get("/metrics");
    let known: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let of_ours = rules.split("seawall_oracle_").skip(1);
    let ends = |name: &str| {
        let end = name.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        format!("seawall_oracle_{}", &name[..end.unwrap_or(name.len())])
    };
    let named: BTreeSet<String> =
        of_ours.map(ends).filter(|name| name != "seawall_oracle_").collect();
    assert!(named.len() >= 10, "{named:?}");
    for name in named {
        let missing = !known.contains(name.as_str());
        // These have labels only once there is something to tell.
        let may_be_absent = ["source_refused", "chain_failures_since_start", "rate_capped"];
        let absent = may_be_absent.iter().any(|of| name.ends_with(of));
        assert!(!missing || absent, "{name} is not among {known:?}");
    }
}

#[test]
fn the_alerts_fire_on_what_they_are_for() {
    let promtool = |arguments: [&str; 3]| {
        Command::new("promtool").args(arguments).current_dir(alerts()).output()
    };
    // Debian has it in the package prometheus. The gate says at its end where it is not there.
    let Ok(checked) = promtool(["check", "rules", "oracle.rules.yml"]) else {
        println!("NOT CHECKED: promtool is not installed, so nothing is known of the alert rules");
        return;
    };
    let tested = promtool(["test", "rules", "oracle.tests.yml"]).expect("it was there before");
    for output in [checked, tested] {
        let words = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&words));
    }
}
