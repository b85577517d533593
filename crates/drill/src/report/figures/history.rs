//! The largest days of liquidations: public figures, and no run.

use incident::Unit;
use maud::{Markup, html};

use super::super::bars::{Bar, Group, figure};
use super::super::curves::series;
use crate::drilled::Drilled;

/// The drill that holds them: curves whose points are years with their fraction, and billions of dollars.
const DRILL: &str = "history";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The list, the article's figure beside the record's, or nothing where it was not asked for.
pub(super) fn history(drilled: &[Drilled]) -> Markup {
    let Some(drilled) = drilled.iter().find(|it| it.name == DRILL) else { return html! {} };
    let points = |id| series(drilled, "on", id).map(|series| series.points.as_slice());
    let record = points("record_bn").unwrap_or_default();
    let article = points("article_bn").unwrap_or_default();
    let mut years: Vec<f64> = record.iter().chain(article).map(|point| point.0).collect();
    years.sort_by(f64::total_cmp);
    years.dedup();
    if years.is_empty() {
        return html! {};
    }
    let bar = |who, year: f64, points: &[(f64, f64)]| {
        let value = points.iter().find(|point| point.0 == year)?.1 * 1e9;
        Some(Bar { who, class: who, value, shown: Unit::Dollars.show(value) })
    };
    let group = |year: f64| Group {
        name: month(year),
        about: source(drilled, year),
        bars: [bar("article", year, article), bar("record", year, record)]
            .into_iter()
            .flatten()
            .collect(),
    };
    let groups: Vec<Group> = years.into_iter().map(group).collect();
    figure(
        "The largest days of liquidations",
        "dollars in a day",
        &groups,
        &drilled.incident.disputed.join(" "),
    )
}

/// Who says so: the source of the fact that names the day or the month.
fn source(drilled: &Drilled, year: f64) -> String {
    let name = month(year);
    let nth = MONTHS.iter().position(|month| name.starts_with(month)).map_or(0, |nth| nth + 1);
    let day = format!("{:.0}-{nth:02}", year.floor());
    let mut facts = drilled.incident.facts.iter();
    let fact = facts.find(|fact| fact.what.contains(&day) || fact.what.contains(&name));
    fact.map(|fact| fact.source.clone()).unwrap_or_default()
}

/// A year with its fraction as people say it: `April 2021`.
fn month(year: f64) -> String {
    let whole = year.floor();
    let nth = ((year - whole) * 12.0).floor() as usize;
    format!("{} {whole:.0}", MONTHS.get(nth).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_with_its_fraction_is_a_month() {
        // A day under a wrong date would be the same mistake as the article's.
        assert_eq!(month(2021.3), "April 2021");
        assert_eq!(month(2025.78), "October 2025");
        assert_eq!(month(2020.0), "January 2020");
    }
}
