//! The parameters of a mechanism, by name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, whole or not; what it counts is said by its name (`fall_percent`, `lasts_seconds`).
    Number(f64),
    /// One of several words.
    Word(String),
    /// Numbers, such as the points of a path.
    Numbers(Vec<f64>),
}

/// All parameters of a run. A mechanism asks for those it knows; a file that names others is refused when it is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Sets one, whatever it was.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Those of `other` over these.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(other.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        all
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The parameter of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A number.
    ///
    /// # Errors
    /// Where it is not there, or is something else.
    pub fn number(&self, name: &str) -> Result<f64, String> {
        match self.0.get(name) {
            Some(Value::Number(number)) => Ok(*number),
            Some(_) => Err(format!("the parameter `{name}` has to be a number")),
            None => Err(format!("the parameter `{name}` is missing")),
        }
    }

    /// A number that counts something: whole, and not below zero.
    ///
    /// # Errors
    /// Where it is not there, or is not such a number below 2^53.
    pub fn count(&self, name: &str) -> Result<u64, String> {
        let number = self.number(name)?;
        if number < 0.0 || number.fract() != 0.0 || number > 9.0e15 {
            return Err(format!("the parameter `{name}` has to be a whole number from 0 on"));
        }
        Ok(number as u64)
    }

    /// A number that counts something and has its bounds.
    ///
    /// # Errors
    /// Where it is not there, is not whole, or is not within them.
    pub fn within(&self, name: &str, bounds: RangeInclusive<u64>) -> Result<u64, String> {
        let number = self.count(name)?;
        let (least, most) = (bounds.start(), bounds.end());
        let fits = bounds.contains(&number);
        fits.then_some(number)
            .ok_or_else(|| format!("the parameter `{name}` has to be from {least} to {most}"))
    }

    /// A word.
    ///
    /// # Errors
    /// Where it is not there, or is something else.
    pub fn word(&self, name: &str) -> Result<&str, String> {
        match self.0.get(name) {
            Some(Value::Word(word)) => Ok(word),
            Some(_) => Err(format!("the parameter `{name}` has to be a word")),
            None => Err(format!("the parameter `{name}` is missing")),
        }
    }

    /// Numbers; one alone counts as a list of one.
    ///
    /// # Errors
    /// Where they are not there, or are something else.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        match self.0.get(name) {
            Some(Value::Numbers(numbers)) => Ok(numbers.clone()),
            Some(Value::Number(number)) => Ok(vec![*number]),
            Some(Value::Word(_)) => {
                Err(format!("the parameter `{name}` has to be a list of numbers"))
            }
            None => Err(format!("the parameter `{name}` is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_of_its_bounds_is_a_mistake_that_names_them() {
        // A drill of no clients at all would show no damage, and be taken for a defence.
        let mut values = Values::default();
        let within = |values: &Values| values.within("clients", 1..=500);
        assert!(within(&values).unwrap_err().contains("is missing"));
        for (number, fits) in
            [(0.0, false), (1.0, true), (500.0, true), (501.0, false), (1.5, false)]
        {
            values.set("clients", Value::Number(number));
            assert_eq!(within(&values).is_ok(), fits, "{number}");
        }
        values.set("clients", Value::Number(501.0));
        assert!(within(&values).unwrap_err().ends_with("`clients` has to be from 1 to 500"));
    }
}
