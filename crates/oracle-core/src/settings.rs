//! What is configured: feeds, their sources, and the numbers of the pipeline with the reason for each default.

use units::{Money, Ratio, Span};

use crate::rule::{Cap, Collateral, Rule};

/// Everything that is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OracleSettings {
    /// The feeds, each with a symbol of its own.
    pub feeds: Vec<FeedSettings>,
    /// The sources of all feeds.
    pub sources: Vec<SourceSettings>,
}

/// What an asset is like, which the defaults depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Traded deeply everywhere, such as bitcoin and ether.
    #[default]
    Major,
    /// Everything else that floats.
    Alternative,
    /// Meant to stay at, or to grow slowly against, something else: stablecoins and wrapped assets.
    Pegged,
}

impl Class {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Alternative => "alternative",
            Self::Pegged => "pegged",
        }
    }
}

/// One asset's price in the unit that its symbol ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSettings {
    /// Such as `BTC/USD`.
    pub symbol: String,
    /// The numbers of its pipeline.
    pub parameters: Parameters,
    /// What it is worth by what it can be redeemed for, where it can be.
    pub fundamental: Option<FundamentalSettings>,
}

/// What an asset can be redeemed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundamentalSettings {
    /// The feed of what comes out; `None` where that is the unit of the feed itself.
    pub base: Option<String>,
    /// How much of it comes out.
    pub rate: RateSettings,
}

/// How an exchange rate may move. Ratio and time of a record are one, and are only ever replaced together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateSettings {
    /// A rate that never moves, such as one dollar a token; `None` where it is read.
    pub fixed: Option<Ratio>,
    /// What it was at some moment, in milliseconds since 1970, where the operator vouches for that; otherwise the
    /// first reading starts the record.
    pub snapshot: Option<(Ratio, u64)>,
    /// The most that it may grow in a year, linearly. Twice the growth that is seen, ten per cent at most.
    pub growth_max: Ratio,
    /// The most that it may fall in a day: a slashing, spread over the days in which it is noticed.
    pub loss_max: Ratio,
    /// How old a record is before it is what growth is measured from. A young one could be what an attacker made.
    pub snapshot_age: Span,
    /// How many readers must say the same of the same block.
    pub readers: usize,
    /// How old a reading may be before the fundamental price counts as degraded.
    pub age_max: Span,
    /// What a reading above the bound is taken for.
    pub cap: Cap,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self {
            fixed: None,
            snapshot: None,
            growth_max: Ratio::from_bps(1_000),
            loss_max: Ratio::from_bps(100),
            // The shortest delay that CAPO's own parameters have in use.
            snapshot_age: Span::from_secs(7 * 24 * 3_600),
            readers: 1,
            // Rates change once a day or more slowly; an hour without a reading means the reader is broken.
            age_max: Span::from_secs(3_600),
            cap: Cap::Hold,
        }
    }
}

/// What kind of market a group is; a true move shows on more than one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// A company's order book.
    #[default]
    Exchange,
    /// A pool on a chain.
    Pool,
    /// What the issuer pays.
    Redemption,
    /// Somebody else's oracle: all that read it are one.
    Reference,
}

impl GroupKind {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Pool => "pool",
            Self::Redemption => "redemption",
            Self::Reference => "reference",
        }
    }
}

/// One market of one venue, or one pool, or one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// Such as `binance:BTCUSDT`; unique.
    pub name: String,
    /// The feed that it is a source of.
    pub feed: String,
    /// Who is behind it: one vote for each. All pools are their own, all readers of one oracle are one.
    pub group: String,
    /// What kind of market it is.
    pub kind: GroupKind,
    /// The feed that turns its prices into the feed's unit, such as `USDT/USD`; `None` where they are in it.
    pub quote: Option<String>,
    /// Whether its prices are of the unit in the asset, and have to be turned round.
    pub invert: bool,
    /// How long nothing at all may come from its connection before it is silent.
    pub silent_after: Span,
    /// How old its newest price may be, however alive its connection is; `None` where quiet is normal, as for pools.
    pub age_max: Option<Span>,
}

impl SourceSettings {
    /// A source with the defaults of an exchange's order book.
    #[must_use]
    pub fn new(name: &str, feed: &str, group: &str, kind: GroupKind) -> Self {
        Self {
            name: name.to_owned(),
            feed: feed.to_owned(),
            group: group.to_owned(),
            kind,
            quote: None,
            invert: false,
            // Every venue here sends something every second or three, or a heartbeat.
            silent_after: Span::from_secs(5),
            age_max: None,
        }
    }
}

/// The numbers of a feed's pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How what sources say becomes the market price.
    pub rule: Rule,
    /// Where the market price is to be an average of what the rule gives, over how long.
    pub average: Option<Span>,
    /// What collateral is valued at.
    pub collateral: Collateral,
    /// The widest spread, as a part of the midpoint, that still says something of a price.
    pub spread_max: Ratio,
    /// The least money within one per cent of the midpoint, on the thinner side, where that is known. Below it a
    /// single order is the price.
    pub depth_min: Money,
    /// A venue's clock, seen from here, further off than this counts half: its prices are late.
    pub skew_half: Span,
    /// Further off than this it does not count.
    pub skew_max: Span,
    /// A price that has not moved for so long,
    pub frozen_after: Span,
    /// while so many other groups
    pub frozen_groups: usize,
    /// have moved by more than this in one direction, is frozen.
    pub frozen_move: Ratio,
    /// How many times the median absolute deviation, made comparable to a standard deviation, a group may be off.
    pub gate_factor: Ratio,
    /// How far off a group may always be: venues differ by so much on a quiet day.
    pub gate_floor: Ratio,
    /// How long a refused group stays within half the floor before it is used again.
    pub return_after: Span,
    /// The largest weight of one group. Also never so much that a minority could carry the median.
    pub weight_cap: Ratio,
    /// How fast the weight by depth follows the book: slowly, because what counts is the book before the event.
    pub depth_time: Span,
    /// After a minute of so many times the usual volatility
    pub storm_factor: u32,
    /// weights stay as they were for so long: turnover crowds onto the broken market.
    pub storm_rest: Span,
    /// Confidence is never better than this part of the price.
    pub confidence_floor: Ratio,
    /// Confidence worse than this part of the price degrades the feed.
    pub confidence_max: Ratio,
    /// A step in one tick larger than this
    pub step_max: Ratio,
    /// and than so many standard deviations of a minute has to be shown by two thirds of the groups, twice.
    pub step_sigmas: u32,
    /// How long the last price is held while a step is not shown, or sources are gone, before that is said.
    pub held_max: Span,
    /// The fewest groups for `live`,
    pub quorum_min: usize,
    /// and the least share of those configured.
    pub quorum_share: Ratio,
    /// The liquidation lane stays this close above the fundamental price.
    pub band_up: Ratio,
    /// And this close below it, until markets of two kinds agree that it is worth less.
    pub band_down: Ratio,
    /// How fast the band then opens, in a minute.
    pub band_open: Ratio,
    /// The rate doubles after each such span of agreement, so that a true fall to 0.65 is followed within twenty
    /// minutes.
    pub band_double_after: Span,
    /// How fast it opens where redemption is known to be broken, in a minute.
    pub band_open_broken: Ratio,
    /// How fast it closes again, in a minute.
    pub band_close: Ratio,
    /// The share of groups below the band that counts as agreement.
    pub band_agreement: Ratio,
}

impl Parameters {
    /// The defaults for a class of assets. Where the classes differ the order is major, alternative, pegged.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        let [spread, gate, confidence, step] = match class {
            Class::Major => [50, 25, 30, 100],
            Class::Alternative => [200, 75, 150, 300],
            Class::Pegged => [100, 50, 50, 50],
        };
        Self {
            rule: Rule::Guarded,
            average: None,
            collateral: Collateral::Banded,
            spread_max: Ratio::from_bps(spread),
            depth_min: Money::whole(50_000),
            skew_half: Span::from_secs(2),
            skew_max: Span::from_secs(10),
            frozen_after: Span::from_secs(30),
            frozen_groups: 3,
            frozen_move: Ratio::from_bps(20),
            gate_factor: Ratio::from_bps(35_000),
            gate_floor: Ratio::from_bps(gate),
            return_after: Span::from_secs(60),
            weight_cap: Ratio::from_bps(3_000),
            depth_time: Span::from_secs(24 * 3_600),
            storm_factor: 5,
            storm_rest: Span::from_secs(30 * 60),
            confidence_floor: Ratio::from_bps(2),
            confidence_max: Ratio::from_bps(confidence),
            step_max: Ratio::from_bps(step),
            step_sigmas: 6,
            held_max: Span::from_secs(2),
            quorum_min: 3,
            quorum_share: Ratio::from_bps(6_000),
            band_up: Ratio::from_bps(50),
            band_down: Ratio::from_bps(50),
            band_open: Ratio::from_bps(50),
            band_double_after: Span::from_secs(5 * 60),
            band_open_broken: Ratio::from_bps(500),
            band_close: Ratio::from_bps(100),
            band_agreement: Ratio::from_raw(666_666_666_666),
        }
    }
}
