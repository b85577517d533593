//! Every external dependency of the workspace has its line in `deps.md`, and somebody who uses it.

use std::collections::BTreeMap;

use super::Finding;
use super::tree::Tree;

const LIST: &str = "deps.md";
const MANIFEST: &str = "Cargo.toml";
/// What runs only when it is asked for: the end-to-end suite, which the gate starts by itself, and the
/// benchmarks and these chores, whose binaries would make a plain `cargo run` ambiguous. The gate tests all.
const APART: [&str; 3] = ["crates/bench", "crates/end-to-end", "xtask"];

/// Checks the workspace's manifest against `deps.md` and the crates.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(manifest) = tree.text(MANIFEST) else { return Vec::new() };
    let declared = declared(&manifest.text);
    let listed = tree.text(LIST).map(|file| listed(&file.text)).unwrap_or_default();
    let mut findings = Vec::new();
    for (name, line) in &declared {
        if !listed.contains_key(name) {
            let message =
                format!("{name} has no line in {LIST}: add \"- `{name}`: why it was chosen\"");
            findings.push(Finding::new(MANIFEST, *line, message));
        }
        let used = tree
            .packages
            .iter()
            .flat_map(|package| &package.dependencies)
            .any(|used| used.name == *name);
        if !used {
            findings.push(Finding::new(
                MANIFEST,
                *line,
                format!("no crate uses {name}: remove it"),
            ));
        }
    }
    for (name, line) in &listed {
        if !declared.contains_key(name) {
            let message = format!("{name} is not a dependency of the workspace: remove its line");
            findings.push(Finding::new(LIST, *line, message));
        }
    }
    findings.extend(default_members(tree, &manifest.text));
    findings
}

/// A crate that is no default member would never be tested.
fn default_members(tree: &Tree, manifest: &str) -> Vec<Finding> {
    let Some(start) = manifest.find("default-members") else { return Vec::new() };
    let rest = manifest.get(start..).unwrap_or_default();
    let list = rest.split(']').next().unwrap_or_default();
    let folders =
        tree.packages.iter().filter_map(|package| package.manifest.strip_suffix("/Cargo.toml"));
    let missing = folders
        .filter(|folder| !APART.contains(folder) && !list.contains(&format!("\"{folder}\"")));
    let finding = |folder| {
        Finding::new(
            MANIFEST,
            1,
            format!("{folder} is not in default-members: its tests would not run"),
        )
    };
    missing.map(finding).collect()
}

/// The external crates of `[workspace.dependencies]`, each with its line.
fn declared(manifest: &str) -> BTreeMap<String, usize> {
    let lines = manifest
        .lines()
        .zip(1..)
        .skip_while(|(line, _)| *line != "[workspace.dependencies]")
        .skip(1);
    let lines = lines.take_while(|(line, _)| !line.starts_with('['));
    let external = lines.filter(|(line, _)| !line.contains("path = ") && !line.starts_with('#'));
    external
        .filter_map(|(line, number)| Some((line.split_once(" = ")?.0.to_owned(), number)))
        .collect()
}

/// The crates that have a line of the form "- `name`: why".
fn listed(list: &str) -> BTreeMap<String, usize> {
    let entry = |line: &str| {
        let (name, why) = line.strip_prefix("- `")?.split_once("`: ")?;
        (!why.trim().is_empty()).then(|| name.to_owned())
    };
    list.lines().zip(1..).filter_map(|(line, number)| Some((entry(line)?, number))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, package, tree};
    use super::*;

    const WORKSPACE: &str =
        "[workspace.dependencies]\nunits = { path = \"crates/units\" }\nserde_json = \"1\"\n[x]\n";

    #[test]
    fn a_dependency_without_a_reason_is_caught() {
        let mut tree = tree(&[("Cargo.toml", WORKSPACE), ("deps.md", "# Dependencies\n")]);
        package(&mut tree, "gateway", &[("serde_json", false, false)]);
        assert_one(&check(&tree), "Cargo.toml:3", "no line in deps.md");
    }

    #[test]
    fn a_reason_without_a_dependency_is_caught() {
        let list = "- `serde_json`: the usual JSON\n- `gone`: was needed once\n";
        let mut tree = tree(&[("Cargo.toml", WORKSPACE), ("deps.md", list)]);
        package(&mut tree, "gateway", &[("serde_json", false, false)]);
        assert_one(&check(&tree), "deps.md:2", "gone is not a dependency");
    }

    #[test]
    fn a_dependency_that_nobody_uses_is_caught() {
        let tree =
            tree(&[("Cargo.toml", WORKSPACE), ("deps.md", "- `serde_json`: the usual JSON\n")]);
        assert_one(&check(&tree), "Cargo.toml:3", "no crate uses");
    }

    #[test]
    fn a_crate_whose_tests_would_not_run_is_caught() {
        let mut tree = tree(&[("Cargo.toml", "default-members = [\n    \"crates/units\",\n]\n")]);
        package(&mut tree, "units", &[]);
        package(&mut tree, "gateway", &[]);
        assert_one(&check(&tree), "Cargo.toml:1", "crates/gateway is not in default-members");
    }
}
