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
    /// What it breaks.
    pub(super) breaks: String,
    /// All that should find it, each by itself.
    pub(super) finders: Vec<Finder>,
}

/// What should find a fault.
#[derive(Debug)]
pub(super) struct Finder {
    /// The invariant or test, in words.
    pub(super) found_by: String,
    /// What cargo is told, the last word being the name of the test.
    pub(super) arguments: Vec<String>,
    /// What cargo is told before that, where the test runs a program that it does not build itself.
    pub(super) build: Option<Vec<String>>,
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

    /// Whether one of the words is its name, or the part of it before the first hyphen; any is, of no words.
    pub(super) fn is_meant(&self, words: &[&str]) -> bool {
        words.is_empty() || words.iter().any(|word| self.is_called(word))
    }

    /// Whether a word is its name, or the part of it before the first hyphen.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.name == word || self.name.split('-').next() == Some(word)
    }

    fn parse(file: &Path, text: &str) -> Result<Self> {
        let head: Vec<&str> = text.lines().take_while(|line| !line.starts_with("--- ")).collect();
        let starts: Vec<usize> =
            (0..head.len()).filter(|&at| entry(&head[at..=at], "found by").is_some()).collect();
        let ends = starts.iter().skip(1).copied().chain([head.len()]);
        let finders = starts.iter().zip(ends).map(|(&from, to)| Finder::parse(&head[from..to]));
        let finders = finders.collect::<Result<Vec<Finder>>>()?;
        if finders.is_empty() {
            needed(&head, "found by")?;
        }
        Ok(Self {
            name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            file: file.to_owned(),
            breaks: needed(&head, "breaks")?.to_owned(),
            finders,
        })
    }
}

impl Finder {
    fn parse(lines: &[&str]) -> Result<Self> {
        let run = needed(lines, "run")?;
        let arguments: Vec<String> = run.split_whitespace().map(str::to_owned).collect();
        if arguments.first().is_none_or(|first| first != "test") || arguments.len() < 2 {
            bail!("\"run\" is what cargo is told, and begins with \"test\"");
        }
        let build: Option<Vec<String>> = entry(lines, "build")
            .map(|build| build.split_whitespace().map(str::to_owned).collect());
        if build.as_ref().is_some_and(|build| build.first().is_none_or(|first| first != "build")) {
            bail!("\"build\" is what cargo is told, and begins with \"build\"");
        }
        let worlds = match entry(lines, "worlds") {
            Some(worlds) => worlds.parse().context("\"worlds\" is no number")?,
            None => WORLDS,
        };
        Ok(Self {
            found_by: needed(lines, "found by")?.to_owned(),
            arguments,
            build,
            worlds,
            says: needed(lines, "says")?.to_owned(),
        })
    }
}

/// What a head says of something.
fn entry<'a>(lines: &[&'a str], name: &str) -> Option<&'a str> {
    let mut found = lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.next().map(str::trim).filter(|value| !value.is_empty())
}

fn needed<'a>(lines: &[&'a str], name: &str) -> Result<&'a str> {
    entry(lines, name).with_context(|| format!("there is no line \"{name}: …\" before the patch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "breaks: a promise\nfound by: GW-0\nrun: test -p a b\nsays: too many\n\n--- a/x\n";

    #[test]
    fn a_head_says_what_is_broken_and_what_should_find_it() {
        let plant = Plant::parse(Path::new("plants/off-by-one.patch"), GOOD).expect("a good head");
        assert_eq!((plant.name.as_str(), plant.finders[0].worlds), ("off-by-one", WORLDS));
        assert_eq!(plant.finders[0].arguments, ["test", "-p", "a", "b"]);
        assert_eq!(plant.finders[0].build, None);
        let more = GOOD.replace("says", "worlds: 7\nbuild: build -p c\nsays");
        let plant = Plant::parse(Path::new("a"), &more).expect("a good head");
        assert_eq!(plant.finders[0].worlds, 7);
        let build = ["build", "-p", "c"].map(str::to_owned).to_vec();
        assert_eq!(
            plant.finders[0].build,
            Some(build),
            "it would try the program without the fault"
        );
        assert!(Plant::parse(Path::new("a"), &more.replace("build: build", "build: run")).is_err());
    }

    #[test]
    fn each_finder_has_a_test_of_its_own() {
        // A second finder that the first one's words satisfy would never be tried.
        let two = GOOD.replace("\n\n", "\nfound by: GW-1\nrun: test c\nworlds: 9\nsays: few\n\n");
        let plant = Plant::parse(Path::new("plants/a-b.patch"), &two).expect("a good head");
        let said: Vec<_> = plant.finders.iter().map(|it| (it.says.as_str(), it.worlds)).collect();
        assert_eq!(said, [("too many", WORLDS), ("few", 9)]);
        assert!(plant.is_meant(&["a"]) && plant.is_meant(&["x", "a-b"]) && plant.is_meant(&[]));
        assert!(!plant.is_meant(&["b"]) && !plant.is_meant(&["a-"]));
        assert!(Plant::parse(Path::new("a"), &two.replace("says: few\n", "")).is_err());
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
