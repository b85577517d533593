//! The metrics of who is let in.

use admission_core::Class;
use runtime::metrics::family::Family;
use runtime::metrics::histogram::Histogram;
use runtime::metrics::registry::{Registry, Unit};

use super::{Labels, Level, registered};
use crate::admission::{Figures, class_name};

/// Upper ends of waits, in seconds, up to what the longest deadline is.
const BUCKETS: [f64; 13] =
    [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// The metrics of who is let in.
#[derive(Debug)]
pub(super) struct AdmissionMetrics {
    offered: Family<Labels, Level>,
    admitted: Family<Labels, Level>,
    coalesced: Family<Labels, Level>,
    demoted: Family<Labels, Level>,
    shed: Family<Labels, Level>,
    waiting: Family<Labels, Level>,
    delays: Family<Labels, Histogram, fn() -> Histogram>,
    reclassified: Level,
    capacity: Level,
}

impl AdmissionMetrics {
    pub(super) fn new(all: &mut Registry) -> Self {
        let make: fn() -> Histogram = || Histogram::new(BUCKETS);
        let delays = Family::new_with_constructor(make);
        let about = "How long work has waited for its turn";
        let name = "admission_queue_delay";
        all.register_with_unit(name, about, Unit::Seconds, delays.clone());
        let coalesced = "Work that had the answer of the same work, which waited already";
        let demoted = "Work that cuts risk and was above its account's budget";
        let misjudged = "Work that was let in as cutting risk, and did not when its turn came";
        let capacity = "Most orders a second that are taken; zero where nothing holds them back";
        Self {
            offered: registered(all, "admission_offered", "Work that came, by class"),
            admitted: registered(all, "admission_admitted", "Work that was taken, by class"),
            coalesced: registered(all, "admission_coalesced", coalesced),
            demoted: registered(all, "admission_demoted", demoted),
            shed: registered(all, "admission_shed", "Work that was refused, by class and reason"),
            waiting: registered(all, "admission_waiting", "Work that waits, by class"),
            delays,
            reclassified: registered(all, "admission_reclassified", misjudged),
            capacity: registered(all, "admission_capacity_per_second", capacity),
        }
    }

    pub(super) fn waits(&self) -> Vec<Histogram> {
        let of = |class| vec![("class", class_name(class).to_owned())];
        Class::ALL.into_iter().map(|class| self.delays.get_or_create_owned(&of(class))).collect()
    }

    pub(super) fn set(&self, figures: &Figures) {
        for class in &figures.classes {
            let labels = vec![("class", class.class.to_owned())];
            self.offered.get_or_create(&labels).set(class.offered);
            self.admitted.get_or_create(&labels).set(class.admitted);
            self.coalesced.get_or_create(&labels).set(class.coalesced);
            self.demoted.get_or_create(&labels).set(class.demoted);
            self.waiting.get_or_create(&labels).set(class.waiting);
            for (reason, number) in [
                ("full", class.shed_full),
                ("overload", class.shed_overload),
                ("late", class.shed_late),
            ] {
                let reason = ("reason", reason.to_owned());
                let labels = vec![("class", class.class.to_owned()), reason];
                self.shed.get_or_create(&labels).set(number);
            }
        }
        self.reclassified.set(figures.reclassified);
        self.capacity.set(figures.capacity_per_second.map_or(0, u64::from));
    }
}
