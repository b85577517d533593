//! What is asked of a drill.

/// How long a drill is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// All of it.
    Full,
    /// As much as the tests take.
    Short,
}

/// Which of its runs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defences {
    /// The one with all defences off.
    Off,
    /// The one with all on.
    On,
    /// These two.
    Both,
    /// Every run: each defence off alone, and the remedies, besides.
    Each,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What chance is drawn from.
    pub seed: u64,
    /// Which runs.
    pub defences: Defences,
    /// How long.
    pub form: Form,
    /// A portfolio in the place of the synthetic population: CSV.
    pub portfolio: Option<String>,
}
