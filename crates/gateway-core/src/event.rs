//! The event log: what the core decided and why, one value a decision.

use units::Timestamp;

use crate::settings::UpstreamId;

/// One decision, with its reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it was decided.
    pub at: Timestamp,
    /// The upstream it is about, if it is about one.
    pub upstream: Option<UpstreamId>,
    /// What kind of decision, for filters and counters.
    pub kind: EventKind,
    /// The decision and its reason, in a sentence without secrets.
    pub text: String,
}

/// The kinds of decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// An upstream's state changed.
    State,
    /// A breaker opened: the upstream is out for a method class.
    Ejected,
    /// A breaker closed: the upstream is back for a method class.
    Restored,
    /// The agreed head moved to another branch.
    Reorg,
    /// The verdict on the chain changed.
    Verdict,
    /// An upstream asked for a pause.
    Throttled,
    /// An upstream does not know a method.
    Unsupported,
    /// An answer was wrong, or two contradicted each other.
    Integrity,
    /// Domains were merged or a warning about them changed.
    Domains,
    /// The name of an upstream no longer resolves, or does again.
    Names,
    /// One version got the majority of the votes, or lost it.
    Versions,
    /// How ready the upstreams are for a fork.
    Forks,
    /// Branches parted, one of them won, or they met again.
    Contest,
    /// Something that a person should look at now.
    Alarm,
    /// How much of what an upstream lets us ask in a day is used.
    Quota,
    /// One healthy domain is left, or more are again.
    LastDomain,
}

impl EventKind {
    /// The kind as it is written in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Ejected => "ejected",
            Self::Restored => "restored",
            Self::Reorg => "reorg",
            Self::Verdict => "verdict",
            Self::Throttled => "throttled",
            Self::Unsupported => "unsupported",
            Self::Integrity => "integrity",
            Self::Domains => "domains",
            Self::Names => "names",
            Self::Versions => "versions",
            Self::Forks => "forks",
            Self::Contest => "contest",
            Self::Alarm => "alarm",
            Self::Quota => "quota",
            Self::LastDomain => "last_domain",
        }
    }
}
