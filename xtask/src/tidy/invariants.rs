//! The invariants that ARCHITECTURE.md promises are the ones the code checks.

use std::collections::BTreeMap;

use super::Finding;
use super::source::{SourceFile, Token};
use super::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";

/// Compares the ids in the document's tables with the ids in the code, both ways.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.text(DOCUMENT) else { return Vec::new() };
    let promised: BTreeMap<&str, usize> = document
        .text
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| Some((table_id(line)?, number)))
        .collect();
    let mut checked: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for source in &tree.sources {
        for (id, line) in checked_ids(source) {
            checked.entry(id).or_insert_with(|| (source.path.clone(), line));
        }
    }
    let mut findings = Vec::new();
    for (id, line) in &promised {
        if !checked.contains_key(*id) && !tree.sources.iter().any(|source| is_tested(source, id)) {
            let message = format!(
                "nothing checks invariant {id}: use check_invariant!(\"{id}\", …) or name it in a test"
            );
            findings.push(Finding::new(DOCUMENT, *line, message));
        }
    }
    for (id, (path, line)) in &checked {
        if !promised.contains_key(id.as_str()) {
            findings.push(Finding::new(
                path,
                *line,
                format!("invariant {id} is not in the table of {DOCUMENT}: add it"),
            ));
        }
    }
    findings
}

/// The id in the first cell of a table row, such as `GW-1`.
fn table_id(line: &str) -> Option<&str> {
    let cell = line.trim().strip_prefix('|')?.split('|').next()?;
    let id = cell.trim().trim_matches('`');
    is_id(id).then_some(id)
}

fn is_id(text: &str) -> bool {
    let Some((part, number)) = text.split_once('-') else { return false };
    let letters = !part.is_empty() && part.chars().all(|sign| sign.is_ascii_uppercase());
    letters && !number.is_empty() && number.chars().all(|sign| sign.is_ascii_digit())
}

/// The ids that product code checks, with their lines.
fn checked_ids(source: &SourceFile) -> Vec<(String, usize)> {
    let tokens = source.tokens();
    let product = tokens
        .windows(4)
        .filter(|window| window.iter().all(|token| !source.is_test_line(token.line)));
    product.filter_map(checked_id).collect()
}

fn checked_id(window: &[Token]) -> Option<(String, usize)> {
    let [name, mark, _, id] = window else { return None };
    let called = name.text == "check_invariant" && mark.text == "!" && id.literal;
    called.then(|| (id.text.trim_matches('"').to_owned(), id.line))
}

/// Whether a test names an id, in its name (`gw_1_…`) or in its text.
fn is_tested(source: &SourceFile, id: &str) -> bool {
    let snake = format!("{}_", id.to_lowercase().replace('-', "_"));
    let names = |line: &str| {
        let quoted = line.match_indices(id).any(|(start, _)| {
            let next = line.get(start + id.len()..).and_then(|rest| rest.chars().next());
            next.is_none_or(|sign| !sign.is_ascii_digit())
        });
        quoted || line.contains(&format!("fn {snake}"))
    };
    source.text.lines().zip(1..).any(|(line, number)| source.is_test_line(number) && names(line))
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, tree};
    use super::*;

    const TABLE: &str =
        "# A\n| id | sentence |\n|---|---|\n| `GW-1` | every call gets one answer |\n";

    #[test]
    fn a_promise_that_nothing_checks_is_caught() {
        let code = "//! A.\n// GW-1 in a comment is no check.\n";
        let findings = check(&tree(&[(DOCUMENT, TABLE), ("crates/x/src/a.rs", code)]));
        assert_one(&findings, "ARCHITECTURE.md:4", "nothing checks invariant GW-1");
    }

    #[test]
    fn a_check_or_a_test_keeps_the_promise() {
        for code in [
            "//! A.\nfn f() { check_invariant!(\"GW-1\", true, \"a\"); }\n",
            "//! A.\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn gw_1_one_answer() {}\n}\n",
            "//! A.\n#[cfg(test)]\nmod tests {\n    // GW-1: one answer.\n}\n",
        ] {
            assert_eq!(
                check(&tree(&[(DOCUMENT, TABLE), ("crates/x/src/a.rs", code)])),
                [],
                "{code}"
            );
        }
    }

    #[test]
    fn a_check_that_is_not_in_the_table_is_caught() {
        let code = "//! A.\nfn f() {\n    machine::check_invariant!(\"GW-1\", a, \"b\");\n    check_invariant!(\"GW-2\", a, \"b\");\n}\n";
        let findings = check(&tree(&[(DOCUMENT, TABLE), ("crates/x/src/a.rs", code)]));
        assert_one(&findings, "crates/x/src/a.rs:4", "GW-2 is not in the table");
    }
}
