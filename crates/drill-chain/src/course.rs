//! What a model tells of the day.

use incident::{Event, Series};

/// How a day of a chain went, at its full length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Minutes in which nothing became final.
    pub stalled_minutes: f64,
    /// What else the model counts, by the ids of metrics.
    pub figures: Vec<(&'static str, f64)>,
    /// Its curves, over seconds since the trouble began or what they say.
    pub series: Vec<Series>,
    /// What happened, in seconds since the trouble began.
    pub events: Vec<Event>,
}

impl Course {
    pub(crate) fn event(&mut self, minutes: f64, what: impl Into<String>) {
        self.events.push(Event { at: minutes * 60.0, what: what.into() });
    }

    pub(crate) fn curve(&mut self, id: &str, name: &str, unit: &str, points: Vec<(f64, f64)>) {
        self.series.push(Series::new(id, name, unit, points));
    }
}
