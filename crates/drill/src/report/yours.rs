//! A gateway of the user's own beside ours, in a drill that was run against one.

use incident::{Metric, Outcome, Role};
use maud::{Markup, html};

use super::damage::length;
use crate::drilled::Drilled;

fn outcome(drilled: &Drilled) -> Option<&Outcome> {
    let ran = drilled.ran.iter().find(|ran| ran.case.role == Role::Target);
    ran.map(|ran| &ran.outcome)
}

/// A figure of it, where the drill was run against one that it could be measured of.
pub(super) fn figure(drilled: &Drilled, metric: &Metric) -> Option<f64> {
    outcome(drilled)?.get(&metric.id)
}

/// The bar of its damage, on the scale whose whole is `most`.
pub(super) fn bar(drilled: &Drilled, metric: &Metric, most: f64) -> Markup {
    html! {
        @if let Some(damage) = figure(drilled, metric) {
            div {
                p { "yours" }
                svg aria-hidden="true" { rect .none width="100%" height="100%" {} rect .off-bar width=(length(damage / most)) height="100%" {} }
                p .figure-large { (metric.unit.show(damage)) }
            }
        }
    }
}

/// The head of its column in a table of figures.
pub(super) fn head(drilled: &Drilled) -> Markup {
    html! { @if outcome(drilled).is_some() { th scope="col" .number { "yours" } } }
}

/// Its cell there.
pub(super) fn cell(drilled: &Drilled, metric: &Metric) -> Markup {
    let shown = figure(drilled, metric).map(|value| metric.unit.show(value));
    html! {
        @if outcome(drilled).is_some() { td .number { (shown.unwrap_or_else(|| "\u{2013}".to_owned())) } }
    }
}
