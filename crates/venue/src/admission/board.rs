//! What is known of the lanes, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admission_core::{Class, LaneCounts, PerClass};
use runtime::metrics::histogram::Histogram;
use serde::Serialize;
use units::{Span, Timestamp};

use super::delays::{Delay, Delays};

/// The name of a class, as it is told: by what it does.
pub(crate) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::First => "reduce",
        Class::Second => "liquidate",
        Class::Third => "new_risk",
        Class::Fourth => "query",
    }
}

/// How a class stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ClassFigures {
    /// Its name.
    pub class: &'static str,
    /// Whether it is let in now; what cuts risk always is.
    pub open: bool,
    /// How many wait now.
    pub waiting: u64,
    /// What came since the start.
    pub offered: u64,
    /// What asked for the same as something that waited already, and had its answer.
    pub coalesced: u64,
    /// What was above its account's budget, and waited with new risk.
    pub demoted: u64,
    /// What was taken.
    pub admitted: u64,
    /// What was refused since as many waited as may.
    pub shed_full: u64,
    /// What was refused since all have waited for too long.
    pub shed_overload: u64,
    /// What was refused since its time was over.
    pub shed_late: u64,
    /// How long those waited that were taken, lately.
    pub delay: Delay,
}

/// What is known of the lanes.
#[derive(Debug, Default)]
pub(crate) struct Board {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: PerClass<LaneCounts>,
    delays: PerClass<Delays>,
    /// Where waits are recorded for metrics, by class; nowhere until there are any.
    waits: Vec<Histogram>,
    /// When new risk was refused last.
    refused_at: Option<Timestamp>,
    misjudged: u64,
}

/// For how long after a refusal the lane of new risk counts as closed.
const CLOSED: Span = Span::from_secs(1);

impl State {
    fn is_overloaded(&self, now: Timestamp) -> bool {
        self.refused_at.is_some_and(|at| now.since(at) < CLOSED)
    }
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over how the lanes stand. What does not go through them is counted here.
    pub(super) fn set(&self, counts: &PerClass<LaneCounts>, now: Timestamp) {
        let mut state = self.state();
        let refused = |counts: &LaneCounts| counts.shed_full.saturating_add(counts.shed_late);
        if refused(&counts.third) > refused(&state.counts.third) {
            state.refused_at = Some(now);
        }
        state.counts.first = counts.first;
        state.counts.third = counts.third;
    }

    /// Work was taken that has waited so long.
    pub(super) fn taken(&self, class: Class, now: Timestamp, waited: Span) {
        let mut state = self.state();
        state.delays.get_mut(class).add(now, waited);
        let place = Class::ALL.into_iter().position(|one| one == class);
        if let Some(waits) = place.and_then(|place| state.waits.get(place)) {
            waits.observe(Duration::from_nanos(waited.as_nanos()).as_secs_f64());
        }
        if matches!(class, Class::Second | Class::Fourth) {
            let counts = state.counts.get_mut(class);
            counts.offered = counts.offered.saturating_add(1);
            counts.served = counts.served.saturating_add(1);
        }
    }

    /// Work did not do what it was let in for.
    pub(super) fn misjudged(&self) {
        let mut state = self.state();
        state.misjudged = state.misjudged.saturating_add(1);
    }

    /// Whether new risk is being refused.
    pub(crate) fn is_overloaded(&self, now: Timestamp) -> bool {
        self.state().is_overloaded(now)
    }

    /// How often work was let in as cutting risk and did not when its turn came.
    pub(crate) fn reclassified(&self) -> u64 {
        self.state().misjudged
    }

    /// How the classes stand, most important first.
    pub(crate) fn figures(&self, now: Timestamp) -> [ClassFigures; Class::ALL.len()] {
        let mut state = self.state();
        let (overloaded, misjudged) = (state.is_overloaded(now), state.misjudged);
        Class::ALL.map(|class| {
            let counts = *state.counts.get(class);
            let gone = counts.joined.saturating_add(counts.served).saturating_add(counts.shed());
            let misjudged = if class == Class::First { misjudged } else { 0 };
            ClassFigures {
                class: class_name(class),
                open: class != Class::Third || !overloaded,
                waiting: counts.offered.saturating_sub(gone.saturating_add(counts.left)),
                offered: counts.offered,
                coalesced: counts.joined,
                demoted: counts.demoted,
                admitted: counts.served.saturating_sub(misjudged),
                shed_full: counts.shed_full,
                shed_overload: counts.shed_late,
                shed_late: counts.shed_deadline,
                delay: state.delays.get_mut(class).told(now),
            }
        })
    }

    /// Has waits recorded by class from now on, most important first.
    pub(crate) fn record(&self, waits: Vec<Histogram>) {
        self.state().waits = waits;
    }
}

/// Shared by those who write on it and those who read it.
pub(crate) type SharedBoard = Arc<Board>;
