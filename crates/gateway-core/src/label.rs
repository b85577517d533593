//! Client labels: which implementation an upstream runs, as far as its own word can be taken for it.

use units::{Span, Timestamp};

use crate::settings::UpstreamSettings;

/// Families that are taken at their word. A name outside this list says nothing of shared code: a provider's
/// own proxy signs as it likes, so all such names together are one class.
const KNOWN: [&str; 12] = [
    "besu",
    "bor",
    "erigon",
    "ethereumjs",
    "ethrex",
    "geth",
    "nethermind",
    "nimbus",
    "nitro",
    "openethereum",
    "reth",
    "silkworm",
];

/// How long a name must have been given before a fork to count at it: one that changes now and then names
/// whoever happened to answer behind a balancer.
const STEADY_FOR: Span = Span::from_secs(600);

/// What an upstream says it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The family; `None` where the name is not a known one.
    family: Option<String>,
    /// The version as far as it tells releases apart; empty where it is not told.
    version: String,
}

/// Upstreams that share a fault together, because they run the same code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClientClass {
    /// All of one client family.
    Family(String),
    /// One family's version, where nothing but that family is there.
    Version(String, String),
    /// All that are not known by name.
    Unknown,
}

/// An upstream's label over time: the present one and the one before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    now: Option<(Timestamp, Label)>,
    before: Option<(Timestamp, Label)>,
}

impl Label {
    /// A label that the operator declared, which is believed, or one that the upstream gave.
    pub(crate) fn new(family: &str, declared: bool, version: &str) -> Self {
        let known = declared || KNOWN.contains(&family);
        Self { family: known.then(|| family.to_owned()), version: release(version) }
    }

    /// The family, where it is known.
    pub(crate) fn family(&self) -> Option<&str> {
        self.family.as_deref()
    }

    /// The class that votes are counted in.
    pub(crate) fn class(&self, by_version: bool) -> ClientClass {
        match &self.family {
            Some(family) if by_version => {
                ClientClass::Version(family.clone(), self.version.clone())
            }
            Some(family) => ClientClass::Family(family.clone()),
            None => ClientClass::Unknown,
        }
    }
}

impl Labels {
    /// What the configuration says of an upstream before it has spoken.
    pub(crate) fn declared(settings: &UpstreamSettings) -> Self {
        let label = settings.client.as_deref().map(|family| Label::new(family, true, ""));
        Self { now: label.map(|label| (Timestamp::ZERO, label)), before: None }
    }

    /// Takes in what the upstream says at `now`.
    pub(crate) fn tell(&mut self, now: Timestamp, label: Label) {
        if self.now.as_ref().is_some_and(|(_, known)| *known == label) {
            return;
        }
        self.before = self.now.take().or_else(|| self.before.take());
        self.now = Some((now, label));
    }

    /// The present label.
    pub(crate) fn current(&self) -> Option<&Label> {
        self.now.as_ref().map(|(_, label)| label)
    }

    /// The label as of `at`, which counts for everything that parted then; unknown where its family had
    /// changed shortly before. `None` where nothing was known yet.
    pub(crate) fn at(&self, at: Timestamp) -> Option<Label> {
        let said = |entry: &&(Timestamp, Label)| entry.0 <= at;
        let (since, label) = match self.now.as_ref().filter(said) {
            Some(entry) => entry,
            None => self.before.as_ref().filter(said)?,
        };
        let changed = self.before.as_ref().is_some_and(|(told, before)| {
            told < since && before.family != label.family && at.since(*since) < STEADY_FOR
        });
        let family = label.family.clone().filter(|_| !changed);
        Some(Label { family, version: label.version.clone() })
    }
}

impl core::fmt::Display for ClientClass {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Family(family) => formatter.write_str(family),
            Self::Version(family, version) if version.is_empty() => formatter.write_str(family),
            Self::Version(family, version) => write!(formatter, "{family} {version}"),
            Self::Unknown => formatter.write_str("unknown clients"),
        }
    }
}

/// The part of a version string that tells releases apart: `Geth/v1.9.13-stable/linux-amd64` is `v1.9.13`.
fn release(version: &str) -> String {
    let part = version.split('/').nth(1).unwrap_or(version);
    let end = part.find(['-', '+', ' ']).unwrap_or(part.len());
    part.get(..end).unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Timestamp {
        Timestamp::from_nanos(secs * 1_000_000_000)
    }

    #[test]
    fn builds_of_one_release_are_one_class() {
        // The same bug on two platforms would have two votes.
        let one = Label::new("geth", false, "Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2");
        let other = Label::new("geth", false, "Geth/v1.9.13-omnibus/linux-arm64/go1.14.1");
        assert_eq!(one.class(true), other.class(true));
        assert_eq!(one.class(true).to_string(), "geth v1.9.13");
        assert_eq!(one.class(false).to_string(), "geth");
    }

    #[test]
    fn a_name_of_their_own_is_no_implementation() {
        // Every provider's proxy would be a class of its own, with a vote of its own.
        let proxy = Label::new("blockyblock", false, "BlockyBlock/v3");
        assert_eq!(proxy.class(false), ClientClass::Unknown);
        let declared = Label::new("blockyblock", true, "BlockyBlock/v3");
        assert_eq!(declared.class(false), ClientClass::Family("blockyblock".to_owned()));
    }

    #[test]
    fn what_was_said_at_the_fork_counts() {
        // An endpoint that renames itself once the branches are known could move a vote.
        let mut labels = Labels::default();
        assert_eq!(labels.at(at(5)), None);
        labels.tell(at(10), Label::new("geth", false, "Geth/v1"));
        labels.tell(at(2_000), Label::new("besu", false, "besu/v2"));
        assert_eq!(labels.at(at(1_999)).and_then(|l| l.family), Some("geth".to_owned()));
        assert_eq!(labels.at(at(2_001)).and_then(|l| l.family), None);
        assert_eq!(labels.at(at(2_600)).and_then(|l| l.family), Some("besu".to_owned()));
    }
}
