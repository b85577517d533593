//! What the command line says.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::rows::{ROWS, Row};

/// The options of `bench gateway`.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// Rounds; a ratio is taken within one.
    pub(super) rounds: u64,
    /// How long one target is measured in one round.
    pub(super) seconds: u64,
    /// The names of the rows that are wanted; all where it is empty.
    pub(super) only: Vec<String>,
    /// The release binary that is measured.
    pub(super) seawall: PathBuf,
    /// Where the table goes besides the screen.
    pub(super) out: Option<String>,
}

impl Options {
    /// Reads the options.
    ///
    /// # Errors
    /// Where one is not known, with those that are.
    pub(super) fn read(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            rounds: 5,
            seconds: 4,
            only: Vec::new(),
            seawall: PathBuf::from("target/release/seawall"),
            out: None,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word {
                "--quick" => (options.rounds, options.seconds) = (1, 2),
                "--rounds" => options.rounds = value()?.parse().context("--rounds N")?,
                "--seconds" => options.seconds = value()?.parse().context("--seconds N")?,
                "--only" => options.only.push(value()?.to_owned()),
                "--seawall" => options.seawall = value()?.into(),
                "--out" => options.out = Some(value()?.to_owned()),
                _ => bail!("option {word} is not known"),
            }
        }
        let known = |name: &String| ROWS.iter().any(|row| row.name == name);
        if let Some(name) = options.only.iter().find(|name| !known(name)) {
            let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
            bail!("no row {name}; there are: {}", names.join(", "));
        }
        if options.rounds == 0 || options.seconds == 0 {
            bail!("rounds and seconds are at least 1");
        }
        Ok(options)
    }

    /// Whether a row is to be measured.
    pub(super) fn wants(&self, row: &Row) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == row.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_row_must_not_measure_nothing() {
        let error = Options::read(&["--only", "smal"]).expect_err("no such row");
        assert!(error.to_string().contains("no row smal; there are: small"), "{error}");
        let options = Options::read(&["--quick", "--only", "small"]).expect("valid");
        let wanted: Vec<_> = ROWS.iter().filter(|row| options.wants(row)).collect();
        assert_eq!((wanted.len(), options.rounds), (1, 1));
    }
}
