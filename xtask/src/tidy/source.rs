//! A Rust source file, parsed, with its tests told apart from its product code.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::Finding;

/// One Rust file of the tree.
pub(super) struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The syntax tree.
    pub syntax: syn::File,
    /// Whether the whole file is test code.
    pub is_test: bool,
    /// Lines of the items under `#[cfg(test)]`.
    test_lines: Vec<RangeInclusive<usize>>,
    /// Names of the modules that are declared here under `#[cfg(test)]` and live in files of their own.
    test_modules: Vec<String>,
}

/// A token with its place; groups are flattened into their brackets.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The token as written; `::` is one token.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it is a literal.
    pub literal: bool,
}

impl SourceFile {
    /// Parses a file.
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let syntax = syn::parse_file(text).map_err(|error| {
            Finding::new(path, error.span().start().line, format!("does not parse: {error}"))
        })?;
        let mut tests = TestItems::default();
        tests.visit_file(&syntax);
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            syntax,
            is_test,
            test_lines: tests.lines,
            test_modules: tests.modules,
        })
    }

    /// The crate that the file belongs to: its folder's name.
    pub(super) fn crate_name(&self) -> &str {
        let mut folders = self.path.split('/');
        match folders.next() {
            Some("crates") => folders.next().unwrap_or_default(),
            Some(folder) => folder,
            None => "",
        }
    }

    /// Whether a line is test code.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// Lines of product code, comments and blanks included.
    pub(super) fn product_lines(&self) -> usize {
        if self.is_test {
            return 0;
        }
        let tests: usize = self.test_lines.iter().map(|range| range.clone().count()).sum();
        self.text.lines().count().saturating_sub(tests)
    }

    /// The path prefixes of the files that this file declares as test modules.
    pub(super) fn test_module_prefixes(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let base = if matches!(name, "lib" | "main" | "mod") { folder } else { stem };
        self.test_modules.iter().map(|module| format!("{base}/{module}")).collect()
    }

    /// Every token of the file in order, doc comments and all.
    pub(super) fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        // The file parsed, so its tokens do too.
        if let Ok(stream) = self.text.parse::<TokenStream>() {
            flatten(stream, &mut tokens);
        }
        tokens
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut half_colon = false;
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: String, literal: bool| tokens.push(Token { text, line, literal });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                let end = group.span_close().end().line;
                push(open.to_owned(), false);
                flatten(group.stream(), tokens);
                tokens.push(Token { text: close.to_owned(), line: end, literal: false });
            }
            TokenTree::Ident(ident) => push(ident.to_string(), false),
            TokenTree::Literal(literal) => push(literal.to_string(), true),
            TokenTree::Punct(punct) if half_colon => {
                half_colon = false;
                push(format!(":{}", punct.as_char()), false);
            }
            TokenTree::Punct(punct)
                if punct.as_char() == ':' && punct.spacing() == Spacing::Joint =>
            {
                half_colon = true;
            }
            TokenTree::Punct(punct) => push(punct.as_char().to_string(), false),
        }
    }
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[derive(Debug, Default)]
struct TestItems {
    lines: Vec<RangeInclusive<usize>>,
    modules: Vec<String>,
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = attributes(item);
        if !attributes.iter().any(is_cfg_test) {
            syn::visit::visit_item(self, item);
            return;
        }
        if let syn::Item::Mod(module) = item
            && module.content.is_none()
        {
            self.modules.push(module.ident.to_string());
        }
        let start = attributes
            .first()
            .map_or_else(|| item.span().start(), |attribute| attribute.span().start());
        self.lines.push(start.line..=item.span().end().line);
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all (test"))
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::ForeignMod(item) => &item.attrs,
        syn::Item::TraitAlias(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Verbatim(_) | _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_apart_from_product_code() {
        // Else a crate's tests would count against its limits, and its purity would not be checked.
        let text = "//! A.\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        let file = SourceFile::parse("crates/a/src/lib.rs", text).expect("parses");
        assert_eq!(file.product_lines(), 3);
        assert!(!file.is_test_line(2) && file.is_test_line(4) && file.is_test_line(7));
        let text = "//! A.\n#[cfg(test)]\nmod proofs;\n";
        let file = SourceFile::parse("crates/a/src/b.rs", text).expect("parses");
        assert_eq!(file.test_module_prefixes(), ["crates/a/src/b/proofs"]);
    }

    #[test]
    fn tokens_know_their_lines() {
        let file = SourceFile::parse("xtask/src/a.rs", "use a::{b,\n c};\n").expect("parses");
        let texts: Vec<String> = file.tokens().into_iter().map(|token| token.text).collect();
        assert_eq!(texts, ["use", "a", "::", "{", "b", ",", "c", "}", ";"]);
        assert_eq!(file.tokens()[6].line, 2);
        assert_eq!(file.crate_name(), "xtask");
    }
}
