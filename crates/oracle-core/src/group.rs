//! Groups: one vote for each operator, pool or parent oracle, however many markets it runs.

use units::Price;

use crate::id::SourceId;
use crate::settings::GroupKind;

/// Who is behind some of a feed's sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Such as `binance`.
    pub name: String,
    /// What kind of market it is.
    pub kind: GroupKind,
    /// Its sources of this feed.
    pub sources: Vec<SourceId>,
}

/// What a group says at one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupPrice {
    /// Which group of the feed.
    pub group: usize,
    /// What kind of market it is.
    pub kind: GroupKind,
    /// The median of its sources.
    pub price: Price,
    /// Half of the median spread of its books.
    pub half_spread: Price,
    /// The standard error that conversion adds.
    pub conversion: Price,
    /// How deep its books are, in whole units of money; `None` where that is not seen.
    pub depth: Option<u64>,
    /// What was traded lately at its sources, in millionths of the asset; where the feed's rule goes by it.
    pub volume: u64,
    /// Whether its clock is so far off that it counts half.
    pub late: bool,
    /// Its weight among those that are live.
    pub weight: u64,
    /// Whether it is too far from the others.
    pub outlier: bool,
    /// Whether it was, and is not back for long enough.
    pub returning: bool,
}

impl GroupPrice {
    /// Whether its price is used.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        !self.outlier && !self.returning
    }
}
