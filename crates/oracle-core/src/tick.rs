//! What is published: one record a feed and tick.

use units::{Price, Ratio, Span};

use crate::average::Averages;
use crate::digest::Digest;
use crate::id::SourceId;
use crate::input::Moment;
use crate::refusal::Refusal;
use crate::status::{Cause, Status};

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
    /// How long ago something last came from its connection; `None` where nothing ever did.
    pub heard: Option<Span>,
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
    /// When the market price was last supported by sources, and by what they are converted with.
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
