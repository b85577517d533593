//! An incident, read from its file.

use toml_edit::Table;

use crate::configuration::Change;
use crate::expectation::{Bounds, Expectation};
use crate::mistake::Mistakes;
use crate::reader::{Notes, Reader, any_number, values};
use crate::story::{Better, Defence, Fact, Metric, Moment, Profile, Remedy, Risk, Unit, Verdict};
use crate::values::Values;

/// A crisis: its story, its world, its defences and its measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id, in small letters, digits and dashes, such as `chainsplit`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it was, as people write it.
    pub date: String,
    /// What the drill shows, in one sentence.
    pub shows: String,
    /// What happened, in about five sentences.
    pub story: Vec<String>,
    /// About how many minutes the long form takes.
    pub minutes: f64,
    /// The name of the mechanism.
    pub mechanism: String,
    /// What is known, and who says so.
    pub facts: Vec<Fact>,
    /// The day as it was.
    pub timeline: Vec<Moment>,
    /// Parameters of the mechanism.
    pub parameters: Values,
    /// What the short form changes in them.
    pub short: Values,
    /// What the file's own parameters are called where there are others, such as `public`.
    pub version: Option<String>,
    /// Other versions of the day; without a name it is the file's own parameters.
    pub profiles: Vec<Profile>,
    /// The configuration of the real part, all defences on: TOML.
    pub configuration: String,
    /// The defences.
    pub defences: Vec<Defence>,
    /// Other runs.
    pub remedies: Vec<Remedy>,
    /// What is measured; the first is what the drill is about.
    pub metrics: Vec<Metric>,
    /// Which metrics stand for a book's risk over many seeds.
    pub risk: Option<Risk>,
    /// Where the articles and the record disagree, and what the drill follows.
    pub disputed: Vec<String>,
}

const KEYS: &[&str] = &[
    "id",
    "title",
    "date",
    "shows",
    "story",
    "minutes",
    "mechanism",
    "fact",
    "moment",
    "parameters",
    "short",
    "version",
    "profile",
    "configuration",
    "defence",
    "remedy",
    "metric",
    "risk",
    "disputed",
];

/// Most of a list that is read.
const LIST_MAX: usize = 100;

impl Incident {
    /// Reads a file; `file` is what it is called in messages.
    ///
    /// # Errors
    /// Every mistake at once. Whether the mechanism knows the parameters is for whoever knows the mechanisms.
    pub fn read(file: &str, text: &str) -> Result<Self, Mistakes> {
        let mut notes = Notes::new(file, text);
        let document = notes.parse()?;
        let read = incident(document.as_table(), &mut notes);
        notes.end(read)
    }

    /// The names beside the id under which a version of it is run: that of the file's own parameters first.
    #[must_use]
    pub fn other_names(&self) -> Vec<String> {
        let profiles = self.profiles.iter().map(|profile| &profile.id);
        self.version.iter().chain(profiles).map(|it| format!("{}-{it}", self.id)).collect()
    }
}

impl Expectation {
    /// Reads a file of expectations: a table a form (`full`, `short`), in it a table a case, in it a list of the least
    /// and the most for each metric.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn read(file: &str, text: &str, form: &str) -> Result<Self, Mistakes> {
        let mut notes = Notes::new(file, text);
        let document = notes.parse()?;
        let root = Reader::new(document.as_table(), "", &["full", "short"], &mut notes);
        let mut all = Self::default();
        for (case, bounds) in root.table(form, &mut notes).into_iter().flat_map(Table::iter) {
            let Some(bounds) = bounds.as_table() else {
                root.wrong(
                    form,
                    format!("`{case}` has to be written as [{form}.{case}]"),
                    &mut notes,
                );
                continue;
            };
            for (metric, pair) in bounds {
                let list = pair.as_array().filter(|list| list.len() == 2);
                let numbers: Vec<f64> = list
                    .into_iter()
                    .flatten()
                    .filter_map(|it| any_number(Some(&it.clone().into())))
                    .collect();
                let &[least, most] = numbers.as_slice() else {
                    root.wrong(form, format!("`{metric}` has to be [least, most]"), &mut notes);
                    continue;
                };
                let of_case = all.bounds.entry(case.to_owned()).or_default();
                of_case.insert(metric.to_owned(), Bounds { least, most });
            }
        }
        notes.end(all)
    }
}

fn incident(table: &Table, notes: &mut Notes<'_>) -> Incident {
    let root = Reader::new(table, "", KEYS, notes);
    let minutes = any_number(table.get("minutes")).filter(|minutes| *minutes > 0.0);
    if minutes.is_none() {
        root.wrong("minutes", "has to be about how many minutes the drill takes", notes);
    }
    let parameters = |key, notes: &mut Notes<'_>| {
        root.table(key, notes).map_or_else(Values::default, |table| values(table, key, &[], notes))
    };
    let mut read = Incident {
        id: id(&root, "id", notes),
        title: root.text("title", notes),
        date: root.text("date", notes),
        shows: root.text("shows", notes),
        story: root.texts("story", notes),
        minutes: minutes.unwrap_or_default(),
        mechanism: root.text("mechanism", notes),
        facts: list(&root, "fact", &["what", "value", "source", "article"], notes, fact),
        timeline: list(&root, "moment", &["at", "what"], notes, moment),
        parameters: parameters("parameters", notes),
        short: parameters("short", notes),
        version: root.has("version").then(|| id(&root, "version", notes)),
        profiles: profiles(&root, notes),
        configuration: root.text_if("configuration", notes).unwrap_or_default(),
        defences: list(
            &root,
            "defence",
            &["id", "name", "key", "off", "also", "remedy", "by"],
            notes,
            defence,
        ),
        remedies: remedies(&root, notes),
        metrics: list(&root, "metric", &["id", "name", "unit", "better"], notes, metric),
        risk: None,
        disputed: root.texts("disputed", notes),
    };
    if let Some(table) = root.table("risk", notes) {
        let risk = Reader::new(table, "risk", &["value", "liquidations"], notes);
        let (value, liquidations) = (risk.text("value", notes), risk.text("liquidations", notes));
        read.risk = Some(Risk { value, liquidations });
    }
    let by_remedies = read.remedies.iter().map(|remedy| (&remedy.id, &remedy.by));
    let by_defences = read.defences.iter().map(|defence| (&defence.id, &defence.by));
    for (id, by) in by_remedies.chain(by_defences) {
        let Some(by) = by else { continue };
        let metric = read.metrics.iter().find(|metric| metric.id == *by);
        if metric.is_none_or(|metric| metric.better != Better::Lower) {
            let what =
                format!("`{id}` is judged by `{by}`, which is no metric of which less is better");
            root.wrong("metric", what, notes);
        }
    }
    if read.metrics.is_empty() {
        root.wrong("metric", "is missing: without a measure there is no damage to see", notes);
    }
    read
}

fn list<T>(
    root: &Reader<'_>,
    key: &'static str,
    keys: &[&str],
    notes: &mut Notes<'_>,
    read: fn(&Reader<'_>, &mut Notes<'_>) -> T,
) -> Vec<T> {
    let tables = root.tables(key, notes);
    if tables.len() > LIST_MAX {
        root.wrong(key, format!("there may be {LIST_MAX} at most"), notes);
    }
    let tables = tables.into_iter().take(LIST_MAX);
    tables.map(|table| read(&Reader::new(table, key, keys, notes), notes)).collect()
}

/// A short name.
fn id(table: &Reader<'_>, key: &str, notes: &mut Notes<'_>) -> String {
    let id = table.text(key, notes);
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !id.chars().all(fits) {
        table.wrong(key, "has to be of small letters, digits and dashes", notes);
    }
    id
}

fn fact(table: &Reader<'_>, notes: &mut Notes<'_>) -> Fact {
    Fact {
        what: table.text("what", notes),
        value: table.text("value", notes),
        source: table.text("source", notes),
        article: table.text_if("article", notes),
    }
}

fn moment(table: &Reader<'_>, notes: &mut Notes<'_>) -> Moment {
    Moment { at: table.text("at", notes), what: table.text("what", notes) }
}

/// The keys of a defence besides its first that are other without it.
fn also(table: &Reader<'_>, notes: &mut Notes<'_>) -> Vec<Change> {
    let rows = table.texts("also", notes);
    let change = |row: &String| {
        let (key, value) = row.split_once('=')?;
        Some(Change { key: key.trim().to_owned(), value: Some(value.trim().to_owned()) })
    };
    let changes: Option<Vec<Change>> = rows.iter().map(change).collect();
    if changes.is_none() {
        table.wrong("also", "has to be texts such as 'venue.admission = \"fifo\"'", notes);
    }
    changes.unwrap_or_default()
}

fn defence(table: &Reader<'_>, notes: &mut Notes<'_>) -> Defence {
    let key = table.text("key", notes);
    if !table.has("off") {
        table.wrong("off", "is missing: what the key is without the defence", notes);
    }
    let mut off = vec![Change { key, value: table.toml("off") }];
    off.extend(also(table, notes));
    Defence {
        id: id(table, "id", notes),
        name: table.text("name", notes),
        off,
        remedy: table.text_if("remedy", notes),
        by: table.text_if("by", notes),
    }
}

fn metric(table: &Reader<'_>, notes: &mut Notes<'_>) -> Metric {
    let ways = [(Better::Lower, "lower"), (Better::Higher, "higher"), (Better::Neither, "neither")];
    Metric {
        id: table.text("id", notes),
        name: table.text("name", notes),
        unit: table.one_of("unit", &Unit::ALL, notes).unwrap_or(Unit::Count),
        better: table.one_of("better", &ways, notes).unwrap_or(Better::Lower),
    }
}

fn profiles(root: &Reader<'_>, notes: &mut Notes<'_>) -> Vec<Profile> {
    let tables = root.tables("profile", notes);
    let read = |table: &Table| {
        let reader = Reader::new(table, "profile", &["id", "name", "parameters"], notes);
        let (id, name) = (id(&reader, "id", notes), reader.text("name", notes));
        let parameters = reader.table("parameters", notes);
        let parameters = parameters
            .map_or_else(Values::default, |table| values(table, "profile.parameters", &[], notes));
        Profile { id, name, parameters }
    };
    tables.into_iter().map(read).collect()
}

fn remedies(root: &Reader<'_>, notes: &mut Notes<'_>) -> Vec<Remedy> {
    let words = Verdict::ALL.map(|verdict| (verdict, verdict.words()));
    let tables = root.tables("remedy", notes);
    let keys = ["id", "name", "defences", "set", "parameters", "remedy", "by", "verdict"];
    let read = |table: &Table| {
        let reader = Reader::new(table, "remedy", &keys, notes);
        let ways = [(true, "on"), (false, "off")];
        let parameters = reader.table("parameters", notes);
        Remedy {
            id: id(&reader, "id", notes),
            name: reader.text("name", notes),
            defences_on: reader.one_of("defences", &ways, notes).unwrap_or_default(),
            changes: set(&reader, notes),
            parameters: parameters.map_or_else(Values::default, |table| {
                values(table, "remedy.parameters", &[], notes)
            }),
            remedy: reader.text_if("remedy", notes),
            by: reader.text_if("by", notes),
            verdict: reader.one_of("verdict", &words, notes),
        }
    };
    tables.into_iter().map(read).collect()
}

/// Changes that are written as a table from keys to values.
fn set(table: &Reader<'_>, notes: &mut Notes<'_>) -> Vec<Change> {
    let Some(below) = table.table("set", notes) else { return Vec::new() };
    let keys: Vec<&str> = below.iter().map(|(key, _)| key).collect();
    let reader = Reader::new(below, "remedy.set", &keys, notes);
    keys.into_iter().map(|key| Change { key: key.to_owned(), value: reader.toml(key) }).collect()
}

#[cfg(test)]
mod tests;
