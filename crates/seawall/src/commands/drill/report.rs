//! `seawall drill report`: one page for a board.

use std::fs;
use std::path::Path;

use ::drill::{Defences, DrillError, Drilled, Form, Found, Library, Request};
use anyhow::{Context as _, anyhow};

use super::{Progress, read, say, verdict, write_json, wrong};
use crate::arguments::ReportArguments;
use crate::error::CommandError;

/// Runs the drills, or reads what earlier runs say, and writes the page. A drill that cannot be run does not keep the
/// others from the page.
///
/// # Errors
/// Where nothing could be written, a drill could not be run, or a defence did not hold.
pub(super) fn run(library: &Library, arguments: &ReportArguments) -> Result<(), CommandError> {
    let mut failed = Vec::new();
    let drilled = match arguments.from.as_slice() {
        [] => run_all(library, arguments, &mut failed)?,
        files => read_all(library, files)?,
    };
    if drilled.is_empty() {
        return Err(anyhow!("there is no drill to report on").into());
    }
    if let Some(folder) = &arguments.out {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        write(&folder.join("index.html"), &::drill::report(&drilled))?;
        write(&folder.join("picture.svg"), &::drill::picture(&drilled))?;
        write_json(&folder.join("drills.json"), &drilled)?;
        say(&format!("{}\n", folder.join("index.html").display()))?;
    }
    if let Some(file) = &arguments.picture {
        write(file, &::drill::picture(&drilled))?;
    }
    if let Some(file) = &arguments.remedies {
        write(file, &::drill::remedies(&drilled))?;
    }
    match failed.as_slice() {
        [] => verdict(&drilled),
        failed => Err(anyhow!("not in the report: {}", failed.join("; ")).into()),
    }
}

fn run_all(
    library: &Library,
    arguments: &ReportArguments,
    failed: &mut Vec<String>,
) -> Result<Vec<Drilled>, CommandError> {
    let names = match arguments.names.as_slice() {
        [] => every_name(library)?,
        names => names.to_vec(),
    };
    let form = if arguments.short { Form::Short } else { Form::Full };
    let mut all = Vec::new();
    for name in names {
        let found = library.find(&name).map_err(wrong)?;
        // What each defence and remedy is worth stands with the incident; another version of it is there to compare.
        let defences = if found.profile.is_some() { Defences::Both } else { Defences::Each };
        let request = Request { seed: arguments.seed, defences, form, portfolio: None };
        let progress = Progress::new(&found.name());
        let drilled = ::drill::run(library, &found, &request, &progress)
            .and_then(|drilled| with_risk(library, &found, drilled, arguments.seeds, &progress));
        progress.end();
        match drilled {
            Ok(drilled) => all.push(drilled),
            Err(error @ DrillError::Failed { .. }) => failed.push(error.to_string()),
            Err(error @ (DrillError::Unknown { .. } | DrillError::File(_))) => {
                return Err(wrong(error));
            }
        }
    }
    Ok(all)
}

/// The drill with what it stands to lose over so many seeds, where it has a measure of that. A thousand long forms would
/// take a day.
fn with_risk(
    library: &Library,
    found: &Found<'_>,
    drilled: Drilled,
    seeds: Option<u32>,
    progress: &Progress,
) -> Result<Drilled, DrillError> {
    let is_wanted = found.incident.risk.is_some() && found.profile.is_none();
    let Some(seeds) = seeds.filter(|_| is_wanted) else { return Ok(drilled) };
    let (seed, form) = (drilled.seed, Form::Short);
    let request = Request { seed, defences: Defences::Both, form, portfolio: None };
    let risk = ::drill::at_risk(library, found, &request, seeds, progress)?;
    Ok(Drilled { risk: Some(risk), ..drilled })
}

/// All incidents, each followed by the other versions of its day.
fn every_name(library: &Library) -> Result<Vec<String>, CommandError> {
    let mut names = Vec::new();
    for incident in library.incidents().map_err(wrong)? {
        names.push(incident.id.clone());
        names.extend(incident.profiles.iter().map(|it| format!("{}-{}", incident.id, it.id)));
    }
    Ok(names)
}

fn read_all(library: &Library, files: &[impl AsRef<Path>]) -> Result<Vec<Drilled>, CommandError> {
    let mut all = Vec::new();
    for file in files {
        let file = file.as_ref();
        let name = file.display().to_string();
        all.extend(::drill::read_back(library, &name, &read(file)?).map_err(wrong)?);
    }
    Ok(all)
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = fs::write(path, text);
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}
