//! The documents a newcomer reads name only what is there.

use super::Finding;
use super::tree::{TextFile, Tree};

/// The documents that are checked.
const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/// Checks every link and every path in backticks; a document that is missing has no links to check.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in DOCUMENTS.iter().filter_map(|path| tree.text(path)) {
        for (line, number) in prose(file) {
            for target in link_targets(line) {
                findings.extend(
                    broken_link(tree, file, target)
                        .map(|message| Finding::new(&file.path, number, message)),
                );
            }
            for path in
                line.split('`').skip(1).step_by(2).filter_map(|span| repository_path(tree, span))
            {
                if !tree.exists(path) {
                    let message = format!("`{path}` does not exist: name what is there");
                    findings.push(Finding::new(&file.path, number, message));
                }
            }
        }
    }
    findings
}

/// The lines outside code fences, with their numbers.
fn prose(file: &TextFile) -> Vec<(&str, usize)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (line, number) in file.text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((line, number));
        }
    }
    lines
}

fn link_targets(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

fn broken_link(tree: &Tree, file: &TextFile, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { file.path.as_str() } else { path.trim_start_matches("./") };
    if !tree.exists(path) {
        return Some(format!("the link to {path} leads nowhere: name what is there"));
    }
    let linked = tree.text(path).filter(|_| path.ends_with(".md") && !heading.is_empty())?;
    let found =
        prose(linked).iter().any(|(line, _)| line.starts_with('#') && anchor(line) == heading);
    (!found).then(|| format!("{path} has no heading #{heading}: link to one that is there"))
}

/// The anchor that a heading gets: lower case, spaces as dashes, other signs left out.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept =
        text.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

/// A span in backticks that means a path of this repository: its first folder is one of ours, or it is a document.
fn repository_path<'a>(tree: &Tree, span: &'a str) -> Option<&'a str> {
    let path = span.split([':', '#']).next().unwrap_or(span);
    if path.is_empty()
        || path.contains(|sign: char| sign.is_whitespace() || "*<>{}$…()=,".contains(sign))
    {
        return None;
    }
    // A name in capitals stands for what the reader puts there: `crates/NAME/src`.
    let stand_in = |part: &str| {
        part.len() > 1 && part.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_')
    };
    if path.split('/').any(stand_in) {
        return None;
    }
    let document = !path.contains('/') && path.len() > 3 && path.ends_with(".md");
    let first = path.split('/').next().unwrap_or_default();
    let ours = path.contains('/') && !first.is_empty() && tree.exists(first);
    (document || ours).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, tree};
    use super::*;

    fn check_readme(line: &str) -> Vec<Finding> {
        let files = [
            ("README.md", format!("# The House\n{line}\n")),
            ("crates/units/src/lib.rs", "//! A.\n".to_owned()),
            ("CHANGELOG.md", String::new()),
        ];
        check(&tree(&files.each_ref().map(|(path, text)| (*path, text.as_str()))))
    }

    #[test]
    fn a_link_to_what_was_moved_is_caught() {
        assert_one(
            &check_readme("See [units](crates/units/src/gone.rs)."),
            "README.md:2",
            "gone.rs leads nowhere",
        );
        assert_one(
            &check_readme("See [there](#the-garden)."),
            "README.md:2",
            "no heading #the-garden",
        );
        assert_eq!(
            check_readme(
                "[a](crates/units/src/lib.rs#L1), [b](https://example.org/x), [c](#the-house)"
            ),
            []
        );
    }

    #[test]
    fn a_path_in_backticks_to_what_was_moved_is_caught() {
        assert_one(
            &check_readme("See `crates/units/src/gone.rs:12`."),
            "README.md:2",
            "does not exist",
        );
        assert_one(&check_readme("See `STYLE.md`."), "README.md:2", "does not exist");
        let fine = "`crates/units/`, `eth_call`, `/v1/chains`, `crates/NAME/src`, `crates/*`, `CHANGELOG.md`, `.md`";
        assert_eq!(check_readme(fine), []);
    }

    #[test]
    fn commands_in_fences_are_left_alone() {
        assert_eq!(check_readme("```\n[a](gone.md) `crates/gone`\n```"), []);
    }
}
