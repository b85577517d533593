//! The parameters of a mechanism, by name.

use std::collections::BTreeMap;

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
