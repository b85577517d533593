//! What a book stands to lose over many seeds.

use incident::Unit;
use maud::{Markup, html};

use super::damage::length;
use crate::drilled::Drilled;
use crate::spread::{AtRisk, Spread};

/// The table of all drills that were run over seeds, or how to make it.
pub(super) fn risk(drilled: &[Drilled]) -> Markup {
    let over: Vec<(&Drilled, &AtRisk)> =
        drilled.iter().filter_map(|it| Some((it, it.risk.as_ref()?))).collect();
    html! {
        section #risk .card {
            h2 { "Risk over seeds" }
            @if over.is_empty() {
                p .lead { "Not measured in this report, which has one seed of each drill. " code { "seawall drill report --out FOLDER --seeds 1000" }
                    " runs the drills that have a measure of risk a thousand times." }
            } @else {
                p .lead { "The same crisis with another population of accounts each time. VaR95 is the loss, LaR95 the liquidations, that one seed of twenty \
                    exceeds; the interval holds the true figure with a probability of nine tenths (bootstrap). The band is the interval, the line \
                    the percentile, the dot the mean." }
                @for (drilled, risk) in &over { (of_drill(drilled, risk)) }
            }
        }
    }
}

/// One drill: both measures, off and on.
fn of_drill(drilled: &Drilled, at_risk: &AtRisk) -> Markup {
    let Some(risk) = &drilled.incident.risk else { return html! {} };
    let measures = [
        (
            "VaR95",
            "what was lost",
            &risk.value,
            at_risk.cases.iter().map(|it| (&it.id, it.value)).collect::<Vec<_>>(),
        ),
        (
            "LaR95",
            "what was liquidated",
            &risk.liquidations,
            at_risk.cases.iter().map(|it| (&it.id, it.liquidations)).collect(),
        ),
    ];
    let last = at_risk.seed.wrapping_add(u64::from(at_risk.seeds).saturating_sub(1));
    html! {
        h3 { a href=(format!("#{}", drilled.name)) { (drilled.incident.title) } }
        p .lead { (at_risk.seeds) " seeds, " (at_risk.seed) " to " (last) ", in the drill\u{2019}s short form." }
        @for (what, usual, metric, cases) in &measures {
            @let metric = drilled.incident.metrics.iter().find(|it| it.id == **metric);
            @let unit = metric.map_or(Unit::Dollars, |metric| metric.unit);
            @let most = cases.iter().map(|(_, spread)| spread.interval.1.max(spread.mean)).fold(0.0, f64::max);
            @let of = metric.map_or(*usual, |metric| metric.name.as_str());
            p .what { b { (what) } span .sub-inline { " " (of) } }
            div .shares .risk {
                @for (case, spread) in cases { (row(case, *spread, unit, most)) }
            }
        }
    }
}

fn row(case: &str, spread: Spread, unit: Unit, most: f64) -> Markup {
    let Spread { mean, deviation, percentile, interval: (low, high) } = spread;
    let (class, name) =
        if case == "on" { ("on-bar", "defence on") } else { ("off-bar", "defence off") };
    let share = |value: f64| if most > 0.0 { value / most } else { 0.0 };
    html! {
        div {
            p { (name) }
            svg aria-hidden="true" {
                rect .none width="100%" height="100%" {}
                rect .(class) x=(length(share(low) * SCALE)) width=(length(share(high - low) * SCALE)) height="100%" {}
                line x1=(length(share(percentile) * SCALE)) x2=(length(share(percentile) * SCALE)) y1="0" y2="100%" {}
                circle cx=(length(share(mean) * SCALE)) cy="50%" r="4" {}
            }
            p { b { (unit.show(percentile)) } span .sub { (unit.show(low)) " to " (unit.show(high)) "; mean " (unit.show(mean)) " \u{b1} " (unit.show(deviation)) } }
        }
    }
}

/// The whole of a bar that the largest value takes, so that its line is seen.
const SCALE: f64 = 0.97;
