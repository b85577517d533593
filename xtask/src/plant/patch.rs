//! A fault to plant: a patch with a head that says what it is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Worlds that a simulation runs where the head does not say.
const WORLDS: u32 = 300;

/// A fault, and what should find it.
#[derive(Debug)]
pub(super) struct Plant {
    /// Its name: that of its file.
    pub(super) name: String,
    /// Its file.
    pub(super) file: PathBuf,
    /// The invariant or test that should find it.
    pub(super) found_by: String,
    /// What cargo is told, the last word being the name of the test.
    pub(super) arguments: Vec<String>,
    /// Worlds that a simulation runs.
    pub(super) worlds: u32,
    /// What the failure has to say, so that it is found for what it is.
    pub(super) says: String,
}

impl Plant {
    /// Reads a patch with its head.
    pub(super) fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(file, &text).with_context(|| format!("{} has no proper head", file.display()))
    }

    fn parse(file: &Path, text: &str) -> Result<Self> {
        let head: Vec<&str> = text.lines().take_while(|line| !line.starts_with("--- ")).collect();
        let entry = |name: &str| {
            let mut found =
                head.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            found.next().map(str::trim).filter(|value| !value.is_empty())
        };
        let needed = |name: &str| {
            entry(name).with_context(|| format!("there is no line \"{name}: …\" before the patch"))
        };
        needed("breaks")?;
        let arguments: Vec<String> = needed("run")?.split_whitespace().map(str::to_owned).collect();
        if arguments.first().is_none_or(|first| first != "test") || arguments.len() < 2 {
            bail!("\"run\" is what cargo is told, and begins with \"test\"");
        }
        let worlds = match entry("worlds") {
            Some(worlds) => worlds.parse().context("\"worlds\" is no number")?,
            None => WORLDS,
        };
        Ok(Self {
            name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            file: file.to_owned(),
            found_by: needed("found by")?.to_owned(),
            arguments,
            worlds,
            says: needed("says")?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "breaks: a promise\nfound by: GW-0\nrun: test -p a b\nsays: too many\n\n--- a/x\n";

    #[test]
    fn a_head_says_what_is_broken_and_what_should_find_it() {
        let plant = Plant::parse(Path::new("plants/off-by-one.patch"), GOOD).expect("a good head");
        assert_eq!((plant.name.as_str(), plant.worlds), ("off-by-one", WORLDS));
        assert_eq!(plant.arguments, ["test", "-p", "a", "b"]);
        let more = GOOD.replace("says", "worlds: 7\nsays");
        assert_eq!(Plant::parse(Path::new("a"), &more).expect("a good head").worlds, 7);
    }

    #[test]
    fn a_head_that_lacks_something_is_refused() {
        // A plant that any failure satisfies would be found by a test that does not compile.
        for name in ["breaks", "found by", "run", "says"] {
            let text = GOOD.replace(&format!("{name}: "), "- ");
            let error = Plant::parse(Path::new("a"), &text).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(Plant::parse(Path::new("a"), &GOOD.replace("run: test", "run: build")).is_err());
        assert!(
            Plant::parse(Path::new("a"), &GOOD.replace("--- a/x\n", "").replace("says", "--- "))
                .is_err()
        );
    }
}
