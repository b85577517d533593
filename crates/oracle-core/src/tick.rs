//! What is published: one record a feed and tick.

use std::fmt;

use units::{Price, Ratio, Span};

use crate::average::Averages;
use crate::digest::Digest;
use crate::input::Moment;
use crate::plan::SourceId;
use crate::status::{Cause, Status};

/// Why a source is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It has said nothing yet.
    NothingYet,
    /// Nothing at all has come from its connection for too long.
    Silent,
    /// Its connection is gone.
    Lost,
    /// Messages of it are missing.
    Gap,
    /// One side of its book is empty, or not above nothing.
    EmptyBook,
    /// Its best bid is above its best ask.
    CrossedBook,
    /// Its spread is too wide.
    WideSpread,
    /// Its book is too thin.
    ThinBook,
    /// Its newest price is too old.
    OldPrice,
    /// Its clock is too far off.
    Skewed,
    /// It stands still while others move.
    Frozen,
    /// The price that it is converted with is not known.
    Conversion,
    /// It is too far from the others.
    Outlier,
    /// It was too far from the others, and has not been near them for long enough.
    Returning,
}

impl Refusal {
    /// Its name on every interface and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingYet => "nothing_yet",
            Self::Silent => "silent",
            Self::Lost => "lost",
            Self::Gap => "gap",
            Self::EmptyBook => "empty_book",
            Self::CrossedBook => "crossed_book",
            Self::WideSpread => "wide_spread",
            Self::ThinBook => "thin_book",
            Self::OldPrice => "old_price",
            Self::Skewed => "skewed",
            Self::Frozen => "frozen",
            Self::Conversion => "conversion",
            Self::Outlier => "outlier",
            Self::Returning => "returning",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NothingYet => "it has said nothing yet",
            Self::Silent => "nothing has come from it for too long",
            Self::Lost => "its connection is gone",
            Self::Gap => "messages of it are missing",
            Self::EmptyBook => "one side of its book is empty",
            Self::CrossedBook => "its best bid is above its best ask",
            Self::WideSpread => "its spread is too wide",
            Self::ThinBook => "its book is too thin",
            Self::OldPrice => "its newest price is too old",
            Self::Skewed => "its clock is too far off",
            Self::Frozen => "it stands still while others move",
            Self::Conversion => "the price that it is converted with is not known",
            Self::Outlier => "it is too far from the others",
            Self::Returning => "it was too far from the others, and is not back for long enough",
        })
    }
}

/// What became of one source in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceReport {
    /// Which.
    pub source: SourceId,
    /// Its price in the feed's unit; the last one where it is refused, `None` where there is none.
    pub price: Option<Price>,
    /// Why it is not used; `None` where it is.
    pub refusal: Option<Refusal>,
    /// Its share in the price. A group's share is split equally among its sources.
    pub weight: Ratio,
}

/// The last price that was good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastGood {
    /// The price.
    pub price: Price,
    /// When it was.
    pub at: Moment,
}

/// What is published of a feed at one tick. A price never comes without its status and its age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Ticks are numbered from 1; 0 before the first.
    pub number: u64,
    /// When it was worked out.
    pub at: Moment,
    /// What the price is good for.
    pub status: Status,
    /// Why it is not better; the worst first.
    pub causes: Vec<Cause>,
    /// What the asset trades at.
    pub market: Option<Price>,
    /// What it is worth by what it can be redeemed for; `None` where it cannot be.
    pub fundamental: Option<Price>,
    /// What collateral is valued at: the market, kept near the fundamental price.
    pub liquidation: Option<Price>,
    /// One standard error of the market price, in its unit.
    pub confidence: Option<Price>,
    /// When the market price was last supported by sources.
    pub as_of: Option<Moment>,
    /// How long ago that is.
    pub age: Span,
    /// How far the market is from the fundamental price, as a part of that: negative where it is below.
    pub divergence: Option<Ratio>,
    /// The last price that was good.
    pub last_good: Option<LastGood>,
    /// The prices of the markets that sources have parted into; empty where they have not.
    pub clusters: Vec<Price>,
    /// Every source, in configured order.
    pub sources: Vec<SourceReport>,
    /// How many groups are used, and how many make it live.
    pub groups: (usize, usize),
    /// Averages over time.
    pub averages: Averages,
    /// Over what came in, the configuration and all of the above.
    pub digest: Digest,
}
