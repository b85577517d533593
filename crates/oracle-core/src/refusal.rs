//! Why a source is not used.

use std::fmt;

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
    /// It was asked, and has no price.
    NoPrice,
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
            Self::NoPrice => "no_price",
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
            Self::NothingYet => "no price has come from it yet",
            Self::Silent => "nothing has come from it for too long",
            Self::Lost => "its connection is gone",
            Self::Gap => "messages of it are missing",
            Self::NoPrice => "it was asked, and has no price that can be believed",
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
