//! Where parameters are written to.

/// Takes parameters, one by one.
pub trait Sink {
    /// Adds a parameter.
    fn push(&mut self, name: &str, value: &str);
}

/// Parameters as an object of JSON, each value a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonObject {
    text: Vec<u8>,
}

impl JsonObject {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Vec::new() }
    }

    /// The object.
    #[must_use]
    pub fn finish(self) -> String {
        let inside = String::from_utf8(self.text).unwrap_or_default();
        format!("{{{inside}}}")
    }
}

impl Sink for JsonObject {
    fn push(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push(b',');
        }
        // Writing to memory does not fail.
        drop(serde_json::to_writer(&mut self.text, name));
        self.text.push(b':');
        drop(serde_json::to_writer(&mut self.text, value));
    }
}
