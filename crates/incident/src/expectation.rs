//! What a drill has to show: a file beside the incident's.

use std::collections::BTreeMap;

use crate::outcome::Outcome;

/// The bounds of figures by case. Without the defence the crisis has to happen; with it, it has not to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// By the case's id, then by the metric's: the least and the most that hold.
    pub bounds: BTreeMap<String, BTreeMap<String, Bounds>>,
}

/// The least and the most that a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Expectation {
    /// What of a case's outcome is not as expected, a sentence each. A figure that is missing is not as expected.
    #[must_use]
    pub fn broken(&self, case: &str, outcome: &Outcome) -> Vec<String> {
        let Some(bounds) = self.bounds.get(case) else { return Vec::new() };
        let wrong = bounds.iter().filter_map(|(metric, bounds)| {
            let Bounds { least, most } = bounds;
            match outcome.get(metric) {
                None => Some(format!("{case}: there is no figure `{metric}`")),
                Some(value) if value < *least => {
                    Some(format!("{case}: {metric} is {value}, and {least} at least is expected"))
                }
                Some(value) if value > *most => {
                    Some(format!("{case}: {metric} is {value}, and {most} at most is expected"))
                }
                Some(_) => None,
            }
        });
        wrong.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crisis_that_does_not_happen_is_as_wrong_as_a_defence_that_does_not_hold() {
        // A drill without damage would praise any defence.
        let mut expectation = Expectation::default();
        let off = expectation.bounds.entry("off".to_owned()).or_default();
        off.insert("wrong_answers".to_owned(), Bounds { least: 10.0, most: 50.0 });
        let outcome = |value| {
            let mut outcome = Outcome::default();
            outcome.figure("wrong_answers", value);
            outcome
        };
        assert_eq!(expectation.broken("off", &outcome(20.0)), Vec::<String>::new());
        assert_eq!(expectation.broken("off", &outcome(0.0)).len(), 1);
        assert_eq!(expectation.broken("off", &outcome(60.0)).len(), 1);
        assert_eq!(expectation.broken("off", &Outcome::default()).len(), 1, "no figure at all");
        assert_eq!(
            expectation.broken("on", &Outcome::default()).len(),
            0,
            "nothing is expected of it"
        );
    }
}
