//! The metrics of who is let in.

use admission_core::{Class, ShedReason};
use gateway_core::ChainSnapshot;
use runtime::metrics::family::Family;
use runtime::metrics::histogram::Histogram;
use runtime::metrics::registry::{Registry, Unit};

use super::{BUCKETS, Labels, Level};
use crate::gate::{AdmissionSnapshot, class_name};

/// The metrics of who is let in.
#[derive(Debug)]
pub(super) struct AdmissionMetrics {
    places: Family<Labels<1>, Level>,
    taken: Family<Labels<1>, Level>,
    waiting: Family<Labels<2>, Level>,
    offered: Family<Labels<2>, Level>,
    admitted: Family<Labels<2>, Level>,
    shed: Family<Labels<3>, Level>,
    delays: Family<Labels<2>, Histogram, fn() -> Histogram>,
    limit: Family<Labels<2>, Level>,
}

impl AdmissionMetrics {
    pub(super) fn new() -> Self {
        let delays: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self {
            places: Family::default(),
            taken: Family::default(),
            waiting: Family::default(),
            offered: Family::default(),
            admitted: Family::default(),
            shed: Family::default(),
            delays: Family::new_with_constructor(delays),
            limit: Family::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let places = "Calls that may be under way to upstreams";
        registry.register("admission_places", places, self.places.clone());
        let taken = "Calls that were let in and are not over";
        registry.register("admission_places_taken", taken, self.taken.clone());
        let waiting = "Calls that wait to be let in";
        registry.register("admission_queue_depth", waiting, self.waiting.clone());
        let offered = "Calls that asked to be let in";
        registry.register("admission_offered_since_start", offered, self.offered.clone());
        let admitted = "Calls that were let in";
        registry.register("admission_admitted_since_start", admitted, self.admitted.clone());
        let shed = "Calls that were sent away, by why";
        registry.register("admission_shed_since_start", shed, self.shed.clone());
        let delays = "How long calls waited that were let in later";
        registry.register_with_unit(
            "admission_queue_delay",
            delays,
            Unit::Seconds,
            self.delays.clone(),
        );
        let limit = "Calls that may be under way to the upstream";
        registry.register("admission_upstream_limit", limit, self.limit.clone());
    }

    /// Where a chain's waits are recorded, by importance.
    pub(super) fn queue_delays(&self, chain: &str) -> [Histogram; Class::ALL.len()] {
        Class::ALL.map(|class| {
            let labels = [("chain", chain.to_owned()), ("class", class_name(class).to_owned())];
            self.delays.get_or_create_owned(&labels)
        })
    }

    pub(super) fn set(&self, chain: &str, admission: &AdmissionSnapshot) {
        let of_chain = ("chain", chain.to_owned());
        let labels = [of_chain.clone()];
        self.places.get_or_create(&labels).set(u64::from(admission.places));
        self.taken.get_or_create(&labels).set(u64::from(admission.taken));
        for class in &admission.classes {
            let of_class = ("class", class.name.to_owned());
            let labels = [of_chain.clone(), of_class.clone()];
            self.waiting.get_or_create(&labels).set(class.waiting as u64);
            self.offered.get_or_create(&labels).set(class.counts.offered);
            self.admitted.get_or_create(&labels).set(class.counts.admitted);
            for reason in ShedReason::ALL {
                let why = ("reason", reason.name().to_owned());
                let labels = [of_chain.clone(), of_class.clone(), why];
                self.shed.get_or_create(&labels).set(class.counts.shed_for(reason));
            }
        }
    }

    pub(super) fn set_limits(&self, chain: &str, snapshot: &ChainSnapshot) {
        for upstream in &snapshot.upstreams {
            let labels = [("chain", chain.to_owned()), ("upstream", upstream.name.clone())];
            let limit = upstream.room.map_or(0, u64::from);
            self.limit.get_or_create(&labels).set(limit);
        }
    }
}
