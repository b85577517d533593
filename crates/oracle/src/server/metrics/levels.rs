//! The gauges, and their names.

use std::sync::atomic::AtomicU64;

use runtime::metrics::family::Family;
use runtime::metrics::gauge::Gauge;
use runtime::metrics::registry::Registry;
use units::Span;

/// So many labels, as pairs of name and value.
type Labels<const N: usize> = [(&'static str, String); N];

/// A count.
type Level<const N: usize> = Family<Labels<N>, Gauge<u64, AtomicU64>>;

/// A number with a fraction.
type Fraction<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;

/// A label.
pub(super) fn label(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

/// A span in seconds.
pub(super) fn seconds(span: Span) -> f64 {
    std::time::Duration::from_nanos(span.as_nanos()).as_secs_f64()
}

macro_rules! levels {
    ($($name:ident: $kind:ident<$labels:literal>, $metric:literal, $help:literal;)*) => {
        /// All gauges.
        #[derive(Debug, Default)]
        pub(super) struct Levels {
            $(pub(super) $name: $kind<$labels>,)*
        }

        impl Levels {
            pub(super) fn register(&self, registry: &mut Registry) {
                $(registry.register($metric, $help, self.$name.clone());)*
            }

            /// Forgets all values and labels.
            pub(super) fn clear(&self) {
                $(self.$name.clear();)*
            }
        }
    };
}

levels! {
    status: Level<2>, "status", "1 for the status that the feed is in";
    status_seconds: Fraction<2>, "status_seconds_since_start", "How long the feed was in each status";
    price: Fraction<2>, "price", "The price of each lane; absent where there is none";
    age: Fraction<1>, "age_seconds", "Age of the market price, or of the statement that there is none";
    confidence: Fraction<1>, "confidence_ratio", "One standard error as a part of the market price";
    groups_used: Level<1>, "groups_used", "Independent sources that are used";
    groups_quorum: Level<1>, "groups_quorum", "Independent sources that make the feed live";
    group_weight: Fraction<2>, "group_weight", "Share of each group in the price, after the cap";
    divergence: Fraction<1>, "divergence_bps", "Market from fundamental price, below zero where it is lower";
    rate_capped: Level<1>, "rate_capped", "1 while the exchange rate is held at a bound";
    clock_off: Fraction<1>, "clock_off_seconds", "How far all sources' clocks are from ours; 0 where they are not";
    cost: Fraction<2>, "cost_to_move", "At least so much money moves the price by 1 %";
    cost_unseen: Level<2>, "cost_to_move_unseen_groups", "Groups of these whose book is not seen";
    conversion_age: Fraction<2>, "conversion_age_seconds", "Age of the price that sources are converted with";
    source_used: Level<2>, "source_used", "1 where the source is used";
    source_heard: Fraction<2>, "source_heard_seconds", "Time since anything came from the source's connection";
    source_refused: Level<3>, "source_refused", "1 for the reason that the source is refused for";
    refusals: Level<3>, "source_refusals_since_start", "How often the source came to be refused";
    open: Level<1>, "connection_open", "1 while the connection is open";
    connection: Level<2>, "connection_events_since_start", "What the connection brought, and became of it";
    odd: Level<2>, "odd_frames_since_start", "What could not be read, by kind";
    chain_failures: Level<1>, "chain_failures_since_start", "How often reading the chain failed";
}
