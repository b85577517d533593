//! The tree that the checks look at: packages, sources and texts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Finding;
use super::rules::{self, Rules};
use super::source::SourceFile;
use crate::command;

/// Everything that tidy looks at.
#[derive(Default)]
pub(super) struct Tree {
    /// The rules it is held to.
    pub rules: Rules,
    /// The workspace's crates.
    pub packages: Vec<Package>,
    /// Every Rust file.
    pub sources: Vec<SourceFile>,
    /// Every text file, Rust files included.
    pub texts: Vec<TextFile>,
}

/// One crate of the workspace.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Its name, which is its folder's name too.
    pub name: String,
    /// Path of its manifest from the root.
    pub manifest: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// One dependency of a crate.
#[derive(Debug, Default)]
pub(super) struct Dependency {
    /// The crate's name.
    pub name: String,
    /// Whether only tests use it.
    pub tests_only: bool,
    /// Whether it is a crate of this workspace.
    pub internal: bool,
}

/// One text file.
#[derive(Debug, Default)]
pub(super) struct TextFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl TextFile {
    /// The first line that `wanted` accepts, from 1; else 1.
    pub(super) fn line_where(&self, wanted: impl Fn(&str) -> bool) -> usize {
        self.text.lines().position(wanted).map_or(1, |index| index + 1)
    }
}

impl Tree {
    /// Reads the tree that git sees: what is tracked, and what is new and not ignored.
    pub(super) fn load(root: &Path) -> Result<(Self, Vec<Finding>)> {
        let rules = fs::read_to_string(root.join(rules::FILE))
            .with_context(|| format!("cannot read {}", rules::FILE))?;
        let mut tree = Self { rules: Rules::parse(&rules)?, ..Self::default() };
        let metadata = command::output(&mut command::cargo(
            root,
            &["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"],
        ))?;
        tree.packages = packages(
            root,
            &serde_json::from_str(&metadata).context("cargo metadata is not JSON")?,
        )?;
        let mut git = Command::new("git");
        git.current_dir(root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = command::output(&mut git)?;
        let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
        for path in paths {
            // A file that is not UTF-8 is no text; one that is listed and gone was deleted and not yet committed.
            if let Ok(text) = fs::read_to_string(root.join(path)) {
                tree.texts.push(TextFile { path: path.to_owned(), text });
            }
        }
        let findings = tree.parse_sources();
        Ok((tree, findings))
    }

    /// Parses every Rust file among the texts; what does not parse is a finding.
    pub(super) fn parse_sources(&mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for file in self.texts.iter().filter(|file| file.path.ends_with(".rs")) {
            match SourceFile::parse(&file.path, &file.text) {
                Ok(source) => self.sources.push(source),
                Err(finding) => findings.push(finding),
            }
        }
        let prefixes: Vec<String> =
            self.sources.iter().flat_map(SourceFile::test_module_prefixes).collect();
        for source in &mut self.sources {
            let declared = |prefix: &String| {
                source
                    .path
                    .strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            if prefixes.iter().any(declared) {
                source.is_test = true;
            }
        }
        findings
    }

    /// The text file at a path.
    pub(super) fn text(&self, path: &str) -> Option<&TextFile> {
        self.texts.iter().find(|file| file.path == path)
    }

    /// Whether a file or folder is there.
    pub(super) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = |file: &TextFile| {
            file.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        path.is_empty() || self.texts.iter().any(below)
    }
}

/// Reads the packages out of what `cargo metadata` says.
fn packages(root: &Path, metadata: &Value) -> Result<Vec<Package>> {
    let list = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    list.iter().map(|value| package(root, value)).collect()
}

fn package(root: &Path, value: &Value) -> Result<Package> {
    let text = |value: &Value, key: &str| {
        value[key]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("cargo metadata gives no {key}"))
    };
    let manifest = text(value, "manifest_path")?;
    let relative =
        Path::new(&manifest).strip_prefix(root).context("a package lies outside the repository")?;
    let list = value["dependencies"].as_array().context("cargo metadata gives no dependencies")?;
    let dependencies = list.iter().map(|dependency| {
        Ok(Dependency {
            name: text(dependency, "name")?,
            tests_only: dependency["kind"] == "dev",
            internal: dependency["path"].is_string(),
        })
    });
    Ok(Package {
        name: text(value, "name")?,
        manifest: relative.to_string_lossy().replace('\\', "/"),
        dependencies: dependencies.collect::<Result<_>>()?,
    })
}

#[cfg(test)]
pub(super) mod planted {
    //! Small trees with a mistake planted in them.

    use super::*;

    /// The rules that planted trees are held to.
    const RULES: &str = r#"
        [limits]
        file_lines = 10
        function_lines = 3
        main_lines = 5
        expect_attributes = 1
        allow_attributes = 0
        [external]
        pure = ["thiserror"]
        tests = ["proptest"]
        runtime_crate = "runtime"
        runtime_only = ["tokio"]
        test_crates = ["testkit"]
        [words]
        frobnicate = "turn"
        [crates]
        units = { layer = 0, pure = true }
        runtime = { layer = 3, external = ["tokio"] }
        gateway = { layer = 4, external = ["serde_json", "tokio"] }
        status = { layer = 4 }
        testkit = { layer = 4 }
        xtask = { layer = 0 }
    "#;

    /// A tree of the given files.
    pub(in crate::tidy) fn tree(files: &[(&str, &str)]) -> Tree {
        let texts = files
            .iter()
            .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() });
        let mut tree = Tree {
            rules: Rules::parse(RULES).expect("good rules"),
            texts: texts.collect(),
            ..Tree::default()
        };
        assert_eq!(tree.parse_sources(), []);
        tree
    }

    /// Adds a package with `(name, tests only, internal)` dependencies.
    pub(in crate::tidy) fn package(
        tree: &mut Tree,
        name: &str,
        dependencies: &[(&str, bool, bool)],
    ) {
        let manifest = format!("crates/{name}/Cargo.toml");
        if tree.text(&manifest).is_none() {
            let text = "[lints]\nworkspace = true\n".to_owned();
            tree.texts.push(TextFile { path: manifest.clone(), text });
        }
        let dependencies = dependencies.iter().map(|(name, tests_only, internal)| Dependency {
            name: (*name).to_owned(),
            tests_only: *tests_only,
            internal: *internal,
        });
        tree.packages.push(Package {
            name: name.to_owned(),
            manifest,
            dependencies: dependencies.collect(),
        });
    }

    /// Asserts that there is exactly one finding, at `place`, and that it says `words`.
    pub(in crate::tidy) fn assert_one(findings: &[Finding], place: &str, words: &str) {
        let [finding] = findings else { panic!("expected one finding, got {findings:#?}") };
        assert_eq!(format!("{}:{}", finding.path, finding.line), place);
        assert!(finding.message.contains(words), "{:?} does not say {words:?}", finding.message);
    }
}
