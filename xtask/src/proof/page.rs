//! The page of proofs: a part for each, whose table the proof makes anew.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Puts a proof's table into its part of the page.
pub(super) fn write(path: &Path, name: &str, table: &str) -> Result<()> {
    let before =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let after = with(&before, name, table)?;
    fs::write(path, after).with_context(|| format!("cannot write {}", path.display()))
}

/// The page with this table between the proof's two marks; everything else is written by people and stays.
fn with(page: &str, name: &str, table: &str) -> Result<String> {
    let begin = format!("<!-- made by `cargo xtask proof {name}` -->\n");
    let end = format!("<!-- end of {name} -->");
    let parts = page.split_once(&begin).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(&end)?;
        Some((head, tail))
    });
    let Some((head, tail)) = parts else {
        bail!("the page has no place for the table: put the lines\n{begin}{end}\ninto it");
    };
    Ok(format!("{head}{begin}{}\n{end}{tail}", table.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_one_before_and_of_nothing_else() {
        // A run that takes another proof's table away would leave a claim without its figures.
        let page = "# Proofs\n<!-- made by `cargo xtask proof a` -->\nold\n<!-- end of a -->\nwords\n\
                    <!-- made by `cargo xtask proof b` -->\nkept\n<!-- end of b -->\n";
        let after = with(page, "a", "| new |\n").expect("it has a place");
        assert_eq!(after, page.replace("old", "| new |"));
        assert!(with(page, "c", "").is_err());
    }
}
