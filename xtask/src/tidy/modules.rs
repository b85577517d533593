//! No circles among the modules of a crate.
//!
//! Modules that call each other in a circle can only be read, tested and moved together. A reference
//! counts for the top-level modules it joins; `crate::Name` counts for the module that `lib.rs` takes
//! `Name` from. Test code may look anywhere.

use std::collections::{BTreeMap, VecDeque};

use super::Finding;
use super::pure::first_names;
use super::source::{SourceFile, Token};
use super::tree::Tree;

/// Where one module first mentions another.
type Place = (String, usize);
/// For each module, the modules it mentions.
type Graph = BTreeMap<String, BTreeMap<String, Place>>;

/// Checks every crate.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut graphs: BTreeMap<&str, Graph> = BTreeMap::new();
    for source in &tree.sources {
        let Some(module) = module_path(&source.path) else { continue };
        let exports = tree
            .sources
            .iter()
            .find(|file| is_root_of(file, source))
            .map(exports)
            .unwrap_or_default();
        let graph = graphs.entry(source.crate_name()).or_default();
        for (from, to, line) in references(source, &module) {
            let to = exports.get(&to).cloned().unwrap_or(to);
            if from != to {
                graph
                    .entry(from)
                    .or_default()
                    .entry(to)
                    .or_insert_with(|| (source.path.clone(), line));
            }
        }
    }
    graphs.values().flat_map(circles).collect()
}

fn is_root_of(file: &SourceFile, source: &SourceFile) -> bool {
    let root = file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs");
    root && file.crate_name() == source.crate_name()
}

/// The module of a file under `src`: `crates/a/src/b/c.rs` is `b`, `c`. Roots are empty; tests are none.
fn module_path(path: &str) -> Option<Vec<String>> {
    let (_, inside) = path.split_once("src/")?;
    let inside = inside.strip_suffix(".rs")?;
    let mut names: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if names.first().is_some_and(|first| first == "bin") {
        return None;
    }
    if names.last().is_some_and(|last| matches!(last.as_str(), "lib" | "main" | "mod")) {
        names.pop();
    }
    Some(names)
}

/// The names that a root file takes out of its modules with `pub use module::…`.
fn exports(root: &SourceFile) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for item in &root.syntax.items {
        if let syn::Item::Use(item) = item
            && let syn::UseTree::Path(path) = &item.tree
        {
            let module = path.ident.to_string();
            leaves(&path.tree, &mut |name| {
                exports.insert(name, module.clone());
            });
        }
    }
    exports
}

fn leaves(tree: &syn::UseTree, found: &mut impl FnMut(String)) {
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, found),
        syn::UseTree::Name(name) => found(name.ident.to_string()),
        syn::UseTree::Rename(rename) => found(rename.rename.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, found)),
        _ => {}
    }
}

/// What a file mentions: from which top-level module, to which name at the crate's root, on which line.
fn references(source: &SourceFile, module: &[String]) -> Vec<(String, String, usize)> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut inline: Vec<(String, usize)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let after = tokens.get(index..).unwrap_or_default();
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|(_, opened)| *opened < depth + 1);
            }
            "mod" if text(after, 2) == "{" => inline.push((text(after, 1).to_owned(), depth + 1)),
            "crate" | "super" if !source.is_test_line(token.line) && !continues(&tokens, index) => {
                let mut here = module.to_vec();
                here.extend(inline.iter().map(|(name, _)| name.clone()));
                let Some(from) = here.first().cloned() else { continue };
                found.extend(
                    targets(after, here).into_iter().map(|to| (from.clone(), to, token.line)),
                );
            }
            _ => {}
        }
    }
    found
}

fn text(tokens: &[Token], index: usize) -> &str {
    tokens.get(index).map_or("", |token| token.text.as_str())
}

fn continues(tokens: &[Token], index: usize) -> bool {
    index > 0 && text(tokens, index - 1) == "::"
}

/// The names at the crate's root that a path starting at the first token reaches; `here` is its module.
fn targets(tokens: &[Token], mut here: Vec<String>) -> Vec<String> {
    let mut rest = tokens;
    while matches!(text(rest, 0), "crate" | "super" | "self") && text(rest, 1) == "::" {
        match text(rest, 0) {
            "crate" => here.clear(),
            "super" => drop(here.pop()),
            _ => {}
        }
        rest = rest.get(2..).unwrap_or_default();
    }
    if rest.len() == tokens.len() {
        return Vec::new();
    }
    if let Some(top) = here.first() {
        return vec![top.clone()];
    }
    let names = if text(rest, 0) == "{" { first_names(rest) } else { vec![text(rest, 0)] };
    names.into_iter().filter(|name| !matches!(*name, "self" | "*")).map(str::to_owned).collect()
}

/// Each circle once, at the place where its first module enters it.
fn circles(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told: Vec<Vec<&str>> = Vec::new();
    for start in graph.keys() {
        let Some(circle) = shortest_circle(graph, start) else { continue };
        if told.iter().any(|known| known.contains(&start.as_str())) {
            continue;
        }
        let edges = circle.iter().zip(circle.iter().skip(1));
        let places = edges.filter_map(|(from, to)| graph.get(*from)?.get(*to));
        let shown: Vec<String> =
            places.clone().map(|(path, line)| format!("{path}:{line}")).collect();
        let message = format!(
            "modules lean on each other in a circle: {} (at {}); move what they share into a module of its own",
            circle.join(" -> "),
            shown.join(", ")
        );
        if let Some((path, line)) = places.clone().next() {
            findings.push(Finding::new(path, *line, message));
        }
        told.push(circle);
    }
    findings
}

/// The shortest way from a module back to itself, both ends included.
fn shortest_circle<'a>(graph: &'a Graph, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for next in graph.get(module).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(way_back(&came_from, start, module));
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    None
}

fn way_back<'a>(
    came_from: &BTreeMap<&'a str, &'a str>,
    start: &'a str,
    last: &'a str,
) -> Vec<&'a str> {
    let mut way = vec![start, last];
    let mut module = last;
    while let Some(before) = came_from.get(module).filter(|_| module != start) {
        way.push(before);
        module = before;
    }
    if last == start {
        way.truncate(2);
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, tree};
    use super::*;

    fn check_pair(a: &str, b: &str) -> Vec<Finding> {
        let root = "//! R.\nmod a;\nmod b;\npub use b::Thing;\n";
        let (a, b) = (format!("//! A.\n{a}\n"), format!("//! B.\n{b}\n"));
        check(&tree(&[
            ("crates/x/src/lib.rs", root),
            ("crates/x/src/a.rs", &a),
            ("crates/x/src/b.rs", &b),
        ]))
    }

    #[test]
    fn two_modules_that_need_each_other_are_caught() {
        let findings = check_pair("use crate::b::Thing;", "fn f() { super::a::g() }");
        assert_one(&findings, "crates/x/src/a.rs:2", "a -> b -> a");
    }

    #[test]
    fn a_circle_through_a_facade_a_group_or_a_macro_is_caught() {
        for a in [
            "use crate::Thing;",
            "use crate::{fmt, b::{Other, Thing}};",
            "fn f() { assert!(crate::b::ok()) }",
        ] {
            assert_eq!(check_pair(a, "use super::a::X;").len(), 1, "{a}");
        }
    }

    #[test]
    fn a_circle_of_three_is_told_once() {
        let files = [
            ("crates/x/src/a.rs", "//! A.\nuse crate::b::B;\n"),
            ("crates/x/src/b.rs", "//! B.\nuse crate::c::C;\n"),
            ("crates/x/src/c/inner.rs", "//! C.\nuse super::super::a::A;\n"),
        ];
        assert_one(&check(&tree(&files)), "crates/x/src/a.rs:2", "a -> b -> c -> a");
    }

    #[test]
    fn one_way_use_children_and_tests_are_fine() {
        assert_eq!(check_pair("use crate::b::Thing;", "use super::b::Own;"), []);
        assert_eq!(
            check_pair("use crate::b::Thing;", "#[cfg(test)]\nmod tests { use crate::a::X; }"),
            []
        );
        assert_eq!(check_pair("use crate::b::Thing;", "mod inner { use super::Own; }"), []);
    }
}
