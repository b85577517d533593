//! Pages of figures: the upper part is made anew by each run, the lower is written by people and stays.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// From here on the file is written by people and kept.
const NOTES: &str = "<!-- notes: what follows is kept when the table is made anew -->";

/// Writes the table to a file, and keeps the notes that are in it.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let before = fs::read_to_string(path).unwrap_or_default();
    let notes = before.split_once(NOTES).map_or("\n", |(_, notes)| notes);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, format!("{text}\n{NOTES}{notes}"))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_must_outlive_the_next_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docs").join("table.md");
        write(&path, "one").expect("written");
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, format!("{text}why\n")).expect("written");
        write(&path, "two").expect("written");
        let text = fs::read_to_string(&path).expect("read");
        assert_eq!(text, format!("two\n{NOTES}\nwhy\n"));
    }
}
