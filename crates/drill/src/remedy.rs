//! The remedies that the articles name, as they are tried in drills.

use std::fmt::Write as _;

use incident::{Incident, Role, Verdict};

use crate::drilled::{Drilled, Judged, Ran};

/// A remedy in the articles' words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Their words.
    pub(crate) words: &'a str,
    /// As what it is tried.
    pub(crate) tried: &'a str,
    /// The run that tries it, or does without it.
    pub(crate) case: &'a str,
}

/// The remedy that a run tries, or does without; nothing where the articles do not name it.
pub(crate) fn asked<'a>(incident: &'a Incident, ran: &'a Ran) -> Option<Asked<'a>> {
    let defence = |id: &str| incident.defences.iter().find(|defence| defence.id == id);
    let (words, tried) = match &ran.case.role {
        // With one defence alone, the run without it is the one with none.
        Role::On if incident.defences.len() == 1 => {
            let defence = incident.defences.first()?;
            (defence.remedy.as_deref()?, &defence.name)
        }
        Role::Without(id) => {
            let defence = defence(id)?;
            (defence.remedy.as_deref()?, &defence.name)
        }
        Role::Remedy(id) => {
            let remedy = incident.remedies.iter().find(|remedy| remedy.id == *id)?;
            (remedy.remedy.as_deref()?, &remedy.name)
        }
        Role::On | Role::Off | Role::Target => return None,
    };
    Some(Asked { words, tried, case: &ran.case.id })
}

/// All of them as a table of a page of documentation, a line each: what each was worth in these runs. Other versions of a
/// day are left out.
#[must_use]
pub fn remedies(drilled: &[Drilled]) -> String {
    let mut text = "| the articles ask for | tried as | drill | run | damage counted as | without | with | verdict |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for drilled in drilled.iter().filter(|it| !it.is_version()) {
        for ran in &drilled.ran {
            let Some(asked) = asked(&drilled.incident, ran) else { continue };
            let Some(judged) = drilled.judged(&ran.case) else { continue };
            let Judged { metric, without, with } = judged;
            let (without, with) = (metric.unit.show(without), metric.unit.show(with));
            let line = format_args!(
                "{}| {without} | {with} | {} |\n",
                beginning(&drilled.incident, &asked, &metric.name),
                said(&ran.case.role, judged.verdict())
            );
            // Writing to a string does not fail.
            text.write_fmt(line).unwrap_or_default();
        }
    }
    text
}

/// What a run says of a remedy. Where nothing changes without one of several defences, the others cover for it or it does
/// nothing, and the run does not say which.
const fn said(role: &Role, verdict: Verdict) -> &'static str {
    match (role, verdict) {
        (Role::Without(_), Verdict::MakesNoDifference) => "not missed",
        _ => verdict.words(),
    }
}

/// The beginning of a line: what does not depend on the runs.
fn beginning(incident: &Incident, asked: &Asked<'_>, metric: &str) -> String {
    // A bar would end a cell.
    let cell = |text: &str| text.replace('|', "\\|");
    let (words, tried, metric) = (cell(asked.words), cell(asked.tried), cell(metric));
    format!("| {words} | {tried} | `{}` | `{}` | {metric} ", incident.id, asked.case)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use incident::{Expectation, Outcome, cases};

    use super::*;
    use crate::library::{Library, Tools};
    use crate::request::Form;

    const PAGE: &str = include_str!("../../../docs/drills/remedies.md");

    fn library() -> Library {
        Library::new(Tools {
            binary: PathBuf::new(),
            read: |_| Err("nothing is run here".to_owned()),
        })
    }

    /// The beginnings of the lines of all remedies, and what their files say that they show.
    fn lines(incident: &Incident) -> Vec<(String, Option<Verdict>)> {
        let all = cases(incident, &incident.parameters).expect("its changes lead somewhere");
        let mut lines = Vec::new();
        for case in all {
            let ran = Ran { case, outcome: Outcome::default() };
            let Some(asked) = asked(incident, &ran) else { continue };
            let role = &ran.case.role;
            let remedy = incident.remedies.iter().find(|it| *role == Role::Remedy(it.id.clone()));
            let defence = incident.defences.iter().find(|it| *role == Role::Without(it.id.clone()));
            let by = remedy.and_then(|remedy| remedy.by.as_ref());
            let by = by.or(defence.and_then(|defence| defence.by.as_ref()));
            let metric = incident.metrics.iter().find(|it| by.is_none_or(|by| it.id == *by));
            let metric = metric.map(|metric| metric.name.as_str()).unwrap_or_default();
            lines.push((beginning(incident, &asked, metric), remedy.and_then(|it| it.verdict)));
        }
        lines
    }

    #[test]
    fn the_page_has_the_figure_of_every_remedy() {
        // A remedy without its figure, or with that of another run, is an opinion in a table of measurements.
        let mut wanted = BTreeSet::new();
        for incident in library().incidents().expect("they can be read") {
            for (beginning, verdict) in lines(&incident) {
                let found: Vec<&str> =
                    PAGE.lines().filter(|line| line.starts_with(&beginning)).collect();
                let &[line] = found.as_slice() else {
                    panic!(
                        "docs/drills/remedies.md has {} lines that begin {beginning}",
                        found.len()
                    );
                };
                let ends = verdict.is_none_or(|it| line.ends_with(&format!("| {} |", it.words())));
                assert!(ends, "the file of `{}` expects another verdict: {line}", incident.id);
                wanted.insert(line);
            }
        }
        let measured = |line: &&str| line.starts_with("| ") && line.matches('|').count() == 9;
        let stale: Vec<&str> =
            PAGE.lines().filter(measured).skip(1).filter(|it| !wanted.contains(it)).collect();
        assert_eq!(stale, Vec::<&str>::new(), "lines of no remedy");
    }

    #[test]
    fn every_remedy_of_the_articles_says_what_it_shows() {
        // A run whose verdict nobody wrote down may turn from help to harm without a word.
        for incident in library().incidents().expect("they can be read") {
            for remedy in incident.remedies.iter().filter(|remedy| remedy.remedy.is_some()) {
                assert!(
                    remedy.verdict.is_some(),
                    "{}: `{}` has no verdict",
                    incident.id,
                    remedy.id
                );
            }
        }
    }

    #[test]
    fn a_line_has_the_figure_that_its_remedy_is_judged_by() {
        // An average that liquidates less and loses more would be praised for the one and not told of the other.
        let library = library();
        let found = library.find("oct10").expect("it is there");
        let ran = cases(&found.incident, &found.parameters(Form::Short))
            .expect("its changes lead somewhere")
            .into_iter()
            .map(|case| {
                let mut outcome = Outcome::default();
                let is_slow = case.id == "slow-index";
                outcome.figure("wrongful_usd", if is_slow { 1e9 } else { 2e9 });
                outcome.figure("shortfall_usd", if is_slow { 5e8 } else { 3e8 });
                Ran { case, outcome }
            })
            .collect();
        let drilled = Drilled {
            name: found.name(),
            about: String::new(),
            seed: 1,
            form: Form::Short,
            is_deterministic: true,
            is_only_data: false,
            ran,
            expectation: Expectation::default(),
            broken: Vec::new(),
            risk: None,
            incident: found.incident,
        };
        let text = remedies(&[drilled]);
        let line = text.lines().find(|line| line.contains("`slow-index`")).expect("is asked for");
        assert!(line.ends_with("| $300 m | $500 m | harms |"), "{line}");
    }
}
