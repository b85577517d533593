//! The gateway's decisions as a deterministic state machine: heads, domains, health, calls.
//!
//! [`Chain`] knows the upstreams of one chain: which are independent, which are alive, what head they
//! agree on. [`Call`] and [`Submit`] carry one client call each through that knowledge: where it is sent,
//! when it is hedged or retried, which answer goes back. [`Cache`] keeps answers for as long as the chain
//! vouches for the block that they are of. None of them reads a clock, a socket or a
//! random number it was not given; the shell hands in what happened and when, and does what comes out.

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

mod account;
mod agree;
mod alarm;
mod attempt;
mod block;
mod breaker;
mod budget;
mod cache;
mod call;
mod chain;
mod class;
mod contest;
mod departure;
mod domain;
mod event;
mod evidence;
mod fees;
mod integrity;
mod inventory;
mod label;
mod latency;
mod load;
mod opinion;
mod outcome;
mod pick;
mod pricing;
mod probe;
mod quota;
mod readiness;
mod request;
mod room;
mod ruling;
mod seal;
mod served;
mod settings;
mod snapshot;
mod start;
mod submit;
mod tree;
mod trust;
mod unvoted;
mod uphold;
mod upstream;
mod verdict;
mod view;
mod vote;
mod watch;

pub use alarm::{Alarm, AlarmKind};
pub use block::{BlockHash, BlockRef, Header, View};
pub use cache::{
    Cache, CacheCounts, CacheKey, CacheSnapshot, KEPT_BYTES_MAX, KeptKey, Looked, Offer, Permit,
    Source,
};
pub use call::{Call, Handover};
pub use chain::Chain;
pub use class::MethodClass;
pub use contest::{FollowError, Ground};
pub use domain::DomainReport;
pub use event::{Event, EventKind};
pub use fees::{
    FEE_BLOCKS, FEE_PERCENTILES, FeeHistory, FeeQuote, FeeReport, FeeSource, FeeStress, Inclusion,
};
pub use integrity::{Fixed, Look, OpinionCounts, OpinionRequest, Side};
pub use inventory::{ClientVersion, ForkPoint, ForkSettings, ForkSnapshot, VersionShare};
pub use load::UpstreamLoad;
pub use outcome::{Doubt, Failure, Refusal, RefusalReason, Reply};
pub use probe::{Probe, ProbeAnswer, ProbeFailure, ProbeOrder};
pub use quota::{QuotaSettings, QuotaSnapshot};
pub use request::{CallInput, CallOutput, CallRequest, Needs};
pub use room::Standing;
pub use settings::{
    ChainSettings, LoneDissenter, UpstreamId, UpstreamSettings, Votes, WhenUndecided,
    probes_per_day,
};
pub use snapshot::{
    Branch, BranchStanding, ChainSnapshot, ContestSnapshot, Counts, UpstreamSnapshot, Verdict,
    VerdictChange,
};
pub use submit::{Submit, SubmitOutput, SubmitReply};
pub use tree::BlockTree;
pub use upstream::State;
