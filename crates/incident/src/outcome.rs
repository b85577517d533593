//! What came of a run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The damage of a run, and how it went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Figures by the ids of metrics, in the unit that the metric says.
    pub figures: BTreeMap<String, f64>,
    /// Curves, to be drawn.
    pub series: Vec<Series>,
    /// What happened and when, for the timeline.
    pub events: Vec<Event>,
    /// The digest of all that the real part said, in hex; of deterministic runs.
    pub digest: Option<String>,
}

/// A curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// An id, which the same curve has in every case, such as `price_btc`.
    pub id: String,
    /// What it shows.
    pub name: String,
    /// Its unit, such as `USD` or `per cent`.
    pub unit: String,
    /// What it runs over; none where that is the run's time.
    pub across: Option<Across>,
    /// Seconds since the run began, or what it runs over, and the value. Ascending; a few hundred are enough.
    pub points: Vec<(f64, f64)>,
}

/// What a curve runs over instead of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Across {
    /// What it is, such as `stake on the buggy client`.
    pub name: String,
    /// Its unit, such as `per cent`.
    pub unit: String,
}

impl Series {
    /// A curve over the run's time.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        unit: impl Into<String>,
        points: Vec<(f64, f64)>,
    ) -> Self {
        Self { id: id.into(), name: name.into(), unit: unit.into(), across: None, points }
    }

    /// The same over something else than time.
    #[must_use]
    pub fn across(self, name: &str, unit: &str) -> Self {
        let across = Across { name: name.to_owned(), unit: unit.to_owned() };
        Self { across: Some(across), ..self }
    }
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Seconds since the run began.
    pub at: f64,
    /// What, in one short sentence.
    pub what: String,
}

/// Most points of a series that are kept: more cannot be told apart in a picture.
pub(crate) const POINTS_MAX: usize = 1_000;
/// Most events of a run that are kept.
pub(crate) const EVENTS_MAX: usize = 200;

impl Outcome {
    /// Notes a figure. What is not a number, such as a share of nothing, is left out.
    pub fn figure(&mut self, id: &str, value: f64) {
        if value.is_finite() {
            self.figures.insert(id.to_owned(), value);
        }
    }

    /// The figure of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<f64> {
        self.figures.get(id).copied()
    }

    /// Notes what happened; from the two hundredth on it is left out.
    pub fn event(&mut self, at: f64, what: impl Into<String>) {
        if self.events.len() < EVENTS_MAX {
            self.events.push(Event { at, what: what.into() });
        }
    }

    /// Adds a curve, thinned to as many points as a picture shows: of each stretch the one that is furthest from zero
    /// stays, so that no peak is lost.
    pub fn curve(&mut self, mut series: Series) {
        let stretch = series.points.len().div_ceil(POINTS_MAX).max(1);
        if stretch > 1 {
            let peak = |points: &[(f64, f64)]| {
                points.iter().copied().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
            };
            series.points = series.points.chunks(stretch).filter_map(peak).collect();
        }
        self.series.push(series);
    }

    /// As JSON: figures, curves and events. Its bytes are the same for the same outcome.
    #[must_use]
    pub fn json(&self) -> Value {
        let series = self.series.iter().map(|series| {
            let across = series.across.as_ref();
            let across = across.map(|across| json!({"name": across.name, "unit": across.unit}));
            json!({"id": series.id, "name": series.name, "unit": series.unit, "across": across, "points": series.points})
        });
        let events = self.events.iter().map(|event| json!({"at": event.at, "what": event.what}));
        json!({
            "figures": self.figures,
            "series": series.collect::<Vec<_>>(),
            "events": events.collect::<Vec<_>>(),
            "digest": self.digest,
        })
    }

    /// Reads what [`Outcome::json`] has written; nothing where it is something else. What is not a number is left out.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let mut outcome = Self::default();
        for (id, value) in json.get("figures")?.as_object()? {
            outcome.figure(id, value.as_f64().unwrap_or(f64::NAN));
        }
        for series in json.get("series")?.as_array()? {
            let text = |key: &str| series.get(key).and_then(Value::as_str).map(str::to_owned);
            let point = |pair: &Value| Some((pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?));
            let points = series.get("points")?.as_array()?.iter().filter_map(point).collect();
            let read = Series::new(text("id")?, text("name")?, text("unit")?, points);
            let across = |key: &str| series.get("across")?.get(key)?.as_str();
            outcome.curve(match across("name").zip(across("unit")) {
                Some((name, unit)) => read.across(name, unit),
                None => read,
            });
        }
        for event in json.get("events")?.as_array()? {
            outcome.event(event.get("at")?.as_f64()?, event.get("what")?.as_str()?);
        }
        outcome.digest = json.get("digest").and_then(Value::as_str).map(str::to_owned);
        Some(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_every_peak() {
        // Else the minute in which three billion went would not be in the picture.
        let points = (0..10_000).map(|at| (f64::from(at), if at == 4_321 { 3.2 } else { 0.1 }));
        let mut outcome = Outcome::default();
        outcome.curve(Series { points: points.collect(), ..Series::default() });
        let kept = &outcome.series[0].points;
        assert!(kept.len() <= POINTS_MAX);
        assert!(kept.contains(&(4_321.0, 3.2)));
    }

    #[test]
    fn what_was_written_can_be_read_back() {
        // A report of yesterday's runs would show other figures than the runs have given.
        let mut outcome = Outcome::default();
        outcome.figure("accounts", 12.5);
        outcome.event(3.25, "it began");
        let price = Series::new("price", "the price", "USD", vec![(0.0, 1.0), (1.0, 0.65)]);
        outcome.curve(price.clone());
        outcome.curve(price.across("size of the fund", "per cent"));
        outcome.digest = Some("ab12".to_owned());
        assert_eq!(Outcome::from_json(&outcome.json()), Some(outcome));
        assert_eq!(Outcome::from_json(&json!({"figures": 3})), None);
    }

    #[test]
    fn a_share_of_nothing_is_no_figure() {
        // Else a table would show NaN, and a comparison with a bound would always fail or never.
        let mut outcome = Outcome::default();
        outcome.figure("share", f64::NAN);
        assert_eq!(outcome.get("share"), None);
    }
}
