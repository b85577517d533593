//! Plants known faults into a copy of the tree, and sees to it that the tests find each of them.
//!
//! A simulation that finds nothing may be blind. Each file under `plants` is a small patch that breaks one
//! promise, with a head that says which, what should find it, and in what words. The copy is made anew
//! below `target`, so that no fault ever is in the tree itself, and nothing can be switched on at run time.

mod copy;
mod page;
mod patch;
mod trial;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::command::{self, say};
use copy::Copy;
use patch::{Finder, Plant};
use trial::{Outcome, Trial};

/// Where the patches are, seen from the root.
const FOLDER: &str = "plants";

/// Where the faults are planted, seen from the root.
const GROUND: &str = "target/plants";

/// What came of looking for a fault in one way.
struct Row<'a> {
    plant: &'a Plant,
    finder: &'a Finder,
    outcome: Outcome,
    /// What the test took, without building it.
    time: Duration,
}

/// Plants every fault, or those that the words name, by name or by what their names begin with, and fails where one is
/// not found. Writes the table to `out`, a file seen from the root.
pub(crate) fn run(root: &Path, words: &[&str], out: Option<&str>) -> Result<()> {
    let plants = load(root)?;
    if let Some(unknown) = words.iter().find(|word| !plants.iter().any(|it| it.is_called(word))) {
        let known: Vec<&str> = plants.iter().map(|plant| plant.name.as_str()).collect();
        bail!("no plant is named {unknown}; there are: {}", known.join(", "));
    }
    let wanted: Vec<&Plant> = plants.iter().filter(|plant| plant.is_meant(words)).collect();
    let copy = Copy::new(root, &root.join(GROUND).join("tree"));
    let trial = Trial::new(&copy.tree, &root.join(GROUND).join("target"));
    copy.refresh()?;
    sound(&trial, &wanted)?;
    let mut rows = Vec::new();
    for plant in wanted {
        let start = Instant::now();
        say(&format!("== plant {}", plant.name));
        copy.refresh()?;
        apply(&copy.tree, &plant.file, false)?;
        for finder in &plant.finders {
            let (outcome, time) = trial.run(finder, Some(&finder.says))?;
            say(&format!("== plant {}: {outcome}", plant.name));
            rows.push(Row { plant, finder, outcome, time });
        }
        say(&format!("== plant {}: {} s", plant.name, start.elapsed().as_secs()));
    }
    // Nobody should build a tree with a fault in it by mistake.
    copy.refresh()?;
    let text = table(&rows);
    say(&text);
    if let Some(out) = out {
        let command = format!("cargo xtask plant {} --out {out}", words.join(" "));
        page::write(&root.join(out), &command, &text)?;
    }
    let missed = rows.iter().filter(|row| !matches!(row.outcome, Outcome::Found(..))).count();
    if missed > 0 {
        bail!("{missed} of {} ways to find a planted fault do not find it", rows.len());
    }
    say(&format!("every planted fault was found, in each of {} ways", rows.len()));
    Ok(())
}

/// Checks that every patch still fits the tree, without running anything.
pub(crate) fn check(root: &Path) -> Result<()> {
    let plants = load(root)?;
    for plant in &plants {
        apply(root, &plant.file, true)?;
    }
    say(&format!("{} plants fit the tree", plants.len()));
    Ok(())
}

/// Every plant, by name.
fn load(root: &Path) -> Result<Vec<Plant>> {
    let folder = root.join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.context("cannot list the plants")?.path();
        if path.extension().is_some_and(|extension| extension == "patch") {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|file| Plant::load(file)).collect()
}

/// A command that fails without any fault proves nothing when it fails with one.
fn sound(trial: &Trial, plants: &[&Plant]) -> Result<()> {
    let mut done: Vec<(&[String], u32)> = Vec::new();
    for finder in plants.iter().flat_map(|plant| &plant.finders) {
        let this = (finder.arguments.as_slice(), finder.worlds);
        if done.contains(&this) {
            continue;
        }
        done.push(this);
        let words = finder.arguments.join(" ");
        say(&format!("== without a fault: cargo {words}"));
        match trial.run(finder, None)?.0 {
            Outcome::Passed => {}
            outcome @ (Outcome::Found(..) | Outcome::OtherWords(_) | Outcome::Endless) => {
                bail!("`cargo {words}` fails without any fault planted: {outcome}")
            }
        }
    }
    Ok(())
}

/// Applies a patch to a tree, or only checks that it could be.
fn apply(tree: &Path, patch: &Path, only_check: bool) -> Result<()> {
    let mut git = Command::new("git");
    // The copy is no repository: inside one, git would take the patch's paths for the repository's.
    git.current_dir(tree).env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    git.args(["apply", "-p1"]);
    if only_check {
        git.arg("--check");
    }
    command::run(git.arg(patch)).with_context(|| {
        format!(
            "{} does not fit the tree any more: make it anew, so that it breaks the same promise",
            patch.display()
        )
    })
}

/// The rows as a table in Markdown.
fn table(rows: &[Row<'_>]) -> String {
    let mut text = String::from(
        "| plant | what it breaks | found by | worlds at most | lowest seed | seconds |\n|---|---|---|---|---|---|\n",
    );
    for Row { plant, finder, outcome, time } in rows {
        let (worlds, seed) = match outcome {
            Outcome::Found(_, Some(seed)) => (finder.worlds.to_string(), seed.to_string()),
            Outcome::Found(_, None) => ("–".to_owned(), "–".to_owned()),
            missed @ (Outcome::Passed | Outcome::OtherWords(_) | Outcome::Endless) => {
                (finder.worlds.to_string(), missed.to_string())
            }
        };
        text.push_str(&format!(
            "| {} | {} | {} | {worlds} | {seed} | {:.1} |\n",
            plant.name,
            plant.breaks,
            finder.found_by,
            time.as_secs_f64()
        ));
    }
    text
}
