//! A rollup's one sequencer, whose batches pile up: Arbitrum, 2023-12-15.
//!
//! Transactions come in at a rate and are posted to the layer below in batches at another. Where that stops for a while,
//! what is not posted grows; from a bound on the feed of new blocks dies, and comes back with a new build. Afterwards
//! what has piled up is posted while new transactions come in.
//!
//! Left out: the price of gas, which first fell and then overshot, and what the layer below asks for room.

use incident::{Parameter, Values};

use crate::course::Course;

/// The longest day that is simulated, in minutes.
const MINUTES_MAX: u32 = 2_880;

/// What [`run`] takes.
#[must_use]
pub fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::number("arrivals_per_minute", "transactions a minute during the surge", 6_000.0),
        Parameter::number("posted_per_minute", "transactions a minute that can be posted", 9_000.0),
        Parameter::number("fault_minutes", "how long nothing can be posted", 40.0),
        Parameter::number(
            "backlog_max",
            "transactions not posted at which the feed dies",
            150_000.0,
        ),
        Parameter::number("build_minutes", "from the feed's death until the new build runs", 83.0),
    ]
}

/// The day.
///
/// # Errors
/// Where a parameter is missing or out of range.
pub fn run(values: &Values) -> Result<Course, String> {
    let arrivals = values.number("arrivals_per_minute")?;
    let posted = values.number("posted_per_minute")?;
    let (fault, build) = (values.number("fault_minutes")?, values.number("build_minutes")?);
    let most = values.number("backlog_max")?;
    if [arrivals, posted, fault, build, most].iter().any(|value| *value < 0.0) {
        return Err("no parameter of the sequencer may be below zero".to_owned());
    }
    let mut course = Course::default();
    let (mut backlog, mut largest, mut dead_since) = (0.0_f64, 0.0_f64, None::<f64>);
    let mut points = Vec::new();
    course.event(0.0, "the layer below takes no more batches");
    for minute in 0..MINUTES_MAX {
        let now = f64::from(minute);
        let is_down = dead_since.is_some_and(|since| now < since + build);
        points.push((now * 60.0, backlog));
        if !is_down {
            backlog += arrivals;
        }
        if now >= fault {
            backlog = (backlog - posted).max(0.0);
        }
        largest = largest.max(backlog);
        if backlog > most && dead_since.is_none() {
            dead_since = Some(now);
            course.event(now, "too much is not posted: the feed of new blocks dies");
            course.event(now + build, "a new build runs: blocks come again");
        }
        if now > fault && backlog <= 0.0 && !is_down {
            course.event(now, "all is posted");
            break;
        }
    }
    course.stalled_minutes = if dead_since.is_some() { build } else { 0.0 };
    course.figures.push(("backlog_largest", largest));
    course.curve("backlog", "transactions that are not posted", "transactions", points);
    Ok(course)
}

#[cfg(test)]
mod tests {
    use incident::Value;

    use super::*;

    #[test]
    fn the_feed_dies_of_what_piles_up_and_not_of_a_short_fault() {
        // A model that always stalls shows nothing of what a larger bound is worth.
        let day = |fault: f64| {
            let mut values = Values::default();
            for parameter in parameters() {
                values.set(parameter.name, parameter.usual.unwrap());
            }
            values.set("fault_minutes", Value::Number(fault));
            run(&values).unwrap()
        };
        assert!((day(40.0).stalled_minutes - 83.0).abs() < 0.1);
        let short = day(10.0);
        assert!(short.stalled_minutes <= 0.0 && short.figures[0].1 < 150_000.0, "{short:?}");
        let whole = day(40.0);
        assert!(whole.events.iter().any(|event| event.what == "all is posted"), "{whole:?}");
    }
}
