//! Snapshots: what the core knows at one moment, as plain values for people and pages.

use units::{Span, Timestamp};

use crate::alarm::Alarm;
use crate::block::BlockRef;
use crate::class::MethodClass;
use crate::contest::Ground;
use crate::fees::FeeReport;
use crate::integrity::OpinionCounts;
use crate::inventory::{ForkSnapshot, VersionShare};
use crate::quota::QuotaSnapshot;
use crate::upstream::State;

/// The verdict on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Agreement, or an ordinary reorg.
    Healthy,
    /// Answering, but there is an outlier, one domain left, or half the weight stopped.
    Degraded,
    /// Branches have parted for good and one has won.
    Split,
    /// Branches have parted for good and none has won.
    Undecided,
    /// All stopped at one head.
    Stalled,
    /// Nobody answers.
    Unreachable,
}

impl Verdict {
    /// The verdict as it is written in `/v1/chains/NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Split => "split",
            Self::Undecided => "undecided",
            Self::Stalled => "stalled",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Everything that is shown of a chain.
#[derive(Clone, Debug)]
pub struct ChainSnapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict's reason, in a sentence.
    pub verdict_reason: String,
    /// The agreed head.
    pub head: Option<BlockRef>,
    /// When the agreed head last moved.
    pub head_moved_at: Timestamp,
    /// Seconds since 1970 in the agreed head's header.
    pub head_timestamp: Option<u64>,
    /// The agreed `safe` block.
    pub safe: Option<BlockRef>,
    /// The agreed `finalized` block.
    pub finalized: Option<BlockRef>,
    /// The last block that the branches share, where there is more than one.
    pub fork: Option<BlockRef>,
    /// The contest between branches that have parted for good, the newest where there are several.
    pub contest: Option<ContestSnapshot>,
    /// The latest verdicts with their reasons, oldest first.
    pub history: Vec<VerdictChange>,
    /// Independent domains declared, after merging.
    pub domains: usize,
    /// Independent domains with an upstream that serves.
    pub domains_serving: usize,
    /// The branches that somebody stands on, heaviest first.
    pub branches: Vec<Branch>,
    /// Whether branches have parted for more than an ordinary reorg.
    pub contested: bool,
    /// Warnings about independence, and the alarms in words.
    pub warnings: Vec<String>,
    /// The alarms that hold.
    pub alarms: Vec<Alarm>,
    /// The versions that upstreams run, heaviest first.
    pub versions: Vec<VersionShare>,
    /// How ready the upstreams are for each fork that was declared.
    pub forks: Vec<ForkSnapshot>,
    /// What inclusion costs.
    pub fees: FeeReport,
    /// Second opinions since the start.
    pub opinions: OpinionCounts,
    /// Counters since the start.
    pub counts: Counts,
    /// The upstreams in declared order.
    pub upstreams: Vec<UpstreamSnapshot>,
}

/// A verdict from when it was first drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// When it was drawn.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason at that time, in a sentence.
    pub reason: String,
}

/// A contest and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestSnapshot {
    /// The last block that the branches share.
    pub fork: BlockRef,
    /// When they were first seen to part.
    pub parted_at: Timestamp,
    /// What decided it; `None` while it is undecided.
    pub ground: Option<Ground>,
    /// Why it was decided, or why it is not.
    pub reason: String,
    /// Answers about blocks of branches that lost, given before it was decided.
    pub served_before: u64,
}

/// What is made of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BranchStanding {
    /// The one that is agreed on, without a contest.
    Agreed,
    /// It has won a contest.
    Winner,
    /// It has lost one.
    Loser,
    /// It is held by too few to contest.
    Outlier,
    /// The contest that it is in is undecided.
    Contested,
}

impl BranchStanding {
    /// The standing as it is written in `/v1/chains/NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Winner => "winner",
            Self::Loser => "loser",
            Self::Outlier => "outlier",
            Self::Contested => "contested",
        }
    }
}

/// One branch and who stands on it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its newest block.
    pub head: BlockRef,
    /// Its first block after the fork, where branches have parted.
    pub first: Option<BlockRef>,
    /// What is made of it.
    pub standing: BranchStanding,
    /// Blocks on it since the fork.
    pub blocks: u64,
    /// Blocks that were due on it since the branches were first seen to part, by the usual time between two.
    pub due: u64,
    /// Names of the upstreams on it.
    pub voters: Vec<String>,
    /// Their weight, in thousandths of one operator's vote.
    pub weight_milli: u64,
}

/// Everything that is shown of one upstream.
#[derive(Clone, Debug)]
pub struct UpstreamSnapshot {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Its own head.
    pub head: Option<BlockRef>,
    /// Client family, declared or discovered.
    pub client: Option<String>,
    /// What `web3_clientVersion` says.
    pub version: Option<String>,
    /// Declared operator.
    pub operator: String,
    /// Declared cloud.
    pub cloud: Option<String>,
    /// Average time to answer, peaks kept for some seconds; of the busiest class.
    pub latency: Option<Span>,
    /// Method classes it is out for.
    pub ejected: Vec<MethodClass>,
    /// What it lets us ask, and how much of that is used.
    pub quota: QuotaSnapshot,
    /// Calls under way to it.
    pub in_flight: u32,
    /// Most calls that may be under way to it at once, where that is bounded.
    pub room: Option<u32>,
    /// Calls sent to it.
    pub calls: u64,
    /// Calls that it failed.
    pub failures: u64,
    /// Wrong answers since the start, by the check that they failed.
    pub wrong_answers: Vec<(&'static str, u64)>,
    /// Whether it may have answered wrongly of late.
    pub suspected: bool,
}

/// Counters of a chain since the start; each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Client calls that were forwarded.
    pub calls: u64,
    /// Of these, how many got an answer of an upstream.
    pub answered: u64,
    /// Of these, how many got an error of ours instead.
    pub refused: u64,
    /// Calls sent again after a failure.
    pub retries: u64,
    /// Calls sent a second time because the first took long.
    pub hedges: u64,
    /// Hedges whose answer was used.
    pub hedges_won: u64,
    /// Calls sent only to learn whether an upstream is well again.
    pub trials: u64,
    /// Reorgs of the agreed head.
    pub reorgs: u64,
}
