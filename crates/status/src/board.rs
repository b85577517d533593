//! The board: all that the page is drawn from, as one value without clock or sockets.

use std::collections::VecDeque;

use crate::component::Severity;
use crate::history::{GAP_MS_MAX, History};
use crate::incident::{IncidentLog, IncidentSettings, IncidentStatus};
use crate::model::{EventView, Overview};
use crate::text;
use crate::verdict::{Finding, overall, stale};

/// Entries of the event log that are shown.
const EVENTS_MAX: usize = 50;

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
    /// Newest first.
    pub(crate) events: VecDeque<EventView>,
}

impl Board {
    pub(crate) fn new(options: StatusOptions) -> Self {
        let incidents = IncidentLog::new(options.incidents);
        let (history, events) = (History::default(), VecDeque::new());
        Self { options, overview: Overview::default(), history, incidents, events }
    }

    /// Takes in the next overview and the events since the last.
    pub(crate) fn observe(&mut self, overview: Overview, events: Vec<EventView>) {
        self.history.observe(&overview);
        self.incidents.observe(&overview, &self.history);
        self.overview = overview;
        for event in events {
            self.events.push_front(event);
        }
        self.events.truncate(EVENTS_MAX);
    }

    /// Whether the newest overview is recent enough at `now_ms` to base a verdict on.
    pub(crate) fn is_fresh(&self, now_ms: u64) -> bool {
        self.history.span_ms.is_some_and(|(_, newest)| now_ms.saturating_sub(newest) <= GAP_MS_MAX)
    }

    /// The verdict on everything at `now_ms`.
    pub(crate) fn finding(&self, now_ms: u64) -> Finding {
        let mut finding = overall(&self.overview, &|chain| self.history.failing(chain));
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
