//! Courses over the day that the outside world takes: values at some minutes, and straight lines between them.

use incident::Values;

use super::draw::Draw;

/// A course: seconds and values.
#[derive(Clone, Debug)]
pub(crate) struct Path(Vec<(f64, f64)>);

impl Path {
    /// The course of two parameters of the same length: minutes since the day began, and values.
    ///
    /// # Errors
    /// Where they are missing, empty, not of one length, or the minutes do not rise.
    pub(crate) fn read(parameters: &Values, minutes: &str, values: &str) -> Result<Self, String> {
        let (at, value) = (parameters.numbers(minutes)?, parameters.numbers(values)?);
        let rises = at.windows(2).all(|pair| pair.first() < pair.last());
        if at.is_empty() || at.len() != value.len() || !rises {
            return Err(format!("`{minutes}` has to rise, and `{values}` needs as many numbers"));
        }
        Ok(Self(at.into_iter().map(|minute| minute * 60.0).zip(value).collect()))
    }

    /// The value at a second of the day.
    pub(crate) fn at(&self, second: f64) -> f64 {
        let after = self.0.iter().position(|(at, _)| *at > second);
        let before = after.map_or(self.0.len(), |place| place).checked_sub(1);
        let point = |place: Option<usize>| place.and_then(|place| self.0.get(place)).copied();
        match (point(before), point(after)) {
            (Some((from, low)), Some((to, high))) => {
                low + (high - low) * (second - from) / (to - from)
            }
            (Some((_, value)), None) | (None, Some((_, value))) => value,
            (None, None) => 0.0,
        }
    }
}

/// Noise that goes back to nothing: what happens to prices for no reason that matters here.
#[derive(Clone, Debug)]
pub(crate) struct Noise {
    draw: Draw,
    /// Of all assets together, and of each.
    all: f64,
    each: Vec<f64>,
}

/// The time in which noise forgets half of what it was, in seconds.
const HALF_LIFE: f64 = 60.0;

impl Noise {
    pub(crate) fn new(assets: usize, seed: u64) -> Self {
        Self { draw: Draw::new(seed, 1_000), all: 0.0, each: vec![0.0; assets] }
    }

    /// Goes on by so many seconds, with a deviation in per cent that it has on the long run. Half of it is common to all.
    pub(crate) fn goes_on(&mut self, seconds: f64, percent: f64) {
        let keeps = libm::exp2(-seconds / HALF_LIFE);
        let fresh = percent / 100.0 * libm::sqrt((1.0 - keeps * keeps) / 2.0);
        self.all = self.all * keeps + fresh * self.draw.normal();
        for own in &mut self.each {
            *own = *own * keeps + fresh * self.draw.normal();
        }
    }

    /// What it does to an asset's price, as a logarithm.
    pub(crate) fn of(&self, asset: usize) -> f64 {
        self.all + self.each.get(asset).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use incident::Value;

    #[test]
    fn a_course_goes_straight_from_point_to_point() {
        // A fall that comes at another time than the file says is another day.
        let mut parameters = Values::default();
        parameters.set("at", Value::Numbers(vec![10.0, 20.0]));
        parameters.set("value", Value::Numbers(vec![0.0, -5.0]));
        let path = Path::read(&parameters, "at", "value").unwrap();
        assert_eq!(
            [0.0, 600.0, 900.0, 1_200.0, 9e9].map(|at| path.at(at)),
            [0.0, 0.0, -2.5, -5.0, -5.0]
        );
        parameters.set("at", Value::Numbers(vec![20.0, 10.0]));
        assert!(Path::read(&parameters, "at", "value").is_err());
    }
}
