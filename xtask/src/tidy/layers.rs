//! The layer rule, and which crate may use which external crate.

use super::Finding;
use super::rules::{self, CrateRules};
use super::tree::{Dependency, Package, Tree};

/// Checks every dependency of every crate against the layers and the lists of `tidy.toml`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        let Some(rules) = tree.rules.crates.get(&package.name) else {
            let message =
                format!("crate {} has no layer: give it one in {}", package.name, rules::FILE);
            findings.push(Finding::new(&package.manifest, 1, message));
            continue;
        };
        for dependency in &package.dependencies {
            let complaint = if dependency.internal {
                internal(tree, package, rules, dependency)
            } else {
                external(tree, package, rules, dependency)
            };
            findings.extend(complaint.map(|message| at(tree, package, &dependency.name, message)));
        }
        findings.extend(manifest(tree, package));
    }
    findings
}

fn internal(
    tree: &Tree,
    package: &Package,
    rules: &CrateRules,
    dependency: &Dependency,
) -> Option<String> {
    let name = &dependency.name;
    if tree.rules.test_crates.contains(name) {
        let message = format!("{name} is for tests only: move it to [dev-dependencies]");
        return (!dependency.tests_only).then_some(message);
    }
    // A dependency without a layer is complained about at its own manifest.
    let below = tree.rules.crates.get(name)?.layer;
    (below >= rules.layer).then(|| {
        format!(
            "{} (layer {}) depends on {name} (layer {below}): a crate depends on strictly lower layers only; \
             move what they share into a lower crate, or connect the two from above",
            package.name, rules.layer
        )
    })
}

fn external(
    tree: &Tree,
    package: &Package,
    rules: &CrateRules,
    dependency: &Dependency,
) -> Option<String> {
    let name = &dependency.name;
    let all = &tree.rules;
    if all.runtime_external.contains(name) && package.name != all.runtime_crate {
        let runtime = &all.runtime_crate;
        return Some(format!(
            "only {runtime} may depend on {name}: use what {runtime} offers, or add it there"
        ));
    }
    if dependency.tests_only && all.test_external.contains(name) {
        return None;
    }
    if rules.pure {
        return (!all.pure_external.contains(name)).then(|| {
            format!("{} is pure and may not depend on {name}: do it in the shell", package.name)
        });
    }
    (!rules.external.contains(name)).then(|| {
        format!(
            "{} may not depend on {name}: do without it, or add it to crates.{}.external in {} and say why in deps.md",
            package.name, package.name, rules::FILE
        )
    })
}

/// The manifest takes the workspace's lints, and versions from one place.
fn manifest(tree: &Tree, package: &Package) -> Vec<Finding> {
    let Some(file) = tree.text(&package.manifest) else { return Vec::new() };
    let mut findings = Vec::new();
    if !file.text.contains("[lints]\nworkspace = true") {
        let message =
            "the workspace's lints are not taken over: add `[lints]` with `workspace = true`";
        findings.push(Finding::new(&package.manifest, 1, message));
    }
    for dependency in &package.dependencies {
        let line = file.line_where(|line| declares(line, &dependency.name));
        let text = file.text.lines().nth(line - 1).unwrap_or_default();
        if declares(text, &dependency.name) && !text.contains("workspace = true") {
            let message = format!(
                "{} is not taken from the workspace: write `{}.workspace = true` and keep its version in Cargo.toml",
                dependency.name, dependency.name
            );
            findings.push(Finding::new(&package.manifest, line, message));
        }
    }
    findings
}

fn at(tree: &Tree, package: &Package, dependency: &str, message: String) -> Finding {
    let line = tree
        .text(&package.manifest)
        .map_or(1, |file| file.line_where(|line| declares(line, dependency)));
    Finding::new(&package.manifest, line, message)
}

fn declares(line: &str, dependency: &str) -> bool {
    line.trim_start().strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, package, tree};
    use super::*;

    fn findings(name: &str, dependency: (&str, bool, bool)) -> Vec<Finding> {
        let mut tree = tree(&[]);
        package(&mut tree, name, &[dependency]);
        check(&tree)
    }

    #[test]
    fn a_shell_that_imports_another_shell_is_caught() {
        assert_one(
            &findings("gateway", ("status", false, true)),
            "crates/gateway/Cargo.toml:1",
            "strictly lower",
        );
        assert_eq!(findings("gateway", ("runtime", false, true)), []);
    }

    #[test]
    fn test_support_that_would_ship_is_caught() {
        assert_one(
            &findings("gateway", ("testkit", false, true)),
            "crates/gateway/Cargo.toml:1",
            "[dev-dependencies]",
        );
        assert_eq!(findings("gateway", ("testkit", true, true)), []);
    }

    #[test]
    fn the_async_runtime_outside_its_crate_is_caught() {
        assert_one(
            &findings("gateway", ("tokio", false, false)),
            "crates/gateway/Cargo.toml:1",
            "only runtime",
        );
        assert_eq!(findings("runtime", ("tokio", false, false)), []);
    }

    #[test]
    fn a_core_that_learns_to_serialize_is_caught() {
        assert_one(
            &findings("units", ("serde_json", false, false)),
            "crates/units/Cargo.toml:1",
            "is pure",
        );
        assert_eq!(findings("units", ("thiserror", false, false)), []);
        assert_eq!(findings("units", ("proptest", true, false)), []);
    }

    #[test]
    fn an_external_crate_that_nobody_allowed_is_caught() {
        assert_one(
            &findings("gateway", ("rand", false, false)),
            "crates/gateway/Cargo.toml:1",
            "may not depend on rand",
        );
        assert_eq!(findings("gateway", ("serde_json", false, false)), []);
    }

    #[test]
    fn a_crate_without_a_layer_is_caught() {
        assert_one(
            &findings("stray", ("serde_json", false, false)),
            "crates/stray/Cargo.toml:1",
            "has no layer",
        );
    }

    #[test]
    fn a_version_outside_the_workspace_is_caught() {
        let manifest = "[lints]\nworkspace = true\n[dependencies]\nserde_json = \"1\"\n";
        let mut tree = tree(&[("crates/gateway/Cargo.toml", manifest)]);
        package(&mut tree, "gateway", &[("serde_json", false, false)]);
        assert_one(&check(&tree), "crates/gateway/Cargo.toml:4", "serde_json.workspace = true");
    }

    #[test]
    fn a_crate_without_the_lints_is_caught() {
        let mut tree = tree(&[("crates/gateway/Cargo.toml", "[dependencies]\n")]);
        package(&mut tree, "gateway", &[]);
        assert_one(&check(&tree), "crates/gateway/Cargo.toml:1", "[lints]");
    }
}
