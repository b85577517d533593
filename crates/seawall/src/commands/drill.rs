//! `seawall drill`: crises, replayed against the real parts.

mod load;
mod progress;
mod report;
mod soak;
mod target;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use ::drill::{Defences, DrillError, Drilled, Form, Library, Request};
use anyhow::{Context as _, anyhow};
use incident::{Target, Value};
use runtime::log::Format;

use crate::arguments::{DefenceChoice, DrillCommand};
use crate::drills;
use crate::error::CommandError;
use progress::Progress;

/// Does what is asked for.
///
/// # Errors
/// Where a drill cannot be run, or a defence did not hold.
pub(crate) fn run(command: &DrillCommand, log_format: Format) -> Result<(), CommandError> {
    runtime::log::start(log_format, "warn");
    let library = library()?;
    match command {
        DrillCommand::Load(arguments) => load::run(arguments),
        DrillCommand::List { markdown: true, .. } => {
            say(&::drill::markdown(&library.incidents().map_err(wrong)?))
        }
        DrillCommand::List { mechanisms: true, .. } => say(&mechanisms(&library)),
        DrillCommand::List { .. } => say(&list(&library)?),
        DrillCommand::Run { name, seed, defence, short: _, json, portfolio, seeds, target }
            if name == "mix" =>
        {
            mix_takes(&[
                ("--target", target.target.is_some()),
                ("--json", json.is_some()),
                ("--portfolio", portfolio.is_some()),
                ("--seeds", seeds.is_some()),
                ("--defence", defence.is_some()),
            ])?;
            soak::run(&library, soak::RUN_MIX_HOURS, *seed)
        }
        DrillCommand::Run { name, seed, defence, short, json, portfolio, seeds, target } => {
            let portfolio = portfolio.as_deref().map(read).transpose()?;
            let form = if *short { Form::Short } else { Form::Full };
            let target = target::target(target)?;
            let usual = if target.is_some() { DefenceChoice::Both } else { DefenceChoice::Each };
            let defences = which(defence.unwrap_or(usual));
            let request = Request { seed: *seed, defences, form, portfolio };
            let drilled = match &target {
                Some(target) => vec![run_beside(&library, name, &request, target)?],
                None => run_named(&library, name, &request, *seeds)?,
            };
            if let Some(path) = json {
                write_json(path, &drilled)?;
            }
            verdict(&drilled)
        }
        DrillCommand::Providers { name, providers } => target::show(&library, name, providers),
        DrillCommand::Soak { hours, seed } => soak::run(&library, *hours, *seed),
        DrillCommand::Report(arguments) => report::run(&library, arguments),
    }
}

/// What of a drill's options was given is refused for `mix`, which would run without it: a soak draws its drills itself.
///
/// # Errors
/// Where one was.
fn mix_takes(options: &[(&str, bool)]) -> Result<(), CommandError> {
    let given: Vec<&str> = options.iter().filter(|it| it.1).map(|it| it.0).collect();
    match given.as_slice() {
        [] => Ok(()),
        given => Err(CommandError::Config(format!(
            "drill run mix takes no {}: it draws short drills at random and runs them against Seawall itself; name one \
             drill for that",
            given.join(", ")
        ))),
    }
}

const fn which(choice: DefenceChoice) -> Defences {
    match choice {
        DefenceChoice::On => Defences::On,
        DefenceChoice::Off => Defences::Off,
        DefenceChoice::Both => Defences::Both,
        DefenceChoice::Each => Defences::Each,
    }
}

/// Everything that comes with Seawall, with this very binary as the part that live drills start.
fn library() -> Result<Library, CommandError> {
    let binary = std::env::current_exe().context("cannot find the path of this program")?;
    Ok(drills::library(binary))
}

/// Runs one drill, or all, and says of each what came of it as soon as it is known.
fn run_named(
    library: &Library,
    name: &str,
    request: &Request,
    seeds: Option<u32>,
) -> Result<Vec<Drilled>, CommandError> {
    let names: Vec<String> = match name {
        "all" => library.incidents().map_err(wrong)?.into_iter().map(|it| it.id).collect(),
        one => vec![one.to_owned()],
    };
    let is_all = name == "all";
    let mut all = Vec::new();
    for name in names {
        let found = library.find(&name).map_err(wrong)?;
        let progress = Progress::new(&found.name());
        let drilled = ::drill::run(library, &found, request, &progress).and_then(|drilled| {
            let risk = |seeds| ::drill::at_risk(library, &found, request, seeds, &progress);
            // Of all drills those are run over seeds that have a measure of risk.
            let seeds = seeds.filter(|_| !is_all || found.incident.risk.is_some());
            Ok(Drilled { risk: seeds.map(risk).transpose()?, ..drilled })
        });
        progress.end();
        let drilled = drilled.map_err(wrong)?;
        say(&format!("{}\n", ::drill::table(&drilled)))?;
        all.push(drilled);
    }
    Ok(all)
}

/// Runs one drill, and beside Seawall a gateway of the user's own, whose providers are said first.
fn run_beside(
    library: &Library,
    name: &str,
    request: &Request,
    target: &Target,
) -> Result<Drilled, CommandError> {
    say(&target::listed(library, name, &target.ports)?)?;
    say("They listen now; your gateway is waited for until it answers through them.\n\n")?;
    let found = library.find(name).map_err(wrong)?;
    let progress = Progress::new(&found.name());
    let drilled = ::drill::run_beside(library, &found, request, Some(target), &progress);
    progress.end();
    let drilled = drilled.map_err(wrong)?;
    say(&format!("{}\n", ::drill::table(&drilled)))?;
    Ok(drilled)
}

fn wrong(error: DrillError) -> CommandError {
    match error {
        DrillError::Unknown { .. } | DrillError::File(_) => CommandError::Config(error.to_string()),
        DrillError::Failed { .. } => CommandError::Failed(error.into()),
    }
}

fn read(path: &Path) -> Result<String, CommandError> {
    let text = fs::read_to_string(path);
    Ok(text.with_context(|| format!("cannot read {}", path.display()))?)
}

/// One drill as an object, several as a list.
fn write_json(path: &Path, drilled: &[Drilled]) -> Result<(), CommandError> {
    let mut all: Vec<_> = drilled.iter().map(::drill::json).collect();
    let json = match all.len() {
        1 => all.remove(0),
        _ => serde_json::Value::Array(all),
    };
    let written = fs::write(path, format!("{json:#}\n"));
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}

/// An error where a drill was not as expected.
fn verdict(drilled: &[Drilled]) -> Result<(), CommandError> {
    let bad: Vec<&str> =
        drilled.iter().filter(|it| !it.holds()).map(|it| it.name.as_str()).collect();
    match bad.as_slice() {
        [] => Ok(()),
        names => Err(anyhow!("not as expected: {}", names.join(", ")).into()),
    }
}

fn list(library: &Library) -> Result<String, CommandError> {
    let mut text = String::new();
    for incident in library.incidents().map_err(wrong)? {
        let names = incident.other_names();
        let also =
            if names.is_empty() { String::new() } else { format!("; also {}", names.join(", ")) };
        text += &format!(
            "{:<12} {:<12} {:>4} min  {}\n{:37}{}{also}{}\n",
            incident.id,
            incident.date,
            incident.minutes,
            incident.title,
            "",
            incident.shows,
            if library.takes_target(&incident) { "; takes --target" } else { "" }
        );
    }
    Ok(text)
}

fn mechanisms(library: &Library) -> String {
    let mut text = String::new();
    for mechanism in library.mechanisms() {
        text += &format!("{}\n  {}\n  parameters:\n", mechanism.name(), mechanism.about());
        for parameter in mechanism.parameters() {
            let usual = match &parameter.usual {
                None => "has to be given".to_owned(),
                Some(Value::Number(number)) => format!("{number}"),
                Some(Value::Word(word)) => format!("\"{word}\""),
                Some(Value::Numbers(numbers)) => format!("{numbers:?}"),
            };
            text += &format!("    {} ({usual}): {}\n", parameter.name, parameter.about);
        }
        text += "  figures:\n";
        for (id, about) in mechanism.figures() {
            text += &format!("    {id}: {about}\n");
        }
    }
    text
}

fn say(text: &str) -> Result<(), CommandError> {
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(written.context("cannot write to standard output")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_refuses_what_it_would_not_do() {
        // Whoever names his gateway would read figures of Seawall as those of his own.
        assert!(mix_takes(&[("--target", false), ("--json", false)]).is_ok());
        let why = mix_takes(&[("--target", true), ("--seeds", false), ("--json", true)]);
        let Err(CommandError::Config(why)) = why else { panic!("{why:?}") };
        assert!(why.starts_with("drill run mix takes no --target, --json: "), "{why}");
    }
}
