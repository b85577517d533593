//! How the engine works.

use std::collections::BTreeMap;

use units::{Ratio, Span};
use venue_views::FundingRule;

/// How the engine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How the journal is laid out and bounded.
    pub journal: journal::Settings,
    /// Most commands a second that are taken; as many as can be, where it is `None`. What the venue does by itself does
    /// not count.
    pub capacity_per_second: Option<u32>,
    /// How often the time is told where nothing else happens: triggers of time, liquidations and premiums go by it.
    pub tick: Span,
    /// A snapshot is taken after so many entries, and at a stop.
    pub snapshot_every: u64,
    /// A record of the journal that is left undone at the start: one that makes this version panic.
    pub pass_over: Option<u64>,
    /// How funding is charged, by the markets' names.
    pub funding: BTreeMap<String, FundingRule>,
    /// How it is charged of a market that is not among them, such as one that was added later; it is not, where there is none.
    pub usual_funding: Option<FundingRule>,
    /// How interest on loans is charged, if it is.
    pub interest: Option<InterestRule>,
}

/// How interest on loans is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterestRule {
    /// How often, at multiples of this in Unix time.
    pub interval: Span,
    /// What part of a loan, each time.
    pub rate: Ratio,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            journal: journal::Settings::USUAL,
            capacity_per_second: None,
            tick: Span::from_millis(250),
            // Some seconds to replay.
            snapshot_every: 500_000,
            pass_over: None,
            funding: BTreeMap::new(),
            usual_funding: None,
            interest: None,
        }
    }
}
