//! The one word on a price, and why it is not a better one.

use std::fmt;

use units::Ratio;

use crate::id::SourceId;

/// What a price is good for. Where more than one applies it is the first, from the worst on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All lanes are good.
    Live,
    /// The exchange rate has reached a bound and is held: nothing may be liquidated on the difference.
    Capped,
    /// There is a price, on too few sources, or with too little confidence.
    Degraded,
    /// The last price, for a moment: a step that is not proven, or sources that have just gone.
    Held,
    /// Two markets, and it cannot be told which is the true one: no single price.
    Split,
    /// No price.
    #[default]
    Halted,
}

impl Status {
    /// Its name on every interface.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Capped => "capped",
            Self::Degraded => "degraded",
            Self::Held => "held",
            Self::Split => "split",
            Self::Halted => "halted",
        }
    }
}

/// Why a status is not `live`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing has been heard since the start.
    Starting,
    /// So many groups are live; so many would be needed.
    FewGroups {
        /// Live ones that are used.
        live: usize,
        /// What is needed.
        quorum: usize,
    },
    /// Groups that are off could not be left out, since too few would remain.
    Blurred,
    /// The groups have parted.
    Parted,
    /// The price would step by so much, which too few groups show.
    Step {
        /// The step, as a part of the last price.
        step: Ratio,
        /// Groups that show it.
        shown: usize,
        /// Groups that would have to.
        needed: usize,
    },
    /// Confidence is this part of the price, and worse than its limit.
    Unsure(Ratio),
    /// A conversion that a used source needs is not live.
    Conversion(SourceId),
    /// All sources' clocks are off by about the same: it is ours, or the way to them is slow.
    OwnClock {
        /// By how many milliseconds they are behind ours.
        behind_ms: i64,
    },
    /// The exchange rate is above what it may have grown to.
    RateAbove(Ratio),
    /// The exchange rate is below what it may have fallen to.
    RateBelow(Ratio),
    /// The exchange rate was last read too long ago, or never.
    RateOld,
    /// The price of what the asset is redeemed for is not live.
    Base,
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => formatter.write_str("no source has said anything yet"),
            Self::FewGroups { live, quorum } => {
                write!(formatter, "{live} independent sources are used, and {quorum} are needed")
            }
            Self::Blurred => formatter.write_str(
                "some sources are far off and cannot be left out, since too few would remain",
            ),
            Self::Parted => {
                formatter.write_str("sources have parted, and neither side is most of them")
            }
            Self::Step { step, shown, needed } => write!(
                formatter,
                "a step of {} bp is shown by {shown} independent sources, and {needed} are needed",
                step.as_bps()
            ),
            Self::Unsure(part) => {
                write!(formatter, "the price is only known to {} bp", part.as_bps())
            }
            Self::Conversion(_) => {
                formatter.write_str("a price that others are converted with is not live")
            }
            Self::OwnClock { behind_ms } => write!(
                formatter,
                "all sources are {behind_ms} ms behind our clock: it is wrong, or the way is slow"
            ),
            Self::RateAbove(bound) => {
                write!(formatter, "the exchange rate is above its bound of {bound} and is held")
            }
            Self::RateBelow(bound) => {
                write!(formatter, "the exchange rate is below its bound of {bound} and is held")
            }
            Self::RateOld => {
                formatter.write_str("the exchange rate has not been read for too long")
            }
            Self::Base => formatter.write_str("the price of what it is redeemed for is not live"),
        }
    }
}
