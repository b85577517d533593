//! What a fuzzing target is.

/// How a target's inputs are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Texts of tokens, brackets and lines.
    Text,
    /// Bytes that stand for orders.
    Orders,
}

/// Code under test with what is needed to make inputs for it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its test, and of its folder under `corpus`.
    pub name: &'static str,
    /// Runs it on one input; panics where the code breaks its word.
    pub run: fn(&[u8]),
    /// Well-formed inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to the code under test.
    pub words: &'static [&'static str],
    /// How inputs are changed.
    pub form: Form,
}
