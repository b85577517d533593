//! Reads the values of one table, noting every mistake on the way.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml_edit::{Item, TableLike, Value};
use units::Span;

use super::report::{Place, Report};
use super::{expand, nearest, value};

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it is.
    pub place: Place,
}

/// One table of the file, whose unknown keys have been noted.
pub(super) struct Reader<'a> {
    table: &'a dyn TableLike,
    /// Where the table begins.
    pub place: Place,
    /// Keys that are there under a wrong name, which is told: they are not called missing too.
    misspelt: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// The table of the whole file.
    pub(super) fn root(
        table: &'a dyn TableLike,
        known: &[&'static str],
        report: &mut Report<'_>,
    ) -> Self {
        Self::new(table, Place { offset: 0, key: String::new() }, known, report)
    }

    fn new(
        table: &'a dyn TableLike,
        place: Place,
        known: &[&'static str],
        report: &mut Report<'_>,
    ) -> Self {
        let mut reader = Self { table, place, misspelt: Vec::new() };
        for (key, _) in table.iter().filter(|(key, _)| !known.contains(key)) {
            let nearest = nearest::nearest(key, known);
            reader.misspelt.extend(nearest);
            let hint =
                nearest.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
            let stop = if hint.is_empty() { ";" } else { "" };
            let message = format!("unknown key{hint}{stop} accepted: {}", known.join(", "));
            report.mistake(&reader.key_place(key), message);
        }
        reader
    }

    /// A table inside this one.
    pub(super) fn table(
        &self,
        key: &str,
        known: &[&'static str],
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let item = self.sound(key, report)?;
        let Some(table) = item.as_table_like() else {
            let found = kind(item);
            report.mistake(
                &self.value_place(key),
                format!("found {found}; accepted: a table, [{}]", self.path(key)),
            );
            return None;
        };
        Some(Self::new(table, self.value_place(key), known, report))
    }

    /// The tables of a list inside this one; empty where there is no list.
    pub(super) fn tables(
        &self,
        key: &str,
        known: &[&'static str],
        report: &mut Report<'_>,
    ) -> Vec<Self> {
        let Some(item) = self.sound(key, report) else { return Vec::new() };
        let tables: Option<Vec<(&'a dyn TableLike, Option<usize>)>> = match item {
            Item::ArrayOfTables(list) => Some(
                list.iter()
                    .map(|table| (table as &dyn TableLike, table.span().map(|span| span.start)))
                    .collect(),
            ),
            Item::Value(Value::Array(list)) => {
                let table = |entry: &'a Value| {
                    Some((entry.as_inline_table()? as &dyn TableLike, start(entry)))
                };
                list.iter().map(table).collect()
            }
            Item::None | Item::Table(_) | Item::Value(_) => None,
        };
        let place = self.value_place(key);
        if tables.as_ref().is_some_and(Vec::is_empty) {
            report.mistake(&place, "the list is empty; accepted: at least one table");
        }
        let Some(tables) = tables else {
            if report.lost_tables() {
                return Vec::new();
            }
            report.mistake(
                &place,
                format!("found {}; accepted: a list of tables, [[{}]]", kind(item), self.path(key)),
            );
            return Vec::new();
        };
        let numbered = tables.into_iter().enumerate();
        let read = numbered.map(|(index, (table, offset))| {
            let key = format!("{}[{index}]", place.key);
            Self::new(table, Place { offset: offset.unwrap_or(place.offset), key }, known, report)
        });
        read.collect()
    }

    /// A text, with `${NAME}` filled in, as `convert` reads it; `accepted` ends the message where it cannot.
    pub(super) fn text<T>(
        &self,
        key: &str,
        accepted: &str,
        report: &mut Report<'_>,
        convert: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Found<T>> {
        let item = self.sound(key, report)?;
        let place = self.value_place(key);
        let Some(raw) = item.as_str() else {
            report.mistake(&place, format!("found {}; accepted: {accepted}", kind(item)));
            return None;
        };
        convert_text(raw, place, accepted, report, convert)
    }

    /// The texts of a table whose keys are free, as `convert` reads them.
    pub(super) fn texts<T>(
        &self,
        key: &str,
        accepted: &str,
        report: &mut Report<'_>,
        convert: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(String, Found<T>)> {
        let Some(item) = self.sound(key, report) else { return Vec::new() };
        let place = self.value_place(key);
        let Some(table) = item.as_table_like().filter(|table| !table.is_empty()) else {
            let found = if item.is_table_like() { "an empty table" } else { kind(item) };
            report.mistake(&place, format!("found {found}; accepted: {accepted}"));
            return Vec::new();
        };
        let inner = Self { table, place, misspelt: Vec::new() };
        let entries = table.iter().filter_map(|(name, _)| {
            Some((name.to_owned(), inner.text(name, accepted, report, &convert)?))
        });
        entries.collect()
    }

    /// A text, or a list of texts, each as `convert` reads it; empty where the key is not there.
    pub(super) fn list<T>(
        &self,
        key: &str,
        accepted: &str,
        report: &mut Report<'_>,
        convert: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<Found<T>> {
        let Some(item) = self.sound(key, report) else { return Vec::new() };
        let Some(list) = item.as_array() else {
            return self.text(key, accepted, report, convert).into_iter().collect();
        };
        let place = self.value_place(key);
        if list.is_empty() {
            report.mistake(&place, format!("the list is empty; accepted: {accepted}"));
        }
        let entries = list.iter().enumerate().filter_map(|(index, entry)| {
            let offset = start(entry).unwrap_or(place.offset);
            let place = Place { offset, key: format!("{}[{index}]", place.key) };
            let Some(raw) = entry.as_str() else {
                report.mistake(&place, format!("found no text; accepted: {accepted}"));
                return None;
            };
            convert_text(raw, place, accepted, report, &convert)
        });
        entries.collect()
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        report: &mut Report<'_>,
    ) -> Option<Found<T>> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
        let accepted = words.join(" or ");
        self.text(key, &accepted, report, |text| {
            let found = choices.iter().find(|(word, _)| *word == text);
            found
                .map(|(_, value)| *value)
                .ok_or_else(|| format!("{} is none of these", value::shown(text)))
        })
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str, report: &mut Report<'_>) -> Option<Found<bool>> {
        let item = self.sound(key, report)?;
        let place = self.value_place(key);
        let Some(value) = item.as_bool() else {
            report.mistake(&place, format!("found {}; accepted: true or false", kind(item)));
            return None;
        };
        Some(Found { value, place })
    }

    /// A whole number within a range.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        report: &mut Report<'_>,
    ) -> Option<Found<u64>> {
        let item = self.sound(key, report)?;
        let place = self.value_place(key);
        let accepted =
            format!("accepted: a whole number from {} to {}", range.start(), range.end());
        let Some(number) = item.as_integer() else {
            report.mistake(&place, format!("found {}; {accepted}", kind(item)));
            return None;
        };
        let Some(value) = u64::try_from(number).ok().filter(|number| range.contains(number)) else {
            report.mistake(&place, format!("{number} is out of range; {accepted}"));
            return None;
        };
        Some(Found { value, place })
    }

    /// A span of time within a range: a text with its unit under `key`, or milliseconds under `key_ms`.
    pub(super) fn span(
        &self,
        key: &str,
        range: &RangeInclusive<Span>,
        report: &mut Report<'_>,
    ) -> Option<Found<Span>> {
        let in_millis = format!("{key}_ms");
        let (low, high) = (value::span_text(*range.start()), value::span_text(*range.end()));
        let accepted = format!("from \"{low}\" to \"{high}\", or {in_millis} as a whole number");
        if self.table.contains_key(key) && self.table.contains_key(&in_millis) {
            report.mistake(
                &self.key_place(&in_millis),
                format!("{key} is given too; keep one of the two"),
            );
            return None;
        }
        let found = if let Some(item) = self.table.get(key).filter(|item| item.is_integer()) {
            let place = self.value_place(key);
            if !report.is_broken(&place) {
                report
                    .mistake(&place, format!("{} has no unit; accepted: {accepted}", plain(item)));
            }
            return None;
        } else if self.table.contains_key(&in_millis) {
            let millis = self.number(&in_millis, 0..=u64::MAX, report)?;
            Found { value: Span::from_millis(millis.value), place: millis.place }
        } else {
            self.text(key, &accepted, report, value::span)?
        };
        if !range.contains(&found.value) {
            let wrong =
                format!("{} is out of range; accepted: {accepted}", value::span_text(found.value));
            report.mistake(&found.place, wrong);
            return None;
        }
        Some(found)
    }

    /// Notes that a table is missing, unless it may be under a header that did not parse.
    pub(super) fn missing_table(&self, key: &'static str, accepted: &str, report: &mut Report<'_>) {
        if !report.lost_tables() {
            self.missing(key, accepted, report);
        }
    }

    /// Notes that a key is missing, unless it is there in some wrong form that is told already.
    pub(super) fn missing(&self, key: &'static str, accepted: &str, report: &mut Report<'_>) {
        let meant = |name: &&'static str| *name == key || name.strip_suffix("_ms") == Some(key);
        if self.table.contains_key(key) || self.misspelt.iter().any(meant) {
            return;
        }
        let place = Place { offset: self.place.offset, key: self.path(key) };
        report.mistake(&place, format!("is missing; accepted: {accepted}"));
    }

    /// Whether a key is there, in whatever form.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The item of a key, unless its line did not parse.
    fn sound(&self, key: &str, report: &Report<'_>) -> Option<&'a Item> {
        let item = self.table.get(key)?;
        (!report.is_broken(&self.value_place(key))).then_some(item)
    }

    /// The path of a key. One that has to be quoted is shown like a value, since it may hold anything.
    fn path(&self, key: &str) -> String {
        let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
        let is_plain = !key.is_empty() && key.chars().all(plain);
        let key = if is_plain { key.to_owned() } else { value::shown(key) };
        if self.place.key.is_empty() { key } else { format!("{}.{key}", self.place.key) }
    }

    fn key_place(&self, key: &str) -> Place {
        let span = self.table.get_key_value(key).and_then(|(name, _)| name.span());
        Place { offset: span.map_or(self.place.offset, |span| span.start), key: self.path(key) }
    }

    fn value_place(&self, key: &str) -> Place {
        let span = self.table.get(key).and_then(Item::span);
        let offset = span.map_or_else(|| self.key_place(key).offset, |span| span.start);
        Place { offset, key: self.path(key) }
    }
}

/// Notes every value that was there before, with the place of the first.
pub(super) fn twice<'a, T: Ord + 'a>(
    values: impl Iterator<Item = &'a Found<T>>,
    shown: impl Fn(&T) -> String,
    of: &str,
    report: &mut Report<'_>,
) {
    let mut seen: BTreeMap<&T, &str> = BTreeMap::new();
    for found in values {
        if let Some(first) = seen.get(&found.value) {
            let message = format!(
                "{} is taken by {first}; accepted: one that no other has among the {of}",
                shown(&found.value)
            );
            report.mistake(&found.place, message);
        } else {
            seen.insert(&found.value, &found.place.key);
        }
    }
}

/// A text with `${NAME}` filled in, as `convert` reads it.
fn convert_text<T>(
    raw: &str,
    place: Place,
    accepted: &str,
    report: &mut Report<'_>,
    convert: impl FnOnce(&str) -> Result<T, String>,
) -> Option<Found<T>> {
    let text = match expand::expand(raw, |name| report.environment(name)) {
        Ok(text) => text,
        Err(wrong) => {
            wrong.into_iter().for_each(|wrong| report.mistake(&place, wrong));
            return None;
        }
    };
    match convert(&text) {
        Ok(value) => Some(Found { value, place }),
        Err(wrong) => {
            report.mistake(&place, format!("{wrong}; accepted: {accepted}"));
            None
        }
    }
}

fn start(value: &Value) -> Option<usize> {
    value.span().map(|span| span.start)
}

/// What kind of value was found, in plain words and without the value.
fn kind(item: &Item) -> &'static str {
    match item.type_name() {
        "string" => "a text",
        "integer" => "a whole number",
        "float" => "a number with a fraction",
        "boolean" => "true or false",
        "array" => "a list",
        "array of tables" => "a list of tables",
        "table" | "inline table" => "a table",
        "datetime" => "a date",
        _ => "something else",
    }
}

fn plain(item: &Item) -> String {
    item.as_integer().map(|number| number.to_string()).unwrap_or_default()
}
