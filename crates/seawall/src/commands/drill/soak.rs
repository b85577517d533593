//! `seawall drill soak`: incidents at random until time is up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::drill::{Defences, DrillError, Drilled, Form, Library, Mix, Request};
use anyhow::anyhow;
use incident::{Case, Role, Verdict};

use super::{Progress, say, wrong};
use crate::error::CommandError;

/// How long `run mix` takes, in hours: a taste.
pub(super) const RUN_MIX_HOURS: f64 = 0.05;

/// Longest soak, in hours: a month.
const HOURS_MAX: f64 = 744.0;

/// What came of the drills of a name.
#[derive(Clone, Debug, Default)]
struct Tally {
    kind: &'static str,
    held: u32,
    /// Runs whose figures were outside of what the drill's file states, which is stated for the usual seed.
    outside: u32,
    /// The seeds of runs in which the defence did not hold, and of those that could not be run, with why.
    failed: Vec<String>,
}

/// Draws and runs until time is up, says a line a drill, and a table at the end.
///
/// # Errors
/// Where a defence did not hold, a drill could not be run, or there is none.
pub(super) fn run(library: &Library, hours: f64, seed: u64) -> Result<(), CommandError> {
    if !(hours > 0.0 && hours <= HOURS_MAX) {
        let why = format!("--hours has to be above 0, and {HOURS_MAX} at most");
        return Err(CommandError::Config(why));
    }
    let known: Vec<String> =
        library.incidents().map_err(wrong)?.into_iter().map(|it| it.id).collect();
    let mix = Mix::new(seed, |drill| known.iter().any(|it| it == drill));
    let (began, lasts) = (Instant::now(), Duration::from_secs_f64(hours * 3_600.0));
    let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for drawn in mix {
        if began.elapsed() >= lasts {
            break;
        }
        let tally = tallies.entry(drawn.drill).or_default();
        tally.kind = drawn.kind;
        let request = Request {
            seed: drawn.seed,
            defences: Defences::Both,
            form: Form::Short,
            portfolio: None,
        };
        let found = library.find(drawn.drill).map_err(wrong)?;
        let progress = Progress::new(&found.name());
        let drilled = ::drill::run(library, &found, &request, &progress);
        progress.end();
        let line = count(tally, drawn.seed, drilled)?;
        say(&format!("{:<12} seed {:<7} {line}\n", drawn.drill, drawn.seed))?;
    }
    say(&table(&tallies))?;
    let failed = tallies.values().map(|tally| tally.failed.len()).sum::<usize>();
    match (tallies.is_empty(), failed) {
        (true, _) => Err(anyhow!("there is no drill to draw").into()),
        (false, 0) => Ok(()),
        (false, failed) => Err(anyhow!("{failed} runs in which a defence did not hold").into()),
    }
}

/// Notes what came of a run, and says it.
fn count(
    tally: &mut Tally,
    seed: u64,
    drilled: Result<Drilled, DrillError>,
) -> Result<String, CommandError> {
    let drilled = match drilled {
        Ok(drilled) => drilled,
        Err(error @ DrillError::Failed { .. }) => {
            tally.failed.push(format!("seed {seed}: {error}"));
            return Ok(format!("could not be run: {error}"));
        }
        Err(error @ (DrillError::Unknown { .. } | DrillError::File(_))) => {
            return Err(wrong(error));
        }
    };
    let (held, damage) = held(&drilled);
    if !drilled.holds() {
        tally.outside += 1;
    }
    if held {
        tally.held += 1;
        return Ok(format!("held: {damage}"));
    }
    tally.failed.push(format!("seed {seed}: {damage}"));
    Ok(format!("did NOT hold: {damage}"))
}

/// Whether the crisis happened and the defence made less of it, with the damage off and on. Under any seed that is what
/// a defence has to do; the bounds of the drill's file are for the usual one.
fn held(drilled: &Drilled) -> (bool, String) {
    let on: Option<&Case> =
        drilled.ran.iter().map(|ran| &ran.case).find(|case| case.role == Role::On);
    let verdict = on.and_then(|case| drilled.verdict(case));
    let held = matches!(verdict, Some(Verdict::Helps | Verdict::HelpsSomewhat));
    let Some(metric) = drilled.incident.metrics.first() else { return (held, String::new()) };
    let shown = |case: &str| {
        let value = drilled.outcome(case).and_then(|outcome| outcome.get(&metric.id));
        value.map_or_else(|| "\u{2013}".to_owned(), |value| metric.unit.show(value))
    };
    (held, format!("{}: {} off, {} on", metric.name, shown("off"), shown("on")))
}

fn table(tallies: &BTreeMap<&'static str, Tally>) -> String {
    let mut text = format!(
        "\n{:<12} {:<40} {:>5} {:>5} {:>8} {:>8}\n",
        "drill", "kind", "runs", "held", "not held", "outside*"
    );
    for (drill, tally) in tallies {
        let not = tally.failed.len();
        let runs = u64::from(tally.held) + not as u64;
        text += &format!(
            "{drill:<12} {:<40} {runs:>5} {:>5} {not:>8} {:>8}\n",
            tally.kind, tally.held, tally.outside
        );
    }
    text += "* of what the drill's file states, which is stated for the usual seed\n\
             Kinds come by the weights of the article's pie, 35, 20, 18, 12, 10, 5; no source is behind them.\n";
    for (drill, tally) in tallies {
        for what in &tally.failed {
            text += &format!("{drill}: {what}\n");
        }
    }
    text
}
