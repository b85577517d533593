//! Says what came of a drill.

use std::fmt::Write as _;

use incident::{Better, Incident, Role, Unit};
use serde_json::{Value, json};

use crate::drilled::{Drilled, Ran};
use crate::request::Form;

/// The damage as a table for a terminal: a line a metric, with the defence off and on side by side; then what each
/// defence and remedy is worth by the first metric.
#[must_use]
pub fn table(drilled: &Drilled) -> String {
    let incident = &drilled.incident;
    let form = match drilled.form {
        Form::Full => "",
        Form::Short => ", short form",
    };
    let mut text = format!(
        "{}: {} ({}){form}, seed {}\n{}\n\n",
        drilled.name, incident.title, incident.date, drilled.seed, incident.shows
    );
    let main: Vec<&Ran> = drilled.ran.iter().filter(|ran| is_main(ran)).collect();
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(main.iter().map(|ran| ran.case.name.clone()));
    for metric in &incident.metrics {
        let mut row = vec![metric.name.clone()];
        row.extend(main.iter().map(|ran| shown(metric.unit, ran.outcome.get(&metric.id))));
        rows.push(row);
    }
    lines(&mut text, &rows);
    worth(&mut text, drilled);
    if let Some(risk) = &drilled.risk {
        text.push('\n');
        text.push_str(&risk.text(incident));
    }
    text.push('\n');
    match drilled.broken.as_slice() {
        [] if drilled.ran.iter().any(|ran| ran.case.role == Role::Target) => {
            text.push_str("Seawall as expected; of yours nothing is expected.\n");
        }
        [] => text.push_str("As expected.\n"),
        broken => {
            text.push_str("NOT as expected:\n");
            for what in broken {
                put(&mut text, format_args!("- {what}\n"));
            }
        }
    }
    text
}

/// What each defence and remedy is worth: its run beside the others by the first metrics.
fn worth(text: &mut String, drilled: &Drilled) {
    const METRICS: usize = 3;
    let others = drilled.ran.iter().filter(|ran| !is_main(ran));
    let metrics: Vec<_> = drilled
        .incident
        .metrics
        .iter()
        .filter(|metric| metric.better != Better::Neither)
        .take(METRICS)
        .collect();
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(metrics.iter().map(|metric| metric.name.clone()));
    rows[0].push(String::new());
    for ran in others {
        let mut row = vec![ran.case.name.clone()];
        row.extend(metrics.iter().map(|metric| shown(metric.unit, ran.outcome.get(&metric.id))));
        row.push(drilled.verdict(&ran.case).map_or_else(String::new, |it| it.words().to_owned()));
        rows.push(row);
    }
    if rows.len() > 1 {
        text.push('\n');
        lines(text, &rows);
    }
}

/// Whether a run has a column of its own beside the others.
const fn is_main(ran: &Ran) -> bool {
    matches!(ran.case.role, Role::Off | Role::On | Role::Target)
}

fn shown(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.show(value))
}

/// Columns: the first to the left, the others to the right.
fn lines(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    for row in rows {
        let mut line = String::new();
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match place {
                0 => put(&mut line, format_args!("{cell:<width$}")),
                _ => put(&mut line, format_args!("  {cell:>width$}")),
            }
        }
        put(text, format_args!("{}\n", line.trim_end()));
    }
}

/// The incidents as a table of a page of documentation.
#[must_use]
pub fn markdown(incidents: &[Incident]) -> String {
    let mut text = "| drill | date | what | what it shows | damage counted as | minutes |\n|---|---|---|---|---|---|\n".to_owned();
    for incident in incidents {
        // A bar would end a cell.
        let cell = |text: &str| text.replace('|', "\\|");
        let names: String =
            incident.other_names().iter().map(|name| format!(", `{name}`")).collect();
        let metric = incident.metrics.first().map(|metric| cell(&metric.name)).unwrap_or_default();
        let (id, date) = (&incident.id, cell(&incident.date));
        let (title, shows) = (cell(&incident.title), cell(&incident.shows));
        put(
            &mut text,
            format_args!(
                "| `{id}`{names} | {date} | {title} | {shows} | {metric} | {} |\n",
                incident.minutes
            ),
        );
    }
    text
}

/// Everything for a program: parameters and configuration of each run, figures, curves, events, expectations that were
/// not met.
#[must_use]
pub fn json(drilled: &Drilled) -> Value {
    let incident = &drilled.incident;
    let metrics = incident.metrics.iter().map(|metric| {
        let better = match metric.better {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        };
        json!({"id": metric.id, "name": metric.name, "better": better})
    });
    let cases = drilled.ran.iter().map(|ran| {
        let verdict = drilled.verdict(&ran.case).map(incident::Verdict::words);
        json!({
            "id": ran.case.id,
            "name": ran.case.name,
            "verdict": verdict,
            "configuration": ran.case.configuration,
            "parameters": ran.case.parameters.iter().map(|(name, value)| (name.to_owned(), parameter(value))).collect::<serde_json::Map<_, _>>(),
            "outcome": ran.outcome.json(),
        })
    });
    json!({
        "drill": drilled.name,
        "title": incident.title,
        "date": incident.date,
        "seed": drilled.seed,
        "form": match drilled.form { Form::Full => "full", Form::Short => "short" },
        "deterministic": drilled.is_deterministic,
        "holds": drilled.holds(),
        "not_as_expected": drilled.broken,
        "metrics": metrics.collect::<Vec<_>>(),
        "cases": cases.collect::<Vec<_>>(),
        "risk": drilled.risk.as_ref().map(crate::spread::AtRisk::json),
    })
}

fn parameter(value: &incident::Value) -> Value {
    match value {
        incident::Value::Number(number) => json!(number),
        incident::Value::Word(word) => json!(word),
        incident::Value::Numbers(numbers) => json!(numbers),
    }
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    text.write_fmt(arguments).unwrap_or_default();
}
