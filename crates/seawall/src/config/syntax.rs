//! Parses the file even where some of its lines are no TOML.
//!
//! The parser stops at its first mistake. So that the rest is checked too, the line that it stopped at
//! is taken out and the text is parsed again. A line of the form `key = …` keeps its key with a value
//! that stands for nothing, else the key would be called missing as well; a header keeps its name.

use std::collections::BTreeSet;

use toml_edit::{Document, Table, TomlError};

use super::report::{Note, position};

/// Lines that are taken out before giving up on the rest of the file.
const BROKEN_LINES_MAX: usize = 50;

/// A file whose sound lines are parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The text that was parsed in the end; lines are where they are in the file.
    pub text: String,
    /// The sound lines' document, which knows where in the text everything is.
    pub root: Table,
    /// Lines whose values stand for nothing, from 1.
    pub broken_lines: Vec<usize>,
    /// What was wrong with them.
    pub mistakes: Vec<Note>,
    /// Whether whole tables were taken out, so that one that is not there may be in the file after all.
    pub lost_tables: bool,
}

/// Parses a file, taking out line after line until the rest is TOML.
pub(super) fn parse(text: &str) -> Parsed {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut mistakes = Vec::new();
    let mut broken_lines = Vec::new();
    let mut lost_tables = false;
    let mut told = BTreeSet::new();
    for _ in 0..BROKEN_LINES_MAX {
        let text = lines.join("\n");
        let error = match Document::parse(text.as_str()).map(Document::into_table) {
            Ok(root) => return Parsed { text, root, broken_lines, mistakes, lost_tables },
            Err(error) => error,
        };
        let (line, column) = position(&text, error.span().map_or(0, |span| span.start));
        // A line is told once: what its stand-in breaks is no mistake of the file.
        let is_first = told.insert(line);
        if is_first {
            mistakes.push(Note { line, column, key: String::new(), message: message(&error) });
        }
        let may_stay = is_first && !error.message().contains("duplicate key");
        let text = lines.get(line - 1).map_or("", String::as_str);
        match stand_in(text).filter(|_| may_stay) {
            Some(StandIn::Header(header)) => lines[line - 1] = header,
            Some(StandIn::Value(value)) => {
                lines[line - 1] = value;
                broken_lines.push(line);
            }
            None => lost_tables |= take_out(&mut lines, line, &mut broken_lines),
        }
    }
    let message = format!("{BROKEN_LINES_MAX} lines are not TOML; the rest is not checked");
    mistakes.push(Note { line: 1, column: 1, key: String::new(), message });
    Parsed {
        text: String::new(),
        root: Table::default(),
        broken_lines,
        mistakes,
        lost_tables: true,
    }
}

/// The parser's words without its picture of the line, which may hold a secret.
fn message(error: &TomlError) -> String {
    let words: Vec<&str> =
        error.message().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("not TOML: {}", words.join("; "))
}

/// Empties a line that does not parse, and with the header of a table all that is under it; says whether
/// it was one.
fn take_out(lines: &mut [String], line: usize, broken_lines: &mut Vec<usize>) -> bool {
    let index = line - 1;
    let Some(text) = lines.get_mut(index) else { return false };
    let is_header = text.trim_start().starts_with('[');
    text.clear();
    if !is_header {
        return false;
    }
    for (number, text) in lines.iter_mut().enumerate().skip(index + 1) {
        if text.trim_start().starts_with('[') {
            break;
        }
        text.clear();
        broken_lines.push(number + 1);
    }
    true
}

/// What can be kept of a line that does not parse.
#[derive(Debug)]
enum StandIn {
    /// The header of a table, mended.
    Header(String),
    /// A key with a value that stands for nothing.
    Value(String),
}

/// `key = 0` where a line begins with a plain key, the header where it names a table.
fn stand_in(line: &str) -> Option<StandIn> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
    let is_key = |key: &str| !key.is_empty() && key.chars().all(plain);
    let text = line.trim();
    if let Some(header) = text.strip_prefix('[') {
        let name = header.trim_start_matches('[').split(']').next()?.trim();
        let sound = name.split('.').all(is_key);
        let (open, close) = if header.starts_with('[') { ("[[", "]]") } else { ("[", "]") };
        return sound.then(|| StandIn::Header(format!("{open}{name}{close}")));
    }
    let key = text.split_once('=')?.0.trim();
    is_key(key).then(|| StandIn::Value(format!("{key} = 0")))
}
