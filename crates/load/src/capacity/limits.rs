//! How much may be asked of a target.

use units::Span;

/// How much may be asked of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most requests in a second, unless another number is said.
    pub per_second: u32,
    /// The highest number that can be said.
    pub per_second_max: u32,
    /// The most requests under way at once.
    pub under_way: usize,
    /// The longest that all of it may last.
    pub lasts: Span,
}

impl Limits {
    /// This machine: more than one thread of a load makes, and for no longer than an hour.
    pub const HERE: Self = Self {
        per_second: 20_000,
        per_second_max: 200_000,
        under_way: 2_000,
        lasts: Span::from_secs(3_600),
    };

    /// Another machine: what a small service stands, unless its owner says that it stands more; never what would take a
    /// provider down, and no longer than a quarter of an hour.
    pub const ELSEWHERE: Self = Self {
        per_second: 200,
        per_second_max: 20_000,
        under_way: 500,
        lasts: Span::from_secs(900),
    };
}
