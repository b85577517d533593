//! What a day is: venues, and what is true and said at each moment of it.

use oracle_core::{Class, GroupKind};
use units::Price;

/// One venue of the day's asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Venue {
    pub(crate) name: &'static str,
    pub(crate) kind: GroupKind,
    /// Whether its prices are in tether.
    pub(crate) in_tether: bool,
}

/// The money behind an asset, where it is redeemed for something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Worth {
    /// Nothing but its market.
    Market,
    /// A dollar.
    Dollar,
    /// So much ether, where its growth is measured from another rate: at the day's beginning, or the year before.
    Ether { rate: Price, snapshot: Price, fresh: bool },
}

/// One moment of a day, before noise.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// What the asset is truly worth, in dollars.
    pub(crate) truth: Price,
    /// What each venue trades at, in its own unit; `None` where nothing comes from it.
    pub(crate) said: Vec<Option<Price>>,
    /// How much is traded on each.
    pub(crate) volumes: Vec<u64>,
    /// What tether is said to be worth; `None` where that feed is gone.
    pub(crate) tether: Option<Price>,
    /// What ether costs; `None` where that feed is gone.
    pub(crate) ether: Option<Price>,
}

/// A day.
pub(crate) struct Day {
    pub(crate) title: &'static str,
    /// What happens, in a sentence or two.
    pub(crate) story: &'static str,
    pub(crate) minutes: u64,
    pub(crate) class: Class,
    pub(crate) worth: Worth,
    pub(crate) venues: Vec<Venue>,
    /// When the truth has moved for good, in milliseconds, where it does.
    pub(crate) moved_at: Option<u64>,
    /// The scene so many milliseconds into the day.
    pub(crate) at: Box<dyn Fn(u64) -> Scene>,
}
