//! The oracle's metrics, set when they are asked for. Names and labels are listed in ARCHITECTURE.md.

mod levels;

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use oracle_core::{Cause, RateStanding, Status};
use runtime::metrics::float;
use runtime::metrics::gauge::Gauge;
use runtime::metrics::registry::Registry;
use units::{Span, Timestamp};

use super::past::Past;
use super::shown::{STATUSES, Shown};
use crate::published::{ConnectionView, FeedView, Published};
use levels::{Levels, label, seconds};

/// All metrics of the oracle.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    tick_age: Gauge<f64, AtomicU64>,
    streams: Gauge<u64, AtomicU64>,
    levels: Levels,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let (levels, tick_age, streams) = (Levels::default(), Gauge::default(), Gauge::default());
        let mut registry = Registry::with_prefix("seawall_oracle");
        let of_tick = "Time since prices were last worked out";
        registry.register("tick_age_seconds", of_tick, tick_age.clone());
        registry.register("streams", "Readers of streams", streams.clone());
        levels.register(&mut registry);
        Self { registry: Mutex::new(registry), tick_age, streams, levels }
    }

    /// The metrics as text, as of a moment.
    pub(crate) fn render(
        &self,
        published: &Published,
        past: &Past,
        streams: usize,
        now: Timestamp,
    ) -> String {
        // Held from here on, so that of two who ask at once neither sees the other's half-set gauges.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not there any more, above all an old price, must not pass for a new one.
        self.levels.clear();
        let streams = u64::try_from(streams).unwrap_or(u64::MAX);
        self.streams.set(streams);
        self.tick_age.set(seconds(now.since(published.at.now)));
        for view in &published.feeds {
            self.set_feed(published, view, past, now);
            self.set_sources(published, view, past, now);
        }
        published.connections.iter().for_each(|connection| self.set_connection(connection));
        for chain in &published.chains {
            let labels = [label("chain", &chain.name)];
            let failures =
                chain.readers.iter().map(|reader| reader.failures).fold(0, u64::saturating_add);
            self.levels.chain_failures.get_or_create(&labels).set(failures);
        }
        runtime::metrics::render(&registry)
    }

    fn set_feed(&self, published: &Published, view: &FeedView, past: &Past, now: Timestamp) {
        let (levels, feed) = (&self.levels, label("feed", &view.symbol));
        let shown = Shown::of(view, now);
        for (status, lasted) in STATUSES.into_iter().zip(past.lasted(view.id.place())) {
            let labels = [feed.clone(), label("status", status.name())];
            levels.status.get_or_create(&labels).set(u64::from(status == shown.status));
            levels.status_seconds.get_or_create(&labels).set(seconds(lasted));
        }
        let lanes = [
            ("market", shown.market),
            ("fundamental", shown.fundamental),
            ("liquidation", shown.liquidation),
        ];
        for (lane, price) in lanes {
            if let Some(price) = price {
                let labels = [feed.clone(), label("lane", lane)];
                levels.price.get_or_create(&labels).set(float(price));
            }
        }
        let one = [feed.clone()];
        if let Some(age) = shown.age {
            levels.age.get_or_create(&one).set(seconds(age));
        }
        let part = shown.confidence.zip(shown.market);
        let part = part.and_then(|(error, market)| error.over(market, units::Rounding::Up));
        if let Some(part) = part {
            levels.confidence.get_or_create(&one).set(float(part));
        }
        let (used, quorum) = view.tick.groups;
        levels.groups_used.get_or_create(&one).set(used as u64);
        levels.groups_quorum.get_or_create(&one).set(quorum as u64);
        if let Some(divergence) = view.tick.divergence.filter(|_| shown.has_price()) {
            levels.divergence.get_or_create(&one).set(float(divergence) * 10_000.0);
        }
        let capped =
            matches!(view.rate, Some(RateStanding::Above { .. } | RateStanding::Below { .. }));
        if view.rate.is_some() {
            levels.rate_capped.get_or_create(&one).set(u64::from(capped));
        }
        let behind = view.tick.causes.iter().find_map(|cause| {
            let Cause::OwnClock { behind_ms } = cause else { return None };
            Some(Span::from_millis(behind_ms.unsigned_abs()))
        });
        levels.clock_off.get_or_create(&one).set(seconds(behind.unwrap_or(Span::ZERO)));
        self.set_cost(published, view, shown.status);
    }

    fn set_cost(&self, published: &Published, view: &FeedView, status: Status) {
        if matches!(status, Status::Halted | Status::Split) {
            return;
        }
        for (direction, cost) in ["down", "up"].into_iter().zip(&view.cost) {
            let Some(cost) = cost else { continue };
            let labels = [label("feed", &view.symbol), label("direction", direction)];
            self.levels.cost.get_or_create(&labels).set(float(cost.at_least));
            self.levels.cost_unseen.get_or_create(&labels).set(cost.unseen.len() as u64);
        }
        for report in &view.tick.sources {
            let Some(settings) = published.plan.source_settings(report.source) else { continue };
            let labels = [label("feed", &view.symbol), label("group", &settings.group)];
            let weight = self.levels.group_weight.get_or_create(&labels);
            weight.inc_by(float(report.weight));
        }
    }

    fn set_sources(&self, published: &Published, view: &FeedView, past: &Past, now: Timestamp) {
        let (levels, feed) = (&self.levels, label("feed", &view.symbol));
        let name = |source| {
            let settings = published.plan.source_settings(source);
            label("source", settings.map_or("", |settings| &settings.name))
        };
        let since = now.since(view.tick.at.now);
        for report in &view.tick.sources {
            let labels = [feed.clone(), name(report.source)];
            levels.source_used.get_or_create(&labels).set(u64::from(report.refusal.is_none()));
            if let Some(heard) = report.heard {
                levels.source_heard.get_or_create(&labels).set(seconds(heard.plus(since)));
            }
            if let Some(refusal) = report.refusal {
                let [feed, source] = labels;
                let labels = [feed, source, label("reason", refusal.name())];
                levels.source_refused.get_or_create(&labels).set(1);
            }
            let quote = published.plan.quote(report.source);
            let quote = quote.and_then(|quote| published.feeds.get(quote.place()));
            if let Some(quote) = quote
                && let Some(age) = Shown::of(quote, now).age
            {
                let labels = [feed.clone(), label("quote", &quote.symbol)];
                levels.conversion_age.get_or_create(&labels).set(seconds(age));
            }
        }
        for ((source, refusal), count) in past.refused(view.id.place()) {
            let labels = [feed.clone(), name(source), label("reason", refusal.name())];
            levels.refusals.get_or_create(&labels).set(count);
        }
    }

    fn set_connection(&self, connection: &ConnectionView) {
        let (levels, labels) = (&self.levels, [label("connection", &connection.name)]);
        // What is only asked is never open, which is nothing to be alarmed at.
        if connection.streams {
            levels.open.get_or_create(&labels).set(u64::from(connection.open_since.is_some()));
        }
        let counts = [
            ("frames", connection.frames),
            ("bytes", connection.bytes),
            ("quotes", connection.quotes),
            ("trades", connection.trades),
            ("gaps", connection.gaps),
            ("opened", connection.opened),
            ("closed", connection.closed),
            ("rest_answered", connection.rest[0]),
            ("rest_failed", connection.rest[1]),
        ];
        for (what, count) in counts {
            let labels = [labels[0].clone(), label("what", what)];
            levels.connection.get_or_create(&labels).set(count);
        }
        for (kind, count) in &connection.odd {
            let labels = [labels[0].clone(), label("kind", kind)];
            levels.odd.get_or_create(&labels).set(*count);
        }
    }
}
