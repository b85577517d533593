//! What the command line says.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// The options of `bench venue-load`.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// For how long requests are due in a run.
    pub(super) seconds: u64,
    /// Draws the times.
    pub(super) seed: u64,
    /// What is wanted: `fair`, `fifo`, `plain`; all where it is empty.
    pub(super) only: Vec<String>,
    /// How much is offered, in times of the capacity; all where it is empty.
    pub(super) times: Vec<u32>,
    /// The release binary that is measured.
    pub(super) seawall: PathBuf,
    /// Where the journals are.
    pub(super) on: PathBuf,
    /// Where the page goes besides the screen.
    pub(super) out: Option<PathBuf>,
    /// Where everything goes as JSON.
    pub(super) json: Option<PathBuf>,
}

/// What there is to be wanted.
const PARTS: [&str; 3] = ["fair", "fifo", "plain"];

impl Options {
    /// Reads the options.
    ///
    /// # Errors
    /// Where one is not known, with those that are.
    pub(super) fn read(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            seconds: 10,
            seed: 1,
            only: Vec::new(),
            times: Vec::new(),
            seawall: PathBuf::from("target/release/seawall"),
            on: PathBuf::from("target"),
            out: None,
            json: None,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word {
                "--seconds" => options.seconds = value()?.parse().context("--seconds N")?,
                "--seed" => options.seed = value()?.parse().context("--seed N")?,
                "--only" => options.only.push(value()?.to_owned()),
                "--times" => options.times.push(value()?.parse().context("--times N")?),
                "--seawall" => options.seawall = value()?.into(),
                "--on" => options.on = value()?.into(),
                "--out" => options.out = Some(value()?.into()),
                "--json" => options.json = Some(value()?.into()),
                _ => bail!("option {word} is not known"),
            }
        }
        if let Some(part) = options.only.iter().find(|part| !PARTS.contains(&part.as_str())) {
            bail!("there is no {part}; there are: {}", PARTS.join(", "));
        }
        if options.seconds == 0 {
            bail!("seconds are at least 1");
        }
        Ok(options)
    }

    /// Whether a part is to be measured.
    pub(super) fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == part)
    }
}
