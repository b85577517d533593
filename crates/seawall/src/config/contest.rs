//! The keys of a chain that say what happens where branches part for good.

use ::gateway::config::{ContestConfig, LoneDissenter, Votes, WhenUndecided};

use super::gateway::{Url, url};
use super::reader::{Found, Reader};
use super::report::Report;

/// The keys among those of `[[gateway.chain]]`.
pub(super) const KEYS: [&str; 5] =
    ["votes", "lone_dissenter", "when_undecided", "writes_when_undecided", "beacon"];

/// What was read of them.
#[derive(Debug)]
pub(super) struct ContestDraft {
    votes: Option<Found<Votes>>,
    lone_dissenter: Option<Found<LoneDissenter>>,
    when_undecided: Option<Found<WhenUndecided>>,
    writes: Option<Found<bool>>,
    beacon: Option<Found<Url>>,
}

impl ContestDraft {
    /// Reads the keys of one chain's table.
    pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> Self {
        let beacon = "the URL of a beacon node's API with http:// or https://, such as \"http://10.0.0.5:5052\"";
        let ways =
            [("operator", Votes::Operator), ("endpoint", Votes::Endpoint), ("none", Votes::Nobody)];
        let votes = table.choice("votes", &ways, report);
        if let Some(found) = votes.as_ref().filter(|found| found.value != Votes::Operator) {
            let message = "this is there to be compared with: many endpoints of one provider, or of one client with a \
                           bug, then decide what is true";
            report.warning(&found.place, message);
        }
        Self {
            votes,
            lone_dissenter: table.choice(
                "lone_dissenter",
                &[("outlier", LoneDissenter::Outlier), ("undecided", LoneDissenter::Undecided)],
                report,
            ),
            when_undecided: table.choice(
                "when_undecided",
                &[("refuse", WhenUndecided::Refuse), ("finalized", WhenUndecided::Finalized)],
                report,
            ),
            writes: table.choice(
                "writes_when_undecided",
                &[("refuse", false), ("send", true)],
                report,
            ),
            beacon: table.text("beacon", beacon, report, |text| {
                url(text, ["http", "https"], ["ws", "wss"], "beacon")
            }),
        }
    }

    /// What the gateway is told, with the defaults for what was left out.
    pub(super) fn finish(self) -> ContestConfig {
        let defaults = ContestConfig::default();
        ContestConfig {
            votes: self.votes.map_or(defaults.votes, |it| it.value),
            lone_dissenter: self.lone_dissenter.map_or(defaults.lone_dissenter, |it| it.value),
            when_undecided: self.when_undecided.map_or(defaults.when_undecided, |it| it.value),
            writes_when_undecided: self.writes.map_or(defaults.writes_when_undecided, |w| w.value),
            beacon: self.beacon.map(|found| found.value.endpoint),
        }
    }
}
