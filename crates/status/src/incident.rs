//! Incidents that open, follow and close themselves.
//!
//! A state machine without a clock: it is fed each [`Overview`] and moves by the times in them, so that
//! the same overviews give the same incidents. A trouble must persist for some seconds before it is
//! announced; both the measured start and the announcement are kept, because their distance is what
//! readers judge a status page by. An incident that is over is watched for a while before it is closed,
//! longer each time it comes back, so that a flapping upstream makes one incident and not ten.

mod price;
mod trouble;
mod venue;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use units::Span;

use crate::component::{ComponentKey, Severity};
use crate::history::{GAP_MS_MAX, History};
use crate::model::Overview;
use crate::standing::VenuePast;
use crate::text;
use trouble::{Kind, Signs, Trouble};

/// Closed incidents that are kept; open ones always are, at most two a chain, one an upstream, one a price, of which
/// at most twenty are opened at once, three of the venue and one a market, of which likewise.
const CLOSED_MAX: usize = 200;

/// Updates an incident keeps: the first, and the newest after that.
const UPDATES_MAX: usize = 50;

/// Shortest time between two updates that only tell what changed.
const UPDATE_EVERY_MS: u64 = 10_000;

/// How patient the incident log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentSettings {
    /// How long an open incident's trouble must have one cause before it is called identified.
    pub identify_after: Span,
    /// How long it must be well before the incident is called monitoring.
    pub monitor_after: Span,
    /// How long it must be well before the incident is closed; doubled each time it comes back.
    pub resolve_after: Span,
    /// The most that doubling leads to.
    pub resolve_after_max: Span,
}

impl Default for IncidentSettings {
    fn default() -> Self {
        Self {
            identify_after: Span::from_secs(10),
            monitor_after: Span::from_secs(5),
            resolve_after: Span::from_secs(120),
            // Ten clean minutes (`research/resilience.md` C2).
            resolve_after_max: Span::from_secs(600),
        }
    }
}

/// How far an incident has come, in Statuspage's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentStatus {
    /// It is there, and what causes it is not known.
    Investigating,
    /// It is known which part is at fault.
    Identified,
    /// It is over, and watched lest it come back.
    Monitoring,
    /// It is closed.
    Resolved,
}

impl IncidentStatus {
    /// The word in Statuspage's JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }
}

/// One entry of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// A stable id.
    pub id: String,
    /// The incident's status from this entry on.
    pub status: IncidentStatus,
    /// What was measured.
    pub body: String,
    /// When it was written.
    pub at_ms: u64,
}

/// One incident; times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// A stable id.
    pub id: String,
    /// What happened, in a few words.
    pub name: String,
    /// How far it has come.
    pub status: IncidentStatus,
    /// The worst it has been.
    pub impact: Severity,
    /// When the trouble began, as measured.
    pub started_ms: u64,
    /// When it was announced here.
    pub announced_ms: u64,
    /// When the trouble ended, as measured; `None` while it lasts.
    pub ended_ms: Option<u64>,
    /// When it was last called monitoring.
    pub monitoring_ms: Option<u64>,
    /// When it was closed.
    pub resolved_ms: Option<u64>,
    /// How often it came back after it had seemed over.
    pub relapses: u32,
    /// What was written, oldest first; never empty.
    pub updates: Vec<Update>,
    pub(crate) affected: BTreeSet<ComponentKey>,
    /// Updates ever written, for their ids.
    written: u64,
}

/// What an incident is about. There is at most one open incident of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A chain's answers as a whole.
    Chain(String),
    /// Client calls of a chain that fail.
    Calls(String),
    /// One upstream of a chain.
    Upstream(String, String),
    /// Many prices of the oracle at once.
    Prices,
    /// One price of the oracle.
    Price(String),
    /// The venue as a whole.
    Venue,
    /// What the venue sends away.
    VenueLoad,
    /// The prices of all of the venue's markets.
    VenuePrices,
    /// A market of the venue.
    Market(String),
}

/// A trouble that has not lasted long enough to be announced.
#[derive(Clone, Debug)]
struct Pending {
    started_ms: u64,
    /// Time in trouble, less half the time without, so that flapping counts as well.
    troubled_ms: u64,
}

/// An incident that is not closed, and what it waits for.
#[derive(Clone, Debug)]
struct Open {
    incident: Incident,
    kind: Kind,
    updated_ms: u64,
}

/// All incidents, open and closed.
#[derive(Clone, Debug)]
pub struct IncidentLog {
    settings: IncidentSettings,
    last_ms: Option<u64>,
    pending: BTreeMap<Subject, Pending>,
    open: BTreeMap<Subject, Open>,
    closed: VecDeque<Incident>,
}

impl IncidentLog {
    /// A log without incidents.
    #[must_use]
    pub const fn new(settings: IncidentSettings) -> Self {
        Self {
            settings,
            last_ms: None,
            pending: BTreeMap::new(),
            open: BTreeMap::new(),
            closed: VecDeque::new(),
        }
    }

    /// Takes the next overview in, after `history` and `past` have.
    pub(crate) fn observe(&mut self, overview: &Overview, history: &History, past: &VenuePast) {
        let last = self.last_ms.unwrap_or(overview.at_unix_ms);
        let now = overview.at_unix_ms.max(last);
        self.last_ms = Some(now);
        let elapsed = now - last;
        if elapsed > GAP_MS_MAX {
            // Nobody watched, so nothing may be said to have lasted.
            self.pending.clear();
            self.open
                .values_mut()
                .for_each(|open| open.incident.ended_ms = open.incident.ended_ms.map(|_| now));
        }
        let signs = trouble::signs(overview, history, past);
        self.follow(now, &signs);
        self.settle(now, &signs);
        self.announce(now, elapsed.min(GAP_MS_MAX), signs);
        while self.closed.len() > CLOSED_MAX {
            self.closed.pop_front();
        }
    }

    /// Incidents that are not closed, newest first.
    #[must_use]
    pub fn open(&self) -> Vec<&Incident> {
        let mut open: Vec<&Incident> = self.open.values().map(|open| &open.incident).collect();
        open.sort_by(|one, other| {
            (other.announced_ms, &other.id).cmp(&(one.announced_ms, &one.id))
        });
        open
    }

    /// All incidents, the open ones before the closed, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.open().into_iter().chain(self.closed.iter().rev())
    }

    /// The incident with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Incident> {
        self.all().find(|incident| incident.id == id)
    }

    /// When any incident last changed, or 0.
    #[must_use]
    pub fn changed_ms(&self) -> u64 {
        self.all().map(Incident::updated_ms).max().unwrap_or_default()
    }

    /// Troubles go on: open incidents follow them.
    fn follow(&mut self, now: u64, signs: &Signs) {
        for trouble in &signs.troubles {
            if let Some(open) = self.open.get_mut(&trouble.subject) {
                open.follow(now, trouble, &self.settings);
            }
        }
    }

    /// Troubles that are gone: open incidents move towards their end.
    fn settle(&mut self, now: u64, signs: &Signs) {
        let troubled: BTreeSet<&Subject> =
            signs.troubles.iter().map(|trouble| &trouble.subject).collect();
        let mut closed = Vec::new();
        for (subject, open) in &mut self.open {
            if troubled.contains(subject) {
                continue;
            }
            if signs.recovering.contains(subject) {
                open.incident.ended_ms = None;
            } else if open.settle(now, &self.settings) {
                closed.push(subject.clone());
            }
        }
        for subject in closed {
            self.closed.extend(self.open.remove(&subject).map(|open| open.incident));
        }
    }

    /// Troubles that are new: announced once they have lasted.
    fn announce(&mut self, now: u64, elapsed: u64, signs: Signs) {
        let mut seen = BTreeSet::new();
        for trouble in signs.troubles {
            if signs.covered.contains(&trouble.subject) || self.open.contains_key(&trouble.subject)
            {
                continue;
            }
            seen.insert(trouble.subject.clone());
            let pending = self
                .pending
                .entry(trouble.subject.clone())
                .and_modify(|pending| pending.troubled_ms += elapsed)
                .or_insert(Pending {
                    started_ms: trouble.started_ms.unwrap_or(now).min(now),
                    troubled_ms: 0,
                });
            if pending.troubled_ms >= trouble.kind.announce_after_ms() {
                let started_ms = pending.started_ms;
                self.pending.remove(&trouble.subject);
                self.open.insert(trouble.subject.clone(), Open::new(now, started_ms, trouble));
            }
        }
        self.pending.retain(|subject, pending| {
            if !seen.contains(subject) {
                pending.troubled_ms = pending.troubled_ms.saturating_sub(elapsed / 2);
            }
            seen.contains(subject) || pending.troubled_ms > 0
        });
    }
}

impl Incident {
    /// When it last changed.
    #[must_use]
    pub fn updated_ms(&self) -> u64 {
        self.updates.last().map_or(self.announced_ms, |update| update.at_ms)
    }

    /// How long after its measured start it was announced, in milliseconds.
    #[must_use]
    pub const fn announced_late_ms(&self) -> u64 {
        self.announced_ms.saturating_sub(self.started_ms)
    }

    /// How long the trouble lasted, or has lasted at `now`, in milliseconds.
    #[must_use]
    pub fn lasted_ms(&self, now: u64) -> u64 {
        self.ended_ms.unwrap_or(now).saturating_sub(self.started_ms)
    }

    fn write(&mut self, now: u64, status: IncidentStatus, body: String) {
        self.status = status;
        self.written += 1;
        let id = text::stable_id(&["update", &self.id, &self.written.to_string()]);
        self.updates.push(Update { id, status, body, at_ms: now });
        if self.updates.len() > UPDATES_MAX {
            // The first tells how it began; what is dropped is the oldest of the rest.
            self.updates.remove(1);
        }
    }
}

impl Open {
    fn new(now: u64, started_ms: u64, trouble: Trouble) -> Self {
        let subject = format!("{:?}", trouble.subject);
        let mut incident = Incident {
            id: text::stable_id(&["incident", &subject, &started_ms.to_string(), &now.to_string()]),
            name: trouble.name,
            status: IncidentStatus::Investigating,
            impact: trouble.impact,
            started_ms,
            announced_ms: now,
            ended_ms: None,
            monitoring_ms: None,
            resolved_ms: None,
            relapses: 0,
            updates: Vec::new(),
            affected: trouble.affected,
            written: 0,
        };
        incident.write(now, IncidentStatus::Investigating, trouble.evidence);
        Self { incident, kind: trouble.kind, updated_ms: now }
    }

    fn follow(&mut self, now: u64, trouble: &Trouble, settings: &IncidentSettings) {
        let incident = &mut self.incident;
        incident.ended_ms = None;
        incident.affected.extend(trouble.affected.iter().cloned());
        if trouble.impact > incident.impact {
            incident.impact = trouble.impact;
            incident.name.clone_from(&trouble.name);
        }
        let changed = self.kind != trouble.kind;
        if incident.status == IncidentStatus::Monitoring {
            incident.relapses = incident.relapses.saturating_add(1);
            let status = trouble.known_status();
            incident.write(now, status, format!("It is back. {}", trouble.evidence));
        } else if changed && now - self.updated_ms >= UPDATE_EVERY_MS {
            // A cause that was known does not outlive what it explained.
            let status = if trouble.cause.is_some() {
                incident.status
            } else {
                IncidentStatus::Investigating
            };
            incident.write(now, status, trouble.evidence.clone());
        } else if incident.status == IncidentStatus::Investigating
            && now - self.updated_ms >= settings.identify_after.as_millis()
            && let Some(cause) = &trouble.cause
        {
            incident.write(now, IncidentStatus::Identified, cause.clone());
        } else {
            return;
        }
        self.kind = trouble.kind;
        self.updated_ms = now;
    }

    /// One more look without trouble. True once the incident is closed.
    fn settle(&mut self, now: u64, settings: &IncidentSettings) -> bool {
        let incident = &mut self.incident;
        let ended = *incident.ended_ms.get_or_insert(now);
        let clean = now.saturating_sub(ended);
        let patience = settings
            .resolve_after
            .times(1 << incident.relapses.min(16))
            .min(settings.resolve_after_max)
            .as_millis();
        let lasted = text::span(incident.lasted_ms(now));
        if incident.status != IncidentStatus::Monitoring
            && clean >= settings.monitor_after.as_millis()
        {
            incident.monitoring_ms = Some(now);
            let body = format!(
                "Well again since {} UTC, after {lasted}. It is closed after {} without a relapse.",
                text::clock(ended),
                text::span(patience)
            );
            incident.write(now, IncidentStatus::Monitoring, body);
            self.updated_ms = now;
        }
        if incident.status != IncidentStatus::Monitoring || clean < patience {
            return false;
        }
        incident.resolved_ms = Some(now);
        let relapses = match incident.relapses {
            0 => String::new(),
            1 => " It came back once in that time.".to_owned(),
            times => format!(" It came back {times} times in that time."),
        };
        let body = format!(
            "Closed. It lasted {lasted} as measured, and was announced {} after it began.{relapses}",
            text::span(incident.announced_late_ms())
        );
        incident.write(now, IncidentStatus::Resolved, body);
        true
    }
}

#[cfg(test)]
mod tests;
