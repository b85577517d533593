//! Collects what is wrong, with its place in the file.

use super::syntax::Parsed;

/// Something wrong, or worth a second look, at a place in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The path of the key, such as `gateway.chain[0].name`; empty where a line is no TOML.
    pub key: String,
    /// What is wrong, and what is accepted.
    pub message: String,
}

/// Where something is in the file, for messages.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// The path of the key.
    pub key: String,
}

/// The mistakes and warnings found so far.
pub(super) struct Report<'a> {
    parsed: &'a Parsed,
    environment: &'a dyn Fn(&str) -> Option<String>,
    mistakes: Vec<Note>,
    warnings: Vec<Note>,
}

impl<'a> Report<'a> {
    /// A report that starts with the mistakes in the syntax.
    pub(super) fn new(parsed: &'a Parsed, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { parsed, environment, mistakes: parsed.mistakes.clone(), warnings: Vec::new() }
    }

    /// Notes a mistake: the file cannot be used.
    pub(super) fn mistake(&mut self, place: &Place, message: impl Into<String>) {
        let note = self.note(place, message.into());
        self.mistakes.push(note);
    }

    /// Notes a warning: the file can be used, and is probably not what was meant.
    pub(super) fn warning(&mut self, place: &Place, message: impl Into<String>) {
        let note = self.note(place, message.into());
        self.warnings.push(note);
    }

    /// How many mistakes there are so far.
    pub(super) fn mistake_count(&self) -> usize {
        self.mistakes.len()
    }

    /// Whether the line of a place did not parse; its value stands for nothing and its mistake is told.
    pub(super) fn is_broken(&self, place: &Place) -> bool {
        self.parsed.broken_lines.contains(&position(&self.parsed.text, place.offset).0)
    }

    /// Whether a table that is not there may be in the file after all, under a header that did not parse.
    pub(super) fn lost_tables(&self) -> bool {
        self.parsed.lost_tables
    }

    /// The value of an environment variable.
    pub(super) fn environment(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }

    /// The mistakes and the warnings, each in the order of the file.
    pub(super) fn into_notes(mut self) -> (Vec<Note>, Vec<Note>) {
        self.mistakes.sort();
        self.warnings.sort();
        (self.mistakes, self.warnings)
    }

    fn note(&self, place: &Place, message: String) -> Note {
        let (line, column) = position(&self.parsed.text, place.offset);
        Note { line, column, key: place.key.clone(), message }
    }
}

/// The line and the character of a byte, both from 1.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
