//! What came of a drill.

use incident::{Bounds, Case, Expectation, Incident, Metric, Outcome, Role, Verdict};

use crate::request::Form;
use crate::spread::AtRisk;

/// A drill that was run.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// Its name, with the profile's.
    pub name: String,
    /// The incident.
    pub incident: Incident,
    /// What simulated it, and what that leaves out.
    pub about: String,
    /// What chance was drawn from.
    pub seed: u64,
    /// Its long form, or the short one.
    pub form: Form,
    /// Whether the same seed gives the same bytes.
    pub is_deterministic: bool,
    /// Whether it only shows public figures, so that there is nothing to compare.
    pub is_only_data: bool,
    /// Its runs, in order.
    pub ran: Vec<Ran>,
    /// What was expected of them, in this form.
    pub expectation: Expectation,
    /// What was not as expected, a sentence each; nothing where everything was.
    pub broken: Vec<String>,
    /// What it stands to lose over many seeds, where that was asked for.
    pub risk: Option<AtRisk>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What was run.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a defence or remedy is judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged<'a> {
    /// The metric: less is better.
    pub metric: &'a Metric,
    /// Its figure without what is tried.
    pub without: f64,
    /// Its figure with it.
    pub with: f64,
}

impl Judged<'_> {
    /// What that says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.with, self.without)
    }
}

impl Drilled {
    /// The outcome of a case, by its id.
    #[must_use]
    pub fn outcome(&self, case: &str) -> Option<&Outcome> {
        self.ran.iter().find(|ran| ran.case.id == case).map(|ran| &ran.outcome)
    }

    /// Whether it is another version of an incident's day.
    #[must_use]
    pub fn is_version(&self) -> bool {
        self.name != self.incident.id
    }

    /// What it is called, with the version.
    #[must_use]
    pub fn title(&self) -> String {
        let version = self.name.strip_prefix(&self.incident.id).and_then(|it| it.strip_prefix('-'));
        let mut profiles = self.incident.profiles.iter();
        let profile = profiles.find(|profile| Some(profile.id.as_str()) == version);
        match profile {
            Some(profile) => format!("{}: {}", self.incident.title, profile.name),
            None => self.incident.title.clone(),
        }
    }

    /// What a figure of a case was held to, if to anything.
    #[must_use]
    pub fn expected(&self, case: &str, metric: &str) -> Option<Bounds> {
        self.expectation.bounds.get(case)?.get(metric).copied()
    }

    /// Whether everything was as expected: the crisis happens without the defence, and does not with it.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// What a case turned out to do to the damage, beside the run that it differs from; none of the runs that stand for
    /// themselves, and where a figure is missing.
    #[must_use]
    pub fn verdict(&self, case: &Case) -> Option<Verdict> {
        self.judged(case).map(|judged| judged.verdict())
    }

    /// The damage with what a case tries and without it.
    #[must_use]
    pub fn judged(&self, case: &Case) -> Option<Judged<'_>> {
        let incident = &self.incident;
        let (by, without, with) = match &case.role {
            Role::On => (None, "off", case.id.as_str()),
            Role::Off | Role::Target => return None,
            Role::Without(id) => {
                let defence = incident.defences.iter().find(|defence| defence.id == *id)?;
                (defence.by.as_ref(), case.id.as_str(), "on")
            }
            Role::Remedy(id) => {
                let remedy = incident.remedies.iter().find(|remedy| remedy.id == *id)?;
                let beside = if remedy.defences_on { "on" } else { "off" };
                (remedy.by.as_ref(), beside, case.id.as_str())
            }
        };
        let metric = incident.metrics.iter().find(|it| by.is_none_or(|by| it.id == *by))?;
        let of = |case: &str| self.outcome(case)?.get(&metric.id);
        Some(Judged { metric, without: of(without)?, with: of(with)? })
    }
}
