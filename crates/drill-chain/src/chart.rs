//! Public figures that are only shown: nothing is run.
//!
//! Left out: everything. The figures stand in the incident's file, each with its source.

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Watch};

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Chart;

/// The lists that a chart may have: where on which axis, how much, what it is called, and in what.
const LISTS: [(&str, &str, &str, &str, &str); 4] = [
    ("record_years", "year", "record_bn", "liquidated in a day, by the record", "USD bn"),
    ("article_years", "year", "article_bn", "liquidated in a day, by the article", "USD bn"),
    ("outage_numbers", "outage", "outage_record_hours", "outages, by the record", "hours"),
    ("outage_numbers", "outage", "outage_article_hours", "outages, by the article", "hours"),
];

impl Mechanism for Chart {
    fn name(&self) -> &'static str {
        "chart"
    }

    fn about(&self) -> &'static str {
        "Public figures side by side, each with its source in the file. Nothing is run and nothing is expected."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::numbers("record_years", "when, as years with their fraction", &[]),
            Parameter::numbers(
                "record_bn",
                "billions of dollars that were liquidated then, by the record",
                &[],
            ),
            Parameter::numbers("article_years", "when, as years with their fraction", &[]),
            Parameter::numbers(
                "article_bn",
                "billions of dollars that were liquidated then, by the article",
                &[],
            ),
            Parameter::numbers(
                "outage_numbers",
                "the outages' places on the axis, from 1 on, in the order of the facts",
                &[],
            ),
            Parameter::numbers(
                "outage_record_hours",
                "how long each was, by the record; 0 where there was none",
                &[],
            ),
            Parameter::numbers("outage_article_hours", "how long each was, by the article", &[]),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("record_times", "the largest by the record, by the second largest"),
            ("article_times", "the largest by the article, by the second largest"),
            ("record_largest_before", "the second largest by the record, in dollars"),
            ("article_largest_before", "the second largest by the article, in dollars"),
            ("outages_record_hours", "all outages together, by the record"),
            ("outages_article_hours", "all outages together, by the article"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn is_only_data(&self) -> bool {
        true
    }

    fn run(&self, scene: &Scene<'_>, _watch: &dyn Watch) -> Result<Outcome, String> {
        let values = scene.parameters;
        let mut outcome = Outcome::default();
        for (across, axis, up, name, unit) in LISTS {
            let (at, amounts) = (values.numbers(across)?, values.numbers(up)?);
            if at.len() != amounts.len() {
                return Err(format!("`{across}` and `{up}` have to be of one length"));
            }
            let points = at.into_iter().zip(amounts).collect();
            outcome.curve(Series::new(up, name, unit, points).across(axis, ""));
        }
        for (of, times, before) in [
            ("record_bn", "record_times", "record_largest_before"),
            ("article_bn", "article_times", "article_largest_before"),
        ] {
            let mut amounts = values.numbers(of)?;
            amounts.sort_by(|one, other| other.total_cmp(one));
            if let &[largest, second, ..] = amounts.as_slice() {
                outcome.figure(times, largest / second);
                outcome.figure(before, second * 1e9);
            }
        }
        for (of, id) in [
            ("outage_record_hours", "outages_record_hours"),
            ("outage_article_hours", "outages_article_hours"),
        ] {
            outcome.figure(id, values.numbers(of)?.iter().sum());
        }
        Ok(outcome)
    }
}
