//! A table of a file, read key by key; every mistake is noted, with its line.

use toml_edit::{Document, Item, Table, Value as Toml};

use crate::mistake::{Mistake, Mistakes};
use crate::values::{Value, Values};

/// A file under way: its text, for lines, and its mistakes so far.
#[derive(Debug)]
pub(crate) struct Notes<'a> {
    file: &'a str,
    text: &'a str,
    all: Vec<Mistake>,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, all: Vec::new() }
    }

    /// The document; where it is no TOML that is the only mistake.
    pub(crate) fn parse(&self) -> Result<Document<String>, Mistakes> {
        Document::parse(self.text.to_owned()).map_err(|error| {
            let line = error.span().map_or(0, |span| self.line(span.start));
            let what = error.message().to_owned();
            let all = vec![Mistake { line, key: "TOML".to_owned(), what }];
            Mistakes { file: self.file.to_owned(), all }
        })
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).map_or(0, |before| before.matches('\n').count() + 1)
    }

    pub(crate) fn mistake(&mut self, at: Option<usize>, key: &str, what: impl Into<String>) {
        let line = at.map_or(0, |at| self.line(at));
        self.all.push(Mistake { line, key: key.to_owned(), what: what.into() });
    }

    /// What was read, where there was no mistake.
    pub(crate) fn end<T>(self, read: T) -> Result<T, Mistakes> {
        match self.all.is_empty() {
            true => Ok(read),
            false => Err(Mistakes { file: self.file.to_owned(), all: self.all }),
        }
    }
}

/// A table and its name; keys that are never asked for are mistakes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    table: &'a Table,
    name: &'a str,
}

impl<'a> Reader<'a> {
    /// A table that may hold these keys and no others.
    pub(crate) fn new(
        table: &'a Table,
        name: &'a str,
        keys: &[&str],
        notes: &mut Notes<'_>,
    ) -> Self {
        let reader = Self { table, name };
        for (key, _) in table.iter().filter(|(key, _)| !keys.contains(key)) {
            let known = keys.join("`, `");
            notes.mistake(
                reader.at(key),
                &reader.path(key),
                format!("is not known here; there are `{known}`"),
            );
        }
        reader
    }

    pub(crate) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn at(&self, key: &str) -> Option<usize> {
        let key = self.table.key(key).and_then(toml_edit::Key::span);
        key.or_else(|| self.table.span()).map(|span| span.start)
    }

    /// Notes a mistake of a key.
    pub(crate) fn wrong(&self, key: &str, what: impl Into<String>, notes: &mut Notes<'_>) {
        notes.mistake(self.at(key), &self.path(key), what);
    }

    /// A text that has to be there.
    pub(crate) fn text(&self, key: &str, notes: &mut Notes<'_>) -> String {
        let text = self.text_if(key, notes);
        if text.is_none() && !self.table.contains_key(key) {
            self.wrong(key, "is missing; it is a text", notes);
        }
        text.unwrap_or_default()
    }

    /// A text that may be left out.
    pub(crate) fn text_if(&self, key: &str, notes: &mut Notes<'_>) -> Option<String> {
        let item = self.table.get(key)?;
        let text = item.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            self.wrong(key, "has to be a text in quotes", notes);
        }
        text
    }

    /// One of several words.
    pub(crate) fn one_of<T: Copy>(
        &self,
        key: &str,
        words: &[(T, &str)],
        notes: &mut Notes<'_>,
    ) -> Option<T> {
        let text = self.text_if(key, notes)?;
        let found = words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
            self.wrong(key, format!("`{text}` is none of `{}`", known.join("`, `")), notes);
        }
        found
    }

    /// Texts.
    pub(crate) fn texts(&self, key: &str, notes: &mut Notes<'_>) -> Vec<String> {
        let Some(item) = self.table.get(key) else { return Vec::new() };
        let texts: Option<Vec<String>> = item
            .as_array()
            .and_then(|list| list.iter().map(|value| value.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.wrong(key, "has to be a list of texts", notes);
        }
        texts.unwrap_or_default()
    }

    /// The tables of a list `[[key]]`.
    pub(crate) fn tables(&self, key: &str, notes: &mut Notes<'_>) -> Vec<&'a Table> {
        match self.table.get(key) {
            None => Vec::new(),
            Some(item) => match item.as_array_of_tables() {
                Some(list) => list.iter().collect(),
                None => {
                    self.wrong(key, format!("has to be written as [[{}]]", self.path(key)), notes);
                    Vec::new()
                }
            },
        }
    }

    /// A table below.
    pub(crate) fn table(&self, key: &str, notes: &mut Notes<'_>) -> Option<&'a Table> {
        let item = self.table.get(key)?;
        let table = item.as_table();
        if table.is_none() {
            self.wrong(key, format!("has to be written as [{}]", self.path(key)), notes);
        }
        table
    }

    /// A value as TOML text, for a key of somebody else's configuration.
    pub(crate) fn toml(&self, key: &str) -> Option<String> {
        match self.table.get(key)? {
            Item::Value(value) => {
                let mut value = value.clone();
                value.decor_mut().clear();
                Some(value.to_string())
            }
            Item::None | Item::Table(_) | Item::ArrayOfTables(_) => None,
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}

/// Every key of a table as a parameter.
pub(crate) fn values(table: &Table, name: &str, skip: &[&str], notes: &mut Notes<'_>) -> Values {
    let mut all = Values::default();
    for (key, item) in table.iter().filter(|(key, _)| !skip.contains(key)) {
        match value(item) {
            Some(value) => all.set(key, value),
            None => {
                let at = table.key(key).and_then(toml_edit::Key::span).map(|span| span.start);
                let what = "has to be a number, a word in quotes, or a list of numbers";
                notes.mistake(at, &format!("{name}.{key}"), what);
            }
        }
    }
    all
}

/// Whole numbers above this are not exact as numbers of a parameter.
const EXACT_MAX: i64 = 1 << 53;

fn number(value: &Toml) -> Option<f64> {
    let whole = value.as_integer().filter(|whole| whole.abs() <= EXACT_MAX);
    value.as_float().filter(|number| number.is_finite()).or(whole.map(|whole| whole as f64))
}

fn value(item: &Item) -> Option<Value> {
    let value = item.as_value()?;
    if let Some(word) = value.as_str() {
        return Some(Value::Word(word.to_owned()));
    }
    if let Some(list) = value.as_array() {
        return list.iter().map(number).collect::<Option<Vec<f64>>>().map(Value::Numbers);
    }
    number(value).map(Value::Number)
}

pub(crate) fn any_number(item: Option<&Item>) -> Option<f64> {
    item?.as_value().and_then(number)
}
