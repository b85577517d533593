//! The board: all that the page is drawn from, as one value without clock or sockets.

use std::collections::VecDeque;

use crate::component::Severity;
use crate::history::{GAP_MS_MAX, History};
use crate::incident::{IncidentLog, IncidentSettings, IncidentStatus};
use crate::model::{EventView, Overview, VerdictEntry};
use crate::prices::{PricePast, with_prices};
use crate::standing::{VenuePast, with_venue};
use crate::text;
use crate::verdict::{Finding, overall, stale};

/// Entries of the event log that are shown.
const EVENTS_MAX: usize = 50;

/// How far apart two tellings of the time of one verdict may be.
const WAVER_MS_MAX: u64 = 1_000;

/// How the page presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusOptions {
    /// The page's name, such as "Seawall".
    pub page_name: String,
    /// Where the page is reached, without a slash at its end; links in feeds and JSON begin with it.
    pub url: String,
    /// How patient incidents are.
    pub incidents: IncidentSettings,
}

impl Default for StatusOptions {
    fn default() -> Self {
        Self {
            page_name: "Seawall".to_owned(),
            url: "http://127.0.0.1:8080".to_owned(),
            incidents: IncidentSettings::default(),
        }
    }
}

/// What is known, what was, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    pub(crate) options: StatusOptions,
    pub(crate) overview: Overview,
    pub(crate) history: History,
    pub(crate) incidents: IncidentLog,
    pub(crate) price_past: PricePast,
    pub(crate) venue_past: VenuePast,
    /// Newest first.
    pub(crate) events: VecDeque<EventView>,
}

impl Board {
    pub(crate) fn new(options: StatusOptions) -> Self {
        let incidents = IncidentLog::new(options.incidents);
        let (history, events) = (History::default(), VecDeque::new());
        let (overview, price_past) = (Overview::default(), PricePast::default());
        let venue_past = VenuePast::default();
        Self { options, overview, history, incidents, price_past, venue_past, events }
    }

    /// Takes in the next overview and the events since the last.
    pub(crate) fn observe(&mut self, mut overview: Overview, events: Vec<EventView>) {
        self.steady_verdicts(&mut overview);
        self.history.observe(&overview);
        self.price_past.observe(overview.at_unix_ms, &overview.prices);
        self.venue_past.observe(overview.at_unix_ms, overview.venue.as_ref());
        self.incidents.observe(&overview, &self.history, &self.venue_past);
        self.overview = overview;
        for event in events {
            self.events.push_front(event);
        }
        self.events.truncate(EVENTS_MAX);
    }

    /// Gives verdicts that were shown before the times that they were shown with: each overview counts back
    /// from its own moment, and a time that wavers by a millisecond would be sent to all viewers as news.
    fn steady_verdicts(&self, overview: &mut Overview) {
        for chain in &mut overview.chains {
            let shown = self.overview.chains.iter().find(|shown| shown.name == chain.name);
            let shown = shown.map_or(&[][..], |shown| &shown.verdicts);
            for entry in &mut chain.verdicts {
                let same = |shown: &&VerdictEntry| {
                    shown.verdict == entry.verdict
                        && shown.reason == entry.reason
                        && shown.at_unix_ms.abs_diff(entry.at_unix_ms) <= WAVER_MS_MAX
                };
                if let Some(same) = shown.iter().find(same) {
                    entry.at_unix_ms = same.at_unix_ms;
                }
            }
        }
    }

    /// Whether the newest overview is recent enough at `now_ms` to base a verdict on.
    pub(crate) fn is_fresh(&self, now_ms: u64) -> bool {
        self.history.span_ms.is_some_and(|(_, newest)| now_ms.saturating_sub(newest) <= GAP_MS_MAX)
    }

    /// The verdict on everything at `now_ms`.
    pub(crate) fn finding(&self, now_ms: u64) -> Finding {
        let of_chains = overall(&self.overview, &|chain| self.history.failing(chain));
        let (prices, chains) = (&self.overview.prices, !self.overview.chains.is_empty());
        let finding = with_prices(of_chains, prices, chains);
        let others = chains || !prices.is_empty();
        let mut finding = with_venue(finding, &self.overview, &self.venue_past.rates(), others);
        if !self.is_fresh(now_ms) && self.history.span_ms.is_some() {
            return stale(&finding, now_ms.saturating_sub(self.history.now_ms()));
        }
        // The verdicts do not know of method classes; an incident about them must not read as "all well".
        let lasting =
            |status| matches!(status, IncidentStatus::Investigating | IncidentStatus::Identified);
        if finding.severity == Severity::Good
            && let Some(incident) =
                self.incidents.open().into_iter().find(|incident| lasting(incident.status))
        {
            finding.severity = Severity::Minor;
            finding.headline = format!("Answering, but {}", text::tidy(&incident.name, 80));
        }
        finding
    }

    /// When anything that a subscriber would want to know last changed.
    pub(crate) fn changed_ms(&self) -> u64 {
        self.history.changed_ms().max(self.incidents.changed_ms())
    }

    /// The lasting address of an incident.
    pub(crate) fn incident_url(&self, id: &str) -> String {
        format!("{}/incidents/{id}", self.options.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{START_MS, overview};

    #[test]
    fn a_page_whose_measurements_stopped_does_not_go_on_saying_all_is_well() {
        let mut board = Board::new(StatusOptions::default());
        assert!(!board.is_fresh(START_MS));
        board.observe(overview(0, &[]), Vec::new());
        assert_eq!(board.finding(START_MS + 15_000).severity, Severity::Good);
        let old = board.finding(START_MS + 15_001);
        assert_eq!(old.severity, Severity::Unknown);
        assert!(old.sentence.starts_with("Nothing has been measured for 15 s."));
    }

    #[test]
    fn a_verdict_keeps_the_time_that_it_was_first_told_with() {
        let mut board = Board::new(StatusOptions::default());
        let mut times = Vec::new();
        for (second, at_unix_ms) in
            [(0, START_MS - 999), (1, START_MS - 1_001), (2, START_MS + 9_000)]
        {
            let mut overview = overview(second, &[]);
            overview.chains[0].verdicts = vec![VerdictEntry {
                at_unix_ms,
                reason: "all agree".to_owned(),
                ..VerdictEntry::default()
            }];
            board.observe(overview, Vec::new());
            times.push(board.overview.chains[0].verdicts[0].at_unix_ms);
        }
        assert_eq!(times, [START_MS - 999, START_MS - 999, START_MS + 9_000]);
    }

    #[test]
    fn an_upstream_that_fails_some_methods_is_not_all_well() {
        let mut board = Board::new(StatusOptions::default());
        for second in 0..20 {
            let mut overview = overview(second, &[]);
            overview.chains[0].upstreams[0].failing_classes = vec!["state".to_owned()];
            board.observe(overview, Vec::new());
        }
        let found = board.finding(board.history.now_ms());
        assert_eq!(found.severity, Severity::Minor);
        assert_eq!(found.headline, "Answering, but harbour (ethereum): some methods fail");
    }
}
