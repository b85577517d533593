//! Alarms: what an operator should act on before it becomes an outage.

use units::Timestamp;

use crate::event::EventKind;
use crate::settings::UpstreamId;

/// The kinds of alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The name of an upstream no longer resolves; its last good addresses are used.
    NameFails,
    /// One version of one client has more than half of the operators' votes.
    VersionMajority,
    /// Upstreams run versions that do not know a fork, or are not known to.
    ForkUnready,
    /// Most of what an upstream lets us ask in a day is used.
    QuotaLow,
    /// One healthy domain is left, or none.
    LastDomain,
}

impl AlarmKind {
    /// Every kind, in declaration order.
    pub const ALL: [Self; 5] = [
        Self::NameFails,
        Self::VersionMajority,
        Self::ForkUnready,
        Self::QuotaLow,
        Self::LastDomain,
    ];

    /// The alarm as it is written in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NameFails => "name_fails",
            Self::VersionMajority => "version_majority",
            Self::ForkUnready => "fork_unready",
            Self::QuotaLow => "quota_low",
            Self::LastDomain => "last_domain",
        }
    }

    pub(crate) const fn event(self) -> EventKind {
        match self {
            Self::NameFails => EventKind::Names,
            Self::VersionMajority => EventKind::Versions,
            Self::ForkUnready => EventKind::Forks,
            Self::QuotaLow => EventKind::Quota,
            Self::LastDomain => EventKind::LastDomain,
        }
    }
}

/// One alarm that holds at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What kind.
    pub kind: AlarmKind,
    /// The upstream it is about, if it is about one.
    pub upstream: Option<UpstreamId>,
    /// What it is about within its kind; with kind and upstream it tells alarms apart.
    pub subject: String,
    /// The alarm in a sentence without a full stop and without secrets.
    pub text: String,
}

impl Alarm {
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.upstream, &self.subject) == (other.kind, other.upstream, &other.subject)
    }
}

/// The alarms that hold, and when they were drawn.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    pub(crate) held: Vec<Alarm>,
    pub(crate) drawn_at: Timestamp,
    /// Whether branches had parted for good by then.
    pub(crate) split: bool,
}
