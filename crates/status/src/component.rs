//! Components: the rows whose status is followed over time, and the scales they are told on.

use crate::model::{ChainView, Overview, UpstreamState, UpstreamView, Verdict};
use crate::text;
use crate::venue::MarketView;

/// How bad something is; later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Good,
    /// Nothing is known, which is not the same as well.
    Unknown,
    /// Clients notice nothing, but there is less in reserve.
    Minor,
    /// Clients may notice, or the next fault would be one too many.
    Major,
    /// Clients get no answer, or none that can be vouched for.
    Critical,
}

impl Severity {
    /// The word that Statuspage has for it; it has none for unknown, which is told as `minor`.
    #[must_use]
    pub const fn indicator(self) -> &'static str {
        match self {
            Self::Good => "none",
            Self::Unknown | Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    /// The name that style sheet and icons go by.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// A component's status in Statuspage's words; later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentStatus {
    /// Works.
    Operational,
    /// Works, with less in reserve or slower.
    Degraded,
    /// Works for some of what it is for.
    PartialOutage,
    /// Does not work.
    MajorOutage,
}

impl ComponentStatus {
    /// The word in Statuspage's JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::Degraded => "degraded_performance",
            Self::PartialOutage => "partial_outage",
            Self::MajorOutage => "major_outage",
        }
    }

    /// The severity that has the same colour.
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Operational => Severity::Good,
            Self::Degraded => Severity::Minor,
            Self::PartialOutage => Severity::Major,
            Self::MajorOutage => Severity::Critical,
        }
    }

    /// The status of a chain.
    pub(crate) const fn of_chain(chain: &ChainView) -> Self {
        match chain.verdict {
            Verdict::Healthy => Self::Operational,
            Verdict::Degraded | Verdict::Split | Verdict::Unknown => Self::Degraded,
            Verdict::Undecided | Verdict::Stalled => Self::PartialOutage,
            Verdict::Unreachable => Self::MajorOutage,
        }
    }

    /// The status of an upstream.
    pub(crate) const fn of_upstream(upstream: &UpstreamView) -> Self {
        match upstream.state {
            UpstreamState::Serving if upstream.failing_classes.is_empty() => Self::Operational,
            UpstreamState::Serving | UpstreamState::Lagging | UpstreamState::Probation => {
                Self::Degraded
            }
            UpstreamState::Quarantined => Self::PartialOutage,
            UpstreamState::Rejected | UpstreamState::Unreachable => Self::MajorOutage,
        }
    }
}

/// What a component is called inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ComponentKey {
    /// A chain.
    Chain(String),
    /// An upstream of a chain.
    Upstream(String, String),
    /// The venue.
    Venue,
    /// A market of the venue.
    Market(String),
}

impl ComponentKey {
    pub(crate) fn chain(chain: &ChainView) -> Self {
        Self::Chain(chain.name.clone())
    }

    pub(crate) fn upstream(chain: &ChainView, upstream: &UpstreamView) -> Self {
        Self::Upstream(chain.name.clone(), upstream.name.clone())
    }

    pub(crate) fn market(market: &MarketView) -> Self {
        Self::Market(market.symbol.clone())
    }

    /// An id that is the same in every run and on every machine.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Chain(chain) => text::stable_id(&["component", chain, ""]),
            Self::Upstream(chain, upstream) => text::stable_id(&["component", chain, upstream]),
            Self::Venue => text::stable_id(&["venue"]),
            Self::Market(symbol) => text::stable_id(&["venue", symbol]),
        }
    }
}

/// Every component of `overview` with its status, chains before their upstreams, the venue before its markets.
pub(crate) fn components(overview: &Overview) -> Vec<(ComponentKey, ComponentStatus)> {
    let mut found = Vec::new();
    for chain in &overview.chains {
        found.push((ComponentKey::chain(chain), ComponentStatus::of_chain(chain)));
        for upstream in &chain.upstreams {
            found.push((
                ComponentKey::upstream(chain, upstream),
                ComponentStatus::of_upstream(upstream),
            ));
        }
    }
    if let Some(venue) = &overview.venue {
        found.push((ComponentKey::Venue, ComponentStatus::of_venue(venue)));
        for market in &venue.markets {
            found.push((ComponentKey::market(market), ComponentStatus::of_market(market)));
        }
    }
    found
}
