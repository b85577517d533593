//! The configuration under random files.
//!
//! Whatever the file: it is sound, or there is at least one mistake; every note has a place in the file
//! and is one printable line; no secret is in a note; and a sound file means the same when its values
//! are written down in another way.

mod canonical;
mod seeds;

use std::path::Path;

use seawall::config::{Checked, Note, check, listing};

use crate::target::{Form, Target};
use seeds::{KEY, LITERAL, seeds};

/// The target of [`config`].
pub const CONFIG: Target =
    Target { name: "config", run: config, seeds, words: seeds::WORDS, form: Form::Text };

/// Checks an input as a configuration file.
///
/// # Panics
///
/// Where the check panics or breaks one of its promises.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let checked = check(text, &environment);
    let none = Vec::new();
    let mistakes = checked.config.as_ref().err().unwrap_or(&none);
    assert_eq!(mistakes.is_empty(), checked.config.is_ok(), "refused without a reason");
    for note in mistakes.iter().chain(&checked.warnings) {
        assert_placed(note, text);
    }
    assert_listed(mistakes, &checked.warnings);
    assert_secret(text, &checked);
    if checked.config.is_ok() {
        assert_means_the_same(text, &checked);
    }
}

fn environment(name: &str) -> Option<String> {
    match name {
        "RPC_KEY" => Some(KEY.to_owned()),
        "HOST" => Some("rpc.example.org".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// A note points at a character of the file, or right behind the last one of a line.
fn assert_placed(note: &Note, text: &str) {
    let line = note.line.checked_sub(1).and_then(|line| text.split('\n').nth(line));
    let Some(line) = line else { panic!("{note:?} is at a line that is not there") };
    assert!((1..=line.chars().count() + 1).contains(&note.column), "{note:?} is beyond its line");
    assert!(!note.message.is_empty(), "{note:?} says nothing");
}

/// The listing has one printable line for each note, and one that counts them.
fn assert_listed(mistakes: &[Note], warnings: &[Note]) {
    let listing = listing(Path::new("a.toml"), mistakes, warnings);
    let count = mistakes.len() + warnings.len() + usize::from(!mistakes.is_empty());
    assert_eq!(listing.lines().count(), count, "{listing:?}");
    let odd = listing.chars().find(|sign| sign.is_control() && *sign != '\n');
    assert_eq!(odd, None, "a control character reaches the terminal: {listing:?}");
}

/// No secret in any note, nor in what a configuration prints of itself.
fn assert_secret(text: &str, checked: &Checked) {
    let shown = format!("{:?} {:?}", checked.config, checked.warnings);
    for (secret, written) in [(KEY, "${RPC_KEY}"), (LITERAL, LITERAL)] {
        assert!(!shown.contains(secret) || !is_secret(text, written), "a secret gets out: {shown}");
    }
}

/// Whether every mention of `written` is where secrets belong: in a URL's path or query, or before its
/// `@`. Anywhere else, as in a name, it is as public as the rest.
fn is_secret(text: &str, written: &str) -> bool {
    // Where texts go over several lines, a line says nothing about what it belongs to.
    if text.contains("\"\"\"") || text.contains("'''") {
        return false;
    }
    text.match_indices(written).all(|(at, _)| {
        let line = text[..at].rsplit(['\n', '\r']).next().unwrap_or_default();
        let rest = text[at + written.len()..].split(['\n', '\r', '"']).next().unwrap_or_default();
        let Some((before, inside)) = line.split_once('"') else { return false };
        let key = before.trim_end().strip_suffix('=').map(str::trim);
        let Some((scheme, url)) = inside.split_once("://") else { return false };
        // The name of a variable is told where there is none of that name.
        let in_name = url.rsplit_once("${").is_some_and(|(_, name)| !name.contains('}'));
        let in_path = url.contains(['/', '?']) && !url.starts_with(['/', '?']);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        matches!(key, Some("http" | "ws"))
            && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !url.contains(['"', '\\'])
            && !in_name
            && (in_path || host.contains('@'))
    })
}

/// Checked again, and with the same values written in one line a table, it is the same configuration.
fn assert_means_the_same(text: &str, checked: &Checked) {
    let shown = |checked: &Checked| format!("{:?}", checked.config);
    assert_eq!(shown(checked), shown(&check(text, &environment)), "checked twice");
    let canonical = canonical::rewrite(text).expect("a sound file is TOML");
    let again = check(&canonical, &environment);
    assert_eq!(shown(checked), shown(&again), "written as {canonical}");
    assert_eq!(checked.warnings.len(), again.warnings.len(), "warnings of {canonical}");
}
