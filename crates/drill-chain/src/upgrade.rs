//! Validators on two versions that refuse each other's blocks: Polygon, 2022-03-10.
//!
//! Part of the stake runs the old version, the rest the new one, and a block of one is invalid for the other. Whoever
//! holds two thirds goes on; where neither does the chain stands, until a fix is out and enough have put it in, at a
//! steady rate, and the layer below has been started again.
//!
//! Left out: that the bridge came back later, that validators talk to each other, and the second layer's own producers.

use incident::{Parameter, Values};

use crate::course::Course;

/// The share that goes on.
const QUORUM: f64 = 200.0 / 3.0;

/// What [`run`] takes.
#[must_use]
pub fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::number(
            "old_percent",
            "share of the stake on the old version when they part",
            50.0,
        ),
        Parameter::number(
            "fix_minutes",
            "until it is known which version all are to run, and it is out",
            480.0,
        ),
        Parameter::number(
            "upgrade_percent_per_hour",
            "stake that changes over in an hour from then on",
            10.0,
        ),
        Parameter::number("reboot_minutes", "from two thirds on until blocks are made again", 32.0),
    ]
}

/// The day.
///
/// # Errors
/// Where a parameter is missing or out of range.
pub fn run(values: &Values) -> Result<Course, String> {
    let (old, fix) = (values.number("old_percent")?, values.number("fix_minutes")?);
    let rate = values.number("upgrade_percent_per_hour")?;
    let reboot = values.number("reboot_minutes")?;
    if !(0.0..=100.0).contains(&old) || rate <= 0.0 || fix < 0.0 || reboot < 0.0 {
        return Err("old_percent is 0 to 100, and rates and minutes are above zero".to_owned());
    }
    let mut course = Course::default();
    let new = 100.0 - old;
    course.event(0.0, format!("{old:.0} % on the old version and {new:.0} % on the new part"));
    if old.max(new) >= QUORUM {
        course.event(0.0, "one side has two thirds and goes on");
        return Ok(course);
    }
    let enough = fix + (QUORUM - new) / rate * 60.0;
    course.stalled_minutes = enough + reboot;
    course.event(fix, "the fix is out");
    course.event(enough, "two thirds run one version");
    course.event(course.stalled_minutes, "blocks are made again");
    let points = [(0.0, new), (fix * 60.0, new), (enough * 60.0, QUORUM)].into();
    course.curve("one_version", "stake on the version that goes on", "per cent", points);
    Ok(course)
}

#[cfg(test)]
mod tests {
    use incident::Value;

    use super::*;

    #[test]
    fn the_chain_stands_only_where_neither_side_has_two_thirds() {
        // Else the worth of canaries and of a common height would be made up.
        let day = |old: f64| {
            let mut values = Values::default();
            for parameter in parameters() {
                values.set(parameter.name, parameter.usual.unwrap());
            }
            values.set("old_percent", Value::Number(old));
            run(&values).unwrap().stalled_minutes
        };
        assert!((610.0..614.0).contains(&day(50.0)), "{}", day(50.0));
        assert!(day(95.0) <= 0.0 && day(10.0) <= 0.0);
        assert!(day(60.0) > day(40.0), "more have to change over");
    }
}
