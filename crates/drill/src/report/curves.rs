//! The curves of a drill, with the defences off and on over each other.

use incident::Series;
use maud::{Markup, html};

use super::bars::{Bar, Group, figure};
use super::plot::{Chart, Line, plot};
use super::words;
use crate::drilled::Drilled;

/// Most charts of a drill; a mechanism names its most telling curves first.
const CHARTS_MAX: usize = 8;

/// Most points of a curve over something else than time that are drawn one by one, as bars: so few were each tried.
const TRIED_MAX: usize = 12;

/// The charts of a drill, or nothing where its runs have no curves.
pub(super) fn curves(drilled: &Drilled) -> Markup {
    let series = ids(drilled);
    html! {
        @if !series.is_empty() {
            h3 { "How it went" }
            div .charts { @for id in series.iter().take(CHARTS_MAX) { (chart(drilled, id)) } }
        }
    }
}

/// The ids of all curves, in the order in which the runs have them.
pub(super) fn ids(drilled: &Drilled) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for case in ["off", "on"] {
        for series in drilled.outcome(case).into_iter().flat_map(|outcome| &outcome.series) {
            let is_flat = |case| is_flat(self::series(drilled, case, &series.id));
            // What stays as it is with and without the defence has nothing to show.
            if (is_flat("off") && is_flat("on")) || series.points.len() < 2 {
                continue;
            }
            if !ids.contains(&series.id.as_str()) {
                ids.push(&series.id);
            }
        }
    }
    ids
}

/// Whether a curve never moves, or is not there.
fn is_flat(series: Option<&Series>) -> bool {
    let mut points = series.into_iter().flat_map(|series| &series.points);
    let first = points.next();
    first.is_none_or(|first| points.all(|point| point.1 == first.1))
}

/// The curve of a case.
pub(super) fn series<'a>(drilled: &'a Drilled, case: &str, id: &str) -> Option<&'a Series> {
    drilled.outcome(case)?.series.iter().find(|series| series.id == id)
}

/// One curve, off and on.
pub(super) fn chart(drilled: &Drilled, id: &str) -> Markup {
    let (off, on) = (series(drilled, "off", id), series(drilled, "on", id));
    let Some(named) = off.or(on) else { return html! {} };
    if named.across.is_some() && named.points.len() <= TRIED_MAX {
        return tried(named, off, on);
    }
    let across = named.across.as_ref();
    let unit = &named.unit;
    let same = off.zip(on).is_some_and(|(off, on)| off.points == on.points);
    if same {
        let line = Line { class: "world", name: "the same in both", points: &named.points };
        let title = format!("{} (the same in both)", named.name);
        return plot(Chart { title: &title, unit, across }, &[line]);
    }
    let lines: Vec<Line<'_>> = [("off", "defence off", off), ("on", "defence on", on)]
        .into_iter()
        .filter_map(|(class, name, series)| Some(Line { class, name, points: &series?.points }))
        .collect();
    plot(Chart { title: &named.name, unit, across }, &lines)
}

/// A curve of few points, each of which is a run of its own: bars, off and on.
fn tried(named: &Series, off: Option<&Series>, on: Option<&Series>) -> Markup {
    let Some(across) = &named.across else { return html! {} };
    let bar = |(who, class, series): (&'static str, &'static str, Option<&Series>), at: f64| {
        let value = series?.points.iter().find(|point| point.0 == at)?.1;
        Some(Bar { who, class, value, shown: words::axis(value, &named.unit) })
    };
    let group = |at: f64| Group {
        name: format!("{} {}", words::axis(at, &across.unit), across.unit).trim().to_owned(),
        about: String::new(),
        bars: [("off", "off-bar", off), ("on", "on-bar", on)]
            .into_iter()
            .filter_map(|one| bar(one, at))
            .collect(),
    };
    let groups: Vec<Group> = named.points.iter().map(|point| group(point.0)).collect();
    figure(&named.name, &format!("{}, by: {}", named.unit, across.name), &groups, "")
}
