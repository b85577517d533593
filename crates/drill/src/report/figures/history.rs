//! The largest days of liquidations: public figures, and no run.

use maud::{Markup, html};

use super::bars::{Bar, Group, figure};
use crate::drilled::Drilled;

/// The drill that holds them.
const DRILL: &str = "history";

/// The list, from the facts of its drill, or nothing where that was not asked for.
pub(super) fn history(drilled: &[Drilled]) -> Markup {
    let Some(drilled) = drilled.iter().find(|it| it.name == DRILL) else { return html! {} };
    let outcome = drilled.outcome("on").or_else(|| drilled.outcome("off"));
    let groups: Vec<Group> = drilled
        .incident
        .metrics
        .iter()
        .filter_map(|metric| {
            let value = outcome?.get(&metric.id)?;
            let bar = Bar { who: "record", class: "record", value, shown: metric.unit.show(value) };
            Some(Group { name: metric.name.clone(), about: String::new(), bars: vec![bar] })
        })
        .collect();
    if groups.is_empty() {
        return html! {};
    }
    figure(
        "The largest days of liquidations on record",
        "public figures, with sources in the drill below",
        &groups,
        &drilled.incident.disputed.join(" "),
    )
}
