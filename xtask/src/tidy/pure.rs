//! Pure crates stay pure: time is an argument, effects are values, iteration order is fixed.

use std::collections::BTreeSet;

use super::Finding;
use super::source::{SourceFile, Token};
use super::tree::Tree;

/// Names that have no place in a core, each with what to do instead.
const BANNED_NAMES: &[(&str, &str)] = &[
    ("Instant", "take a units::Timestamp as an argument"),
    ("SystemTime", "take a units::Timestamp as an argument"),
    ("HashMap", "its order is random; use a BTreeMap"),
    ("HashSet", "its order is random; use a BTreeSet"),
    ("f32", "use integers with a unit"),
    ("f64", "use integers with a unit"),
    ("async", "a core is called, it never waits"),
    ("await", "a core is called, it never waits"),
    ("println", "give the effect out as a value"),
    ("eprintln", "give the effect out as a value"),
    ("dbg", "give the effect out as a value"),
];

/// Modules of the standard library that have no place in a core.
const BANNED_MODULES: &[&str] = &["thread", "net", "fs", "env", "process", "time"];

/// The crate whose `lib.rs` and `clippy.toml` the other pure crates copy.
const MODEL: &str = "units";

/// Checks every pure crate.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources.iter().filter(|source| tree.rules.is_pure(source.crate_name())) {
        findings.extend(impurities(source));
    }
    for package in tree.packages.iter().filter(|package| tree.rules.is_pure(&package.name)) {
        findings.extend(clippy_file(tree, &package.name));
        findings.extend(deny_block(tree, &package.name));
    }
    findings
}

fn impurities(source: &SourceFile) -> Vec<Finding> {
    let tokens = source.tokens();
    let mut findings = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if source.is_test_line(token.line) {
            continue;
        }
        let after = tokens.get(index..).unwrap_or_default();
        if let Some(message) = banned_name(token).or_else(|| banned_module(after)) {
            findings.push(Finding::new(&source.path, token.line, message));
        }
    }
    findings
}

fn banned_name(token: &Token) -> Option<String> {
    if token.literal {
        let number = token.text.starts_with(|first: char| first.is_ascii_digit());
        let hexadecimal = token.text.starts_with("0x");
        let float =
            token.text.contains('.') || token.text.ends_with("f32") || token.text.ends_with("f64");
        return (number && !hexadecimal && float)
            .then(|| format!("{} is a float in a pure crate: use integers", token.text));
    }
    let (name, remedy) = BANNED_NAMES.iter().find(|(name, _)| *name == token.text)?;
    Some(format!("{name} in a pure crate: {remedy}"))
}

/// Recognizes `std::net` and `use std::{fmt, net}` at the start of `tokens`.
fn banned_module(tokens: &[Token]) -> Option<String> {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    if text(0) != "std" || text(1) != "::" {
        return None;
    }
    let named: Vec<&str> = if text(2) == "{" { first_names(&tokens[2..]) } else { vec![text(2)] };
    let module = named.into_iter().find(|name| BANNED_MODULES.contains(name))?;
    Some(format!("std::{module} in a pure crate: do it in the shell and hand in the outcome"))
}

/// The first name of each entry of a `{…}` list that starts at the first token.
pub(super) fn first_names(tokens: &[Token]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut fresh = false;
    for token in tokens {
        match token.text.as_str() {
            "{" => {
                depth += 1;
                fresh = depth == 1;
            }
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "," => fresh = depth == 1,
            name if fresh => {
                names.push(name);
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// A crate's own `clippy.toml` replaces the root's, so it repeats it, and all pure crates ban the same.
fn clippy_file(tree: &Tree, name: &str) -> Vec<Finding> {
    let path = format!("crates/{name}/clippy.toml");
    let Some(own) = tree.text(&path) else {
        let message = format!("a pure crate needs this file: copy crates/{MODEL}/clippy.toml");
        return vec![Finding::new(&path, 1, message)];
    };
    let root = tree.text("clippy.toml").map_or("", |file| file.text.as_str());
    let own_lines: BTreeSet<&str> = own.text.lines().collect();
    let mut findings = Vec::new();
    for line in root.lines().filter(|line| !line.trim().is_empty() && !own_lines.contains(line)) {
        findings.push(Finding::new(
            &path,
            1,
            format!("the root clippy.toml's line `{line}` is missing: copy it"),
        ));
    }
    if let Some(model) = tree.text(&format!("crates/{MODEL}/clippy.toml")) {
        for line in model.text.lines().filter(|line| !own_lines.contains(line)) {
            let message =
                format!("`{}` of crates/{MODEL}/clippy.toml is missing: copy it", line.trim());
            findings.push(Finding::new(&path, 1, message));
        }
    }
    findings
}

/// The `#![deny(…)]` lints of the model crate are denied here too.
fn deny_block(tree: &Tree, name: &str) -> Vec<Finding> {
    let lints = |name: &str| {
        let path = format!("crates/{name}/src/lib.rs");
        let source = tree.sources.iter().find(|source| source.path == path);
        source.map(denied).unwrap_or_default()
    };
    let own = lints(name);
    let missing: Vec<String> =
        lints(MODEL).into_iter().filter(|lint| !own.contains(lint)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let path = format!("crates/{name}/src/lib.rs");
    let message = format!(
        "#![deny(…)] lacks {}: copy the block of crates/{MODEL}/src/lib.rs",
        missing.join(", ")
    );
    vec![Finding::new(&path, 1, message)]
}

fn denied(source: &SourceFile) -> BTreeSet<String> {
    let mut lints = BTreeSet::new();
    for attribute in
        source.syntax.attrs.iter().filter(|attribute| attribute.path().is_ident("deny"))
    {
        if let syn::Meta::List(list) = &attribute.meta {
            let text = list.tokens.to_string().replace(' ', "");
            lints.extend(text.split(',').filter(|lint| !lint.is_empty()).map(str::to_owned));
        }
    }
    lints
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, package, tree};
    use super::*;

    fn check_core(line: &str) -> Vec<Finding> {
        check(&tree(&[(
            "crates/units/src/a.rs",
            &format!("//! Says Instant and std::fs.\n{line}\n"),
        )]))
    }

    #[test]
    fn a_core_that_reads_a_clock_is_caught() {
        assert_one(
            &check_core("fn now() { let _ = clock::Instant::now(); }"),
            "crates/units/src/a.rs:2",
            "Timestamp",
        );
        assert_one(&check_core("use std::{fmt, time};"), "crates/units/src/a.rs:2", "std::time");
    }

    #[test]
    fn a_core_that_does_io_or_starts_threads_is_caught() {
        for line in [
            "use std::fs;",
            "use std::{fmt, net::{IpAddr}};",
            "fn a() { std::thread::yield_now(); }",
        ] {
            assert_eq!(check_core(line).len(), 1, "{line}");
        }
        assert_eq!(check_core("use std::{fmt, collections::BTreeMap};"), []);
    }

    #[test]
    fn a_core_that_computes_in_floats_is_caught() {
        for line in ["fn a() -> u8 { 1.5 as u8 }", "fn a(x: f64) {}", "const A: u8 = 1f32 as u8;"] {
            assert_eq!(check_core(line).len(), 1, "{line}");
        }
        assert_eq!(check_core("const A: u32 = 0xf32;"), []);
    }

    #[test]
    fn tests_and_shells_may_do_all_that() {
        assert_eq!(check_core("#[cfg(test)]\nmod tests { use std::fs; fn a(x: f64) {} }"), []);
        assert_eq!(
            check(&tree(&[("crates/gateway/src/a.rs", "//! A.\nuse std::time::Instant;\n")])),
            []
        );
    }

    #[test]
    fn a_core_that_drops_the_root_thresholds_is_caught() {
        let files = [
            ("clippy.toml", "too-many-lines-threshold = 70\n"),
            ("crates/units/clippy.toml", "a = 1\n"),
        ];
        let mut tree = tree(&files);
        package(&mut tree, "units", &[]);
        assert_one(&check(&tree), "crates/units/clippy.toml:1", "too-many-lines-threshold = 70");
    }

    #[test]
    fn a_core_that_drops_the_deny_block_is_caught() {
        let mut tree = tree(&[
            ("crates/units/src/lib.rs", "//! A.\n#![deny(clippy::a, clippy::b)]\n"),
            ("crates/core/src/lib.rs", "//! A.\n#![deny(clippy::a)]\n"),
            ("crates/units/clippy.toml", ""),
            ("crates/core/clippy.toml", ""),
        ]);
        tree.rules.crates.entry("core".to_owned()).or_default().pure = true;
        package(&mut tree, "core", &[]);
        assert_one(&check(&tree), "crates/core/src/lib.rs:1", "clippy::b");
    }
}
