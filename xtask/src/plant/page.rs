//! The page that the table of what found which fault is on.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// From here on the table is made anew; what is before it is written by people and stays.
const TABLE: &str = "<!-- table: what follows is made anew by the command -->";

/// Writes the table to the end of a page, and keeps what is before it.
pub(super) fn write(path: &Path, command: &str, table: &str) -> Result<()> {
    let before = fs::read_to_string(path).unwrap_or_default();
    fs::write(path, page(&before, command, table))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn page(before: &str, command: &str, table: &str) -> String {
    let kept = before.split_once(TABLE).map_or(before, |(kept, _)| kept);
    format!("{kept}{TABLE}\n\nMade by `{command}`.\n\n{table}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_outlives_the_next_table() {
        // A page whose explanation is lost at each run is one that nobody explains.
        let first = page("# Faults\n\n", "cargo a", "| x |\n");
        let second = page(&first, "cargo b", "| y |\n");
        assert_eq!(second, format!("# Faults\n\n{TABLE}\n\nMade by `cargo b`.\n\n| y |\n"));
    }
}
