//! The oracle's decisions as a deterministic state machine: one price an asset out of many sources, that one broken
//! market cannot move, and that says when it does not know.
//!
//! [`Oracle`] takes in what sources say ([`Input`]), each with the moment it came at, and every
//! [`tick`](Oracle::tick) works out for each feed what is published ([`Tick`]): three lanes, a status, and for each
//! source whether it was used, and why not. Each stage on the way is a pure function in a file of its own: source
//! price, clocks, conversion, groups, gate, weights, median, confidence, jump guard, averages, exchange rate, band,
//! status. Nothing here reads a clock or a socket, and no float is on the way: the same inputs give the same bytes.

#![cfg_attr(
    not(test),
    deny(
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::integer_division,
        clippy::as_conversions,
        clippy::iter_over_hash_type,
        clippy::indexing_slicing
    )
)]

mod average;
mod band;
mod blend;
mod clocks;
mod cluster;
mod confidence;
mod convert;
mod cost;
mod depth;
mod digest;
mod event;
mod explain;
mod feed;
mod frozen;
mod gate;
mod gather;
mod graph;
mod group;
mod hash;
mod id;
mod input;
mod jump;
mod lanes;
mod logarithm;
mod median;
mod oracle;
mod plan;
mod rate;
mod refusal;
mod rule;
mod settings;
mod smooth;
mod source;
mod status;
mod tick;
mod volatility;
mod volume;
mod weight;

pub use average::{Average, Averages};
pub use cost::{CostToMove, Direction, cost_to_move};
pub use digest::Digest;
pub use event::{Event, EventKind};
pub use explain::explain;
pub use gate::{Gate, Gated, gate};
pub use group::GroupPrice;
pub use id::{FeedId, SourceId};
pub use input::{Depth, Input, Moment, Quote, RateReading, Trade};
pub use jump::{Jump, JumpGuard};
pub use median::{Weighted, median, weighted_median, weighted_quantile};
pub use oracle::Oracle;
pub use plan::{ConfigMistake, Plan};
pub use rate::{RateGuard, RateRecord, RateStanding};
pub use refusal::Refusal;
pub use rule::{Cap, Collateral, Rule};
pub use settings::{
    Class, FeedSettings, FundamentalSettings, GroupKind, OracleSettings, Parameters, RateSettings,
    SourceSettings,
};
pub use source::{SourceLimits, source_price};
pub use status::{Cause, Status};
pub use tick::{LastGood, SourceReport, Tick};
pub use weight::{WEIGHT, capped_weights};
