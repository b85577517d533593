//! Plants known faults into a copy of the tree, and sees to it that the tests find each of them.
//!
//! A simulation that finds nothing may be blind. Each file under `plants` is a small patch that breaks one
//! promise, with a head that says which, what should find it, and in what words. The copy is made anew
//! below `target`, so that no fault ever is in the tree itself, and nothing can be switched on at run time.

mod copy;
mod patch;
mod trial;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::command::{self, say};
use copy::Copy;
use patch::Plant;
use trial::{Outcome, Trial};

/// Where the patches are, seen from the root.
const FOLDER: &str = "plants";

/// Where the faults are planted, seen from the root.
const GROUND: &str = "target/plants";

/// Plants every fault, or the named ones, and fails where one is not found.
pub(crate) fn run(root: &Path, names: &[&str]) -> Result<()> {
    let plants = load(root)?;
    let wanted: Vec<&Plant> = plants
        .iter()
        .filter(|plant| names.is_empty() || names.contains(&plant.name.as_str()))
        .collect();
    if let Some(unknown) = names.iter().find(|name| plants.iter().all(|plant| plant.name != **name))
    {
        let known: Vec<&str> = plants.iter().map(|plant| plant.name.as_str()).collect();
        bail!("no plant is named {unknown}; there are: {}", known.join(", "));
    }
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
        let outcome = trial.run(&plant.arguments, plant.worlds, Some(&plant.says))?;
        say(&format!("== plant {}: {outcome} in {} s", plant.name, start.elapsed().as_secs()));
        rows.push((plant, outcome));
    }
    // Nobody should build a tree with a fault in it by mistake.
    copy.refresh()?;
    table(&rows);
    let missed = rows.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Found(_))).count();
    if missed > 0 {
        bail!("{missed} of {} planted faults were not found", rows.len());
    }
    say(&format!("all {} planted faults were found", rows.len()));
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
    for plant in plants {
        let this = (plant.arguments.as_slice(), plant.worlds);
        if done.contains(&this) {
            continue;
        }
        done.push(this);
        say(&format!("== without a fault: cargo {}", plant.arguments.join(" ")));
        match trial.run(&plant.arguments, plant.worlds, None)? {
            Outcome::Passed => {}
            outcome @ (Outcome::Found(_) | Outcome::OtherWords(_) | Outcome::Endless) => bail!(
                "`cargo {}` fails without any fault planted: {outcome}",
                plant.arguments.join(" ")
            ),
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

fn table(rows: &[(&Plant, Outcome)]) {
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let names = width(&mut rows.iter().map(|(plant, _)| plant.name.len()));
    let finders = width(&mut rows.iter().map(|(plant, _)| plant.found_by.len()));
    for (plant, outcome) in rows {
        say(&format!("{:names$}  {:finders$}  {outcome}", plant.name, plant.found_by));
    }
}
