//! What is measured of the answers that are kept.

use gateway_core::CacheSnapshot;
use runtime::metrics::family::Family;
use runtime::metrics::registry::{Registry, Unit};

use super::{Labels, Level};

/// The cache's metrics, set when they are asked for.
#[derive(Debug, Default)]
pub(super) struct CacheMeters {
    events: Family<Labels<2>, Level>,
    bytes: Family<Labels<1>, Level>,
    entries: Family<Labels<1>, Level>,
}

impl CacheMeters {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "cache_events_since_start",
            "Answers found, missed, shared by calls at the same time, kept, evicted, dropped",
            self.events.clone(),
        );
        registry.register_with_unit(
            "cache",
            "Memory that kept answers take",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register("cache_entries", "Answers kept", self.entries.clone());
    }

    /// Sets what holds for a chain; `shared` counts the calls that another one's request answered.
    pub(super) fn set(&self, chain: &str, cache: &CacheSnapshot, shared: u64) {
        let labels = [("chain", chain.to_owned())];
        self.bytes.get_or_create(&labels).set(cache.bytes as u64);
        self.entries.get_or_create(&labels).set(cache.entries as u64);
        let counts = cache.counts;
        let counters = [
            ("hit", counts.hits),
            ("miss", counts.misses),
            ("shared", shared),
            ("kept", counts.kept),
            ("evicted", counts.evicted),
            ("reorg", counts.departed),
            ("distrusted", counts.distrusted),
        ];
        for (kind, count) in counters {
            let labels = [("chain", chain.to_owned()), ("kind", kind.to_owned())];
            self.events.get_or_create(&labels).set(count);
        }
    }
}
