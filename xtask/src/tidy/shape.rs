//! Sizes of files and functions, file headers, and exceptions from lints.

use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::Finding;
use super::rules;
use super::source::SourceFile;
use super::tree::Tree;

/// The binary's entry, which only wires.
const MAIN: &str = "crates/seawall/src/main.rs";

/// Checks every source file, and the count of lint exceptions in all.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        findings.extend(file(tree, source));
        findings.extend(long_functions(tree, source));
    }
    for (word, limit, found) in exceptions(tree) {
        if found.len() > limit {
            findings.extend(found.last().map(|(path, line)| {
                let message = format!(
                    "{} `#[{word}(…)]` in the tree, {limit} allowed: satisfy the lint, or raise {word}_attributes in {} with the reason in the commit",
                    found.len(), rules::FILE
                );
                Finding::new(path, *line, message)
            }));
        }
    }
    findings
}

/// Ratchets that could be tightened, as notes.
pub(super) fn slack(tree: &Tree) -> Vec<String> {
    let loose = exceptions(tree).into_iter().filter(|(_, limit, found)| found.len() < *limit);
    loose
        .map(|(word, limit, found)| {
            format!(
                "note: {word}_attributes in {} can go from {limit} to {}",
                rules::FILE,
                found.len()
            )
        })
        .collect()
}

fn file(tree: &Tree, source: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.text.starts_with("//!") {
        let message = "the file does not say what it is: start it with a `//!` line";
        findings.push(Finding::new(&source.path, 1, message));
    }
    let lines = source.product_lines();
    let limit = if source.path == MAIN { tree.rules.main_lines } else { tree.rules.file_lines };
    if lines > limit {
        let message =
            format!("{lines} lines without tests, {limit} allowed: split the file by subject");
        findings.push(Finding::new(&source.path, limit, message));
    }
    findings
}

fn long_functions(tree: &Tree, source: &SourceFile) -> Vec<Finding> {
    let mut functions = Functions { lines: source.text.lines().collect(), found: Vec::new() };
    functions.visit_file(&source.syntax);
    let limit = tree.rules.function_lines;
    let long = functions.found.into_iter().filter(|(_, _, lines)| *lines > limit);
    let finding = |(name, line, lines)| {
        let message = format!(
            "{name} has {lines} lines of code, {limit} allowed: give its steps names of their own"
        );
        Finding::new(&source.path, line, message)
    };
    long.map(finding).collect()
}

/// Every function with its line and its length: lines of the body that hold code, as clippy counts them.
struct Functions<'a> {
    lines: Vec<&'a str>,
    found: Vec<(String, usize, usize)>,
}

impl Functions<'_> {
    fn measure(&mut self, name: &syn::Ident, block: &syn::Block) {
        let (open, close) = (block.span().start().line, block.span().end().line);
        let body = self.lines.get(open..close.saturating_sub(1)).unwrap_or_default();
        let code = body
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty() && !line.starts_with("//"));
        self.found.push((name.to_string(), name.span().start().line, code.count()));
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig.ident, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig.ident, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

type Places = Vec<(String, usize)>;

/// For each kind of lint exception: its word, how many are allowed, where they are.
fn exceptions(tree: &Tree) -> [(&'static str, usize, Places); 2] {
    let find = |word: &str| {
        let mut places = Places::new();
        for source in &tree.sources {
            let mut attributes = Attributes { word, lines: Vec::new() };
            attributes.visit_file(&source.syntax);
            places.extend(attributes.lines.into_iter().map(|line| (source.path.clone(), line)));
        }
        places
    };
    [
        ("expect", tree.rules.expect_attributes, find("expect")),
        ("allow", tree.rules.allow_attributes, find("allow")),
    ]
}

struct Attributes<'a> {
    word: &'a str,
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Attributes<'_> {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident(self.word) {
            self.lines.push(attribute.span().start().line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted::{assert_one, tree};
    use super::*;

    fn check_file(path: &str, text: &str) -> Vec<Finding> {
        check(&tree(&[(path, text)]))
    }

    #[test]
    fn a_file_without_a_header_is_caught() {
        assert_one(&check_file("crates/x/src/a.rs", "fn a() {}\n"), "crates/x/src/a.rs:1", "`//!`");
    }

    #[test]
    fn a_file_that_grows_too_long_is_caught_and_its_tests_do_not_count() {
        let long = format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(10));
        assert_one(
            &check_file("crates/x/src/a.rs", &long),
            "crates/x/src/a.rs:10",
            "11 lines without tests, 10 allowed",
        );
        let tests =
            format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "const A: u8 = 1;\n".repeat(10));
        assert_eq!(check_file("crates/x/src/a.rs", &tests), []);
    }

    #[test]
    fn logic_that_creeps_into_main_is_caught() {
        let text = format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(5));
        assert_one(&check_file(MAIN, &text), "crates/seawall/src/main.rs:5", "5 allowed");
    }

    #[test]
    fn a_long_function_is_caught_and_comments_do_not_count() {
        let text = "//! A.\nimpl X {\n    fn long() {\n        a();\n        a();\n        a();\n        a();\n    }\n}\n";
        assert_one(
            &check_file("crates/x/src/a.rs", text),
            "crates/x/src/a.rs:3",
            "long has 4 lines",
        );
        let text = "//! A.\nfn f() {\n    // b\n\n    a();\n    a();\n    a();\n}\n";
        assert_eq!(check_file("crates/x/src/a.rs", text), []);
    }

    #[test]
    fn lint_exceptions_beyond_the_ratchet_are_caught() {
        let text = "//! A.\n#[expect(a, reason = \"b\")]\nfn a() {}\n#[expect(a, reason = \"b\")]\nfn b() {}\n";
        assert_one(
            &check_file("crates/x/src/a.rs", text),
            "crates/x/src/a.rs:4",
            "2 `#[expect(…)]` in the tree, 1 allowed",
        );
        let text = "//! A.\nfn a() {\n    #[allow(a)]\n    let b = 1;\n}\n";
        assert_one(&check_file("crates/x/src/a.rs", text), "crates/x/src/a.rs:3", "0 allowed");
    }

    #[test]
    fn a_ratchet_that_can_be_tightened_is_told() {
        let notes = slack(&tree(&[("crates/x/src/a.rs", "//! A.\n")]));
        assert_eq!(notes, ["note: expect_attributes in tidy.toml can go from 1 to 0"]);
    }
}
