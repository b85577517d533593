//! What `tidy.toml` says: the limits, the layers, and which crate may use what.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use toml_edit::{Item, Table};

/// The file that the rules are read from.
pub(super) const FILE: &str = "tidy.toml";

/// The rules of the tree.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Most lines of product code in a file.
    pub file_lines: usize,
    /// Most lines of code in a function.
    pub function_lines: usize,
    /// Most lines in the binary's `main.rs`.
    pub main_lines: usize,
    /// Most `#[expect(…)]` attributes in the whole tree.
    pub expect_attributes: usize,
    /// Most `#[allow(…)]` attributes in the whole tree.
    pub allow_attributes: usize,
    /// External crates that a pure crate may use.
    pub pure_external: BTreeSet<String>,
    /// External crates that the tests of any crate may use.
    pub test_external: BTreeSet<String>,
    /// The crate that alone may use what `runtime_external` names.
    pub runtime_crate: String,
    /// External crates that only the runtime crate may use.
    pub runtime_external: BTreeSet<String>,
    /// The crates that nothing but tests may depend on.
    pub test_crates: BTreeSet<String>,
    /// Words not to use, each with the word to use.
    pub words: BTreeMap<String, String>,
    /// The crates by name.
    pub crates: BTreeMap<String, CrateRules>,
}

/// The rules of one crate.
#[derive(Debug, Default)]
pub(super) struct CrateRules {
    /// Its layer: it depends on lower layers only.
    pub layer: usize,
    /// Whether it is a deterministic core: no clock, no I/O, no floats.
    pub pure: bool,
    /// The external crates it may use.
    pub external: BTreeSet<String>,
}

impl Rules {
    /// Reads `tidy.toml`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let document: toml_edit::DocumentMut =
            text.parse().with_context(|| format!("cannot read {FILE}"))?;
        let root = document.as_table();
        let limits = table(root, "limits")?;
        let external = table(root, "external")?;
        let mut rules = Self {
            file_lines: number(limits, "file_lines")?,
            function_lines: number(limits, "function_lines")?,
            main_lines: number(limits, "main_lines")?,
            expect_attributes: number(limits, "expect_attributes")?,
            allow_attributes: number(limits, "allow_attributes")?,
            pure_external: strings(external, "pure")?,
            test_external: strings(external, "tests")?,
            runtime_crate: string(external, "runtime_crate")?,
            runtime_external: strings(external, "runtime_only")?,
            test_crates: strings(external, "test_crates")?,
            ..Self::default()
        };
        let words = table(root, "words")?;
        for (word, _) in words {
            rules.words.insert(word.to_owned(), string(words, word)?);
        }
        for (name, item) in table(root, "crates")? {
            let table = item
                .as_table_like()
                .with_context(|| format!("{FILE}: crates.{name} is not a table"))?;
            rules.crates.insert(name.to_owned(), CrateRules::parse(table)?);
        }
        Ok(rules)
    }

    /// Whether a crate is a deterministic core.
    pub(super) fn is_pure(&self, name: &str) -> bool {
        self.crates.get(name).is_some_and(|rules| rules.pure)
    }
}

impl CrateRules {
    fn parse(table: &dyn toml_edit::TableLike) -> Result<Self> {
        let mut rules = Self::default();
        for (key, item) in table.iter() {
            match key {
                "layer" => rules.layer = as_number(item, key)?,
                "pure" => rules.pure = as_boolean(item, key)?,
                "external" => rules.external = as_strings(item, key)?,
                _ => bail!("{FILE}: {key} is not one of layer, pure, external"),
            }
        }
        Ok(rules)
    }
}

fn item<'a>(table: &'a Table, key: &str) -> Result<&'a Item> {
    table.get(key).with_context(|| format!("{FILE}: {key} is missing"))
}

fn table<'a>(table: &'a Table, key: &str) -> Result<&'a Table> {
    item(table, key)?.as_table().with_context(|| format!("{FILE}: {key} is not a table"))
}

fn number(table: &Table, key: &str) -> Result<usize> {
    as_number(item(table, key)?, key)
}

fn string(table: &Table, key: &str) -> Result<String> {
    let text =
        item(table, key)?.as_str().with_context(|| format!("{FILE}: {key} is not a text"))?;
    Ok(text.to_owned())
}

fn strings(table: &Table, key: &str) -> Result<BTreeSet<String>> {
    as_strings(item(table, key)?, key)
}

fn as_boolean(item: &Item, key: &str) -> Result<bool> {
    item.as_bool().with_context(|| format!("{FILE}: {key} is not a boolean"))
}

fn as_number(item: &Item, key: &str) -> Result<usize> {
    let number = item.as_integer().and_then(|number| usize::try_from(number).ok());
    number.with_context(|| format!("{FILE}: {key} is not a whole number"))
}

fn as_strings(item: &Item, key: &str) -> Result<BTreeSet<String>> {
    let list = item.as_array().with_context(|| format!("{FILE}: {key} is not a list"))?;
    let texts = list.iter().map(|value| value.as_str().map(str::to_owned));
    texts
        .collect::<Option<_>>()
        .with_context(|| format!("{FILE}: {key} holds something that is not a text"))
}
