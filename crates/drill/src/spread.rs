//! What came of a drill over many seeds: means and 95th percentiles, with their intervals.

use incident::{Incident, Unit};
use machine::Prng;
use serde_json::{Value, json};

/// How often the seeds are drawn again for the interval.
const DRAWS: usize = 1_000;

/// A drill over many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct AtRisk {
    /// The first seed; the others follow it.
    pub seed: u64,
    /// How many there were.
    pub seeds: u32,
    /// With the defences off and on, as they were asked for.
    pub cases: Vec<CaseAtRisk>,
}

/// A case over many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseAtRisk {
    /// The case's id: `off` or `on`.
    pub id: String,
    /// What it is.
    pub name: String,
    /// `VaR95`: of the incident's figure of what was lost.
    pub value: Spread,
    /// `LaR95`: of its figure of what was liquidated.
    pub liquidations: Spread,
}

/// A figure over many seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
    /// The 95th percentile: one of twenty seeds had more.
    pub percentile: f64,
    /// Where it lies with a probability of nine tenths, by drawing the seeds again and again (bootstrap).
    pub interval: (f64, f64),
}

/// What a figure was over seeds.
pub(crate) fn spread(mut values: Vec<f64>) -> Spread {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    values.sort_by(f64::total_cmp);
    let mut draw = Prng::new(95);
    let mut again: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = values.iter().filter_map(|_| values.get(draw.index(values.len())));
            let mut drawn: Vec<f64> = drawn.copied().collect();
            drawn.sort_by(f64::total_cmp);
            part(&drawn, 0.95)
        })
        .collect();
    again.sort_by(f64::total_cmp);
    let interval = (part(&again, 0.05), part(&again, 0.95));
    Spread { mean, deviation, percentile: part(&values, 0.95), interval }
}

/// The least of sorted values that so large a part of them is not above (nearest rank).
fn part(values: &[f64], part: f64) -> f64 {
    let rank = (part * values.len() as f64).ceil().max(1.0) as usize;
    values.get(rank - 1).copied().unwrap_or_default()
}

impl AtRisk {
    /// For a terminal.
    #[must_use]
    pub fn text(&self, incident: &Incident) -> String {
        let Some(risk) = &incident.risk else { return String::new() };
        let last = self.seed.wrapping_add(u64::from(self.seeds).saturating_sub(1));
        let mut text = format!("Over {} seeds, {} to {last}:\n", self.seeds, self.seed);
        for case in &self.cases {
            for (what, metric, spread) in [
                ("VaR95", &risk.value, case.value),
                ("LaR95", &risk.liquidations, case.liquidations),
            ] {
                let metric = incident.metrics.iter().find(|it| it.id == *metric);
                let unit = metric.map_or(Unit::Dollars, |metric| metric.unit);
                let name = metric.map_or("", |metric| metric.name.as_str());
                let show = |value| unit.show(value);
                let (low, high) = spread.interval;
                text += &format!(
                    "  {}: {what} {} (90 %: {} to {}), mean {}, deviation {}: {name}\n",
                    case.name,
                    show(spread.percentile),
                    show(low),
                    show(high),
                    show(spread.mean),
                    show(spread.deviation),
                );
            }
        }
        text
    }

    /// For a program.
    #[must_use]
    pub fn json(&self) -> Value {
        let spread = |spread: Spread| {
            json!({
                "percentile_95": spread.percentile,
                "interval_90": [spread.interval.0, spread.interval.1],
                "mean": spread.mean,
                "deviation": spread.deviation,
            })
        };
        let cases = self.cases.iter().map(|case| {
            json!({
                "id": case.id,
                "name": case.name,
                "var95": spread(case.value),
                "lar95": spread(case.liquidations),
            })
        });
        json!({"seed": self.seed, "seeds": self.seeds, "cases": cases.collect::<Vec<_>>()})
    }

    /// Reads what [`AtRisk::json`] has written; nothing where it is something else.
    #[must_use]
    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let spread = |json: &Value| {
            let figure = |key: &str| json.get(key)?.as_f64();
            let bound = |nth: usize| json.get("interval_90")?.get(nth)?.as_f64();
            let (mean, deviation) = (figure("mean")?, figure("deviation")?);
            let interval = (bound(0)?, bound(1)?);
            Some(Spread { mean, deviation, percentile: figure("percentile_95")?, interval })
        };
        let case = |json: &Value| {
            let text = |key: &str| json.get(key)?.as_str().map(str::to_owned);
            let (value, liquidations) = (spread(json.get("var95")?)?, spread(json.get("lar95")?)?);
            Some(CaseAtRisk { id: text("id")?, name: text("name")?, value, liquidations })
        };
        let cases = json.get("cases")?.as_array()?.iter().filter_map(case).collect();
        let seeds = u32::try_from(json.get("seeds")?.as_u64()?).ok()?;
        Some(Self { seed: json.get("seed")?.as_u64()?, seeds, cases })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values_and_lies_in_its_interval() {
        // A value at risk that is read one rank too low is exceeded more often than it says.
        let spread = spread((1..=100).rev().map(f64::from).collect());
        assert_eq!(spread.percentile, 95.0);
        assert_eq!(spread.mean, 50.5);
        let (low, high) = spread.interval;
        assert!((88.0..=95.0).contains(&low) && (95.0..=100.0).contains(&high), "{spread:?}");
        assert!((spread.deviation - 29.01).abs() < 0.01);
        assert_eq!(super::spread(vec![7.0]).interval, (7.0, 7.0));
    }
}
