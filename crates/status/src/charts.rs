//! Small charts as SVG made here, so that they show without JavaScript.
//!
//! Colours come from classes in the style sheet, never from attributes, so that they follow light and
//! dark. Bars of one colour are one path: a chart costs a few hundred bytes.

mod venue;

use std::fmt::Write;

use maud::{Markup, html};

use crate::component::Severity;
use crate::history::{Bucket, CallHistory, ComponentHistory, DAYS, MINUTES, SAMPLE_MS, SAMPLES};
use crate::text::{self, DAY_MS};

pub(crate) use venue::{depth, fund, least_fund, taped, work};

/// Blocks shown in a progress strip; the last is the agreed head.
const PROGRESS_BLOCKS: u64 = 12;

/// Heights of the charts in their own units.
const LATENCY_HEIGHT: u64 = 22;
const CALLS_HEIGHT: u64 = 40;

/// Bars of one colour.
#[derive(Default)]
struct Bars(String);

impl Bars {
    fn add(&mut self, x: u64, y: u64, width: u64, height: u64) {
        // Writing to a String cannot fail; nothing is drawn if it ever did.
        if write!(self.0, "M{x} {y}h{width}v{height}h-{width}z").is_err() {
            self.0.clear();
        }
    }

    fn path(&self, class: &str) -> Markup {
        html! { @if !self.0.is_empty() { path class=(class) d=(self.0) {} } }
    }
}

/// One bar a day over the last 90 days; days that were not watched are pale.
pub(crate) fn days(history: &ComponentHistory, now_ms: u64) -> Markup {
    let (count, today) = (u64::try_from(DAYS).unwrap_or_default(), now_ms / DAY_MS);
    let first = (today + 1).saturating_sub(count);
    let mut unwatched = Bars::default();
    for day in first..=today {
        if find(history, day).is_none_or(|bucket| bucket.watched_ms() == 0) {
            unwatched.add((day - first) * 5, 0, 4, 28);
        }
    }
    let watched: Vec<(u64, &Bucket, Severity)> = history
        .days
        .iter()
        .filter_map(|bucket| {
            Some((bucket.index.checked_sub(first)? * 5, bucket, bucket.worst()?.severity()))
        })
        .collect();
    html! {
        svg .days viewBox="0 0 449 28" preserveAspectRatio="none" role="img"
            aria-label=(format!("Uptime of the last {count} days; {} of them watched", watched.len())) {
            (unwatched.path("none"))
            @for (x, bucket, severity) in &watched {
                rect class=(severity.class()) x=(x) y="0" width="4" height="28" {
                    title { (text::date(bucket.index * DAY_MS)) ": answering " (share(bucket)) }
                }
            }
        }
    }
}

/// The share of the watched time in which it answered, over all days that are remembered.
pub(crate) fn availability(history: &ComponentHistory) -> Option<(String, u64)> {
    let watched: u64 = history.days.iter().map(Bucket::watched_ms).sum();
    let answering: u64 = history.days.iter().map(Bucket::answering_ms).sum();
    (watched > 0).then(|| (text::percent(answering, watched), watched))
}

/// One bar a minute over the last hour.
pub(crate) fn minutes(history: &ComponentHistory, now_ms: u64) -> Markup {
    let (count, this) = (u64::try_from(MINUTES).unwrap_or_default(), now_ms / 60_000);
    let first = (this + 1).saturating_sub(count);
    let mut colours = [Severity::Good, Severity::Minor, Severity::Major, Severity::Critical]
        .map(|severity| (severity, Bars::default(), 0_u64));
    let mut unwatched = Bars::default();
    for minute in first..=this {
        let x = minute - first;
        let worst =
            history.minutes.iter().find(|bucket| bucket.index == minute).and_then(Bucket::worst);
        match worst.and_then(|worst| {
            colours.iter_mut().find(|(severity, ..)| *severity == worst.severity())
        }) {
            Some((_, bars, number)) => {
                bars.add(x, 0, 1, 1);
                *number += 1;
            }
            None => unwatched.add(x, 0, 1, 1),
        }
    }
    let [(_, _, good), (_, _, minor), (_, _, major), (_, _, critical)] = &colours;
    let label =
        format!("Last hour: {good} min well, {minor} degraded, {major} partly out, {critical} out");
    html! {
        svg .minutes viewBox="0 0 60 1" shape-rendering="crispEdges" preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            (unwatched.path("none"))
            @for (severity, bars, _) in &colours { (bars.path(severity.class())) }
        }
    }
}

/// Latency over the last five minutes. All upstreams of a chain share `slowest_us` as their scale, and
/// height goes with the square root, so that one slow upstream does not flatten the rest to nothing.
pub(crate) fn sparkline(history: &ComponentHistory, now_ms: u64, slowest_us: u64) -> Markup {
    let first = (now_ms / SAMPLE_MS + 1).saturating_sub(u64::try_from(SAMPLES).unwrap_or_default());
    let full = slowest_us.isqrt().max(1);
    let (mut base, mut bars) = (Bars::default(), Bars::default());
    base.add(0, LATENCY_HEIGHT - 1, 60, 1);
    for (index, latency_us) in &history.latency {
        let Some(sample) = index.checked_sub(first) else { continue };
        let height = (latency_us.isqrt() * LATENCY_HEIGHT).div_ceil(full).clamp(1, LATENCY_HEIGHT);
        bars.add(sample, LATENCY_HEIGHT - height, 1, height);
    }
    let slowest = history.latency.iter().map(|(_, latency_us)| *latency_us).max();
    let label = slowest.map_or_else(
        || "No answer in the last five minutes".to_owned(),
        |slowest| format!("Latency over the last five minutes, at most {}", text::latency(slowest)),
    );
    html! {
        svg .sparkline viewBox=(format!("0 0 60 {LATENCY_HEIGHT}")) shape-rendering="crispEdges" preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            (base.path("none"))
            (bars.path("latency"))
        }
    }
}

/// The slowest latency that any of `histories` remembers, for a common scale; at least a millisecond.
pub(crate) fn slowest<'a>(histories: impl Iterator<Item = &'a ComponentHistory>) -> u64 {
    histories
        .flat_map(|history| history.latency.iter().map(|(_, latency_us)| *latency_us))
        .max()
        .unwrap_or(0)
        .max(1_000)
}

/// Calls over the last five minutes, those that failed at the bottom in another colour.
pub(crate) fn calls(history: &CallHistory, now_ms: u64) -> Markup {
    let first = (now_ms / SAMPLE_MS + 1).saturating_sub(u64::try_from(SAMPLES).unwrap_or_default());
    let most = history.samples.iter().map(|sample| sample.total).max().unwrap_or(0).max(1);
    let (mut base, mut answered, mut failed) = (Bars::default(), Bars::default(), Bars::default());
    base.add(0, CALLS_HEIGHT - 1, 299, 1);
    for sample in &history.samples {
        let Some(x) = sample.index.checked_sub(first).map(|samples| samples * 5) else { continue };
        let height = (sample.total * CALLS_HEIGHT).div_ceil(most);
        let red = (sample.failed * CALLS_HEIGHT).div_ceil(most).min(height);
        if height > red {
            answered.add(x, CALLS_HEIGHT - height, 4, height - red);
        }
        if red > 0 {
            failed.add(x, CALLS_HEIGHT - red, 4, red);
        }
    }
    let (total, bad) = history.recent();
    let label = format!("Calls of the last five minutes: {total}, of which {bad} failed");
    html! {
        svg .calls viewBox=(format!("0 0 299 {CALLS_HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            (base.path("none"))
            (answered.path("answered"))
            (failed.path("critical"))
        }
    }
}

/// How far an upstream's head has come: one cell a block up to the agreed head, the reached ones filled.
pub(crate) fn progress(own: Option<u64>, agreed: Option<u64>, severity: Severity) -> Markup {
    let (mut reached, mut missing) = (Bars::default(), Bars::default());
    let first = agreed.map_or(0, |agreed| (agreed + 1).saturating_sub(PROGRESS_BLOCKS));
    for cell in 0..PROGRESS_BLOCKS {
        let is_reached = agreed.is_some() && own.is_some_and(|own| own >= first + cell);
        let bars = if is_reached { &mut reached } else { &mut missing };
        bars.add(cell * 9, 0, 7, 7);
    }
    html! {
        svg .progress viewBox="0 0 106 7" aria-hidden="true" {
            (missing.path("none"))
            (reached.path(severity.class()))
        }
    }
}

fn find(history: &ComponentHistory, day: u64) -> Option<&Bucket> {
    history.days.iter().find(|bucket| bucket.index == day)
}

fn share(bucket: &Bucket) -> String {
    let part = text::percent(bucket.answering_ms(), bucket.watched_ms());
    format!("{part} of {} watched", text::span(bucket.watched_ms()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_upstream_is_seen_to_stay_behind() {
        let cells = |own| {
            let svg = progress(own, Some(100), Severity::Minor).into_string();
            let count = |class: &str| {
                let after =
                    svg.split(&format!("class=\"{class}\" d=\"")).nth(1).unwrap_or_default();
                after.split('"').next().unwrap_or_default().matches('M').count()
            };
            (count("minor"), count("none"))
        };
        assert_eq!(cells(Some(100)), (12, 0));
        assert_eq!(cells(Some(107)), (12, 0));
        assert_eq!(cells(Some(95)), (7, 5));
        assert_eq!(cells(Some(10)), (0, 12));
        assert_eq!(cells(None), (0, 12));
    }
}
