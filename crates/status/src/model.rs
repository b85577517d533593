//! The page's input: what the parts know at one moment, as plain values.
//!
//! The binary fills these from the parts' own snapshots about once a second. Times are milliseconds
//! since 1970-01-01T00:00:00Z, latencies microseconds, counters grow from the start of the process.
//! Texts may come from outside (an upstream's error, say): they are escaped and shortened when shown,
//! but must already be free of secrets.

use crate::price::PriceView;
use crate::venue::VenueView;

/// Everything the page shows of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// When it was taken.
    pub at_unix_ms: u64,
    /// The version of Seawall that runs.
    pub version: String,
    /// The chains in configured order.
    pub chains: Vec<ChainView>,
    /// The oracle's assets in configured order; empty where there is no oracle.
    pub prices: Vec<PriceView>,
    /// The venue, where there is one.
    pub venue: Option<VenueView>,
    /// Sentences that concern the whole installation, such as "this is a practice world".
    pub notices: Vec<String>,
    /// Places outside everything that is watched, asked now and then to tell a failure of our own
    /// connection from theirs; empty where none are configured.
    pub controls: Vec<ControlView>,
}

/// A place outside everything that is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlView {
    /// Its address without anything secret.
    pub name: String,
    /// Whether it answered when it was last asked; `None` before the first answer.
    pub answers: Option<bool>,
}

/// The verdict on a chain, as `/v1/chains/NAME` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Nothing has been measured yet.
    #[default]
    Unknown,
}

/// A block by number and hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockView {
    /// Its number.
    pub number: u64,
    /// Its hash as `0x` and 64 hex digits.
    pub hash: String,
    /// Milliseconds since it was made or first seen; `None` where that is not known.
    pub age_ms: Option<u64>,
}

/// Counters of client calls; each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls that clients sent.
    pub total: u64,
    /// Of these, how many got an error of ours instead of an upstream's answer.
    pub failed: u64,
    /// Calls sent again to another upstream after a failure.
    pub retried: u64,
    /// Calls sent a second time because the first took long.
    pub hedged: u64,
}

/// How many calls may be under way to a chain's upstreams together, and who is kept waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacesView {
    /// Places that the limits of those that serve add up to.
    pub places: u32,
    /// How many of them are taken.
    pub taken: u32,
    /// Calls that wait for one.
    pub waiting: u64,
    /// Calls sent away for want of one since the start.
    pub shed: u64,
}

/// A fork that is known to come, and who is ready for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForkView {
    /// Its configured name.
    pub name: String,
    /// The block that it comes with; `None` where that cannot be said yet.
    pub block: Option<u64>,
    /// Milliseconds until then; `None` where it has come or that cannot be said.
    pub in_ms: Option<u64>,
    /// Whether the agreed head is at it or beyond.
    pub has_come: bool,
    /// Upstreams whose version does not know it, each with its version and the one needed.
    pub unready: Vec<String>,
    /// Upstreams of which that is not known.
    pub unknown: Vec<String>,
}

/// Time from a client's call to its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyView {
    /// Half of the calls were faster, in microseconds.
    pub p50: u64,
    /// All but one in a hundred were faster, in microseconds.
    pub p99: u64,
}

/// What has become of a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BranchStanding {
    /// The one that is followed; nothing contests it.
    #[default]
    Agreed,
    /// It won the contest and is followed.
    Winner,
    /// It lost the contest: who stands on it gets no calls.
    Loser,
    /// Too few stand on it for a contest: who does gets no calls.
    Outlier,
    /// The contest is open.
    Contested,
}

/// One branch of a chain and who stands on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchView {
    /// Its newest block.
    pub head: BlockView,
    /// Its first block after the fork; `None` where that is not known or it has none.
    pub first: Option<BlockView>,
    /// Names of the upstreams on it.
    pub voters: Vec<String>,
    /// Their weight, in thousandths of one operator's vote.
    pub weight_milli: u64,
    /// What has become of it.
    pub standing: BranchStanding,
    /// How fast it grows since the branches parted; `None` where that is not known.
    pub growth: Option<GrowthView>,
}

/// How fast a branch grows. It is shown and never decides: a branch can be slow and right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrowthView {
    /// Blocks that it got.
    pub blocks: u64,
    /// Blocks that were due at the usual time between two.
    pub due: u64,
    /// Over how long, in milliseconds.
    pub over_ms: u64,
}

/// A verdict on a chain from some moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerdictEntry {
    /// Since when.
    pub at_unix_ms: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a sentence without a full stop.
    pub reason: String,
}

/// One chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// Its configured name.
    pub name: String,
    /// Its EIP-155 id.
    pub chain_id: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a sentence without a full stop.
    pub verdict_reason: String,
    /// The agreed head.
    pub head: Option<BlockView>,
    /// The agreed finalized block.
    pub finalized: Option<BlockView>,
    /// The last block that the branches share, where there is more than one.
    pub fork: Option<BlockView>,
    /// The branches that somebody stands on, heaviest first.
    pub branches: Vec<BranchView>,
    /// The verdicts in turn, oldest first, at most 64; the last is the present one.
    pub verdicts: Vec<VerdictEntry>,
    /// The expected time between blocks, in milliseconds.
    pub block_time_ms: u64,
    /// Upstreams configured.
    pub endpoints: usize,
    /// Independent failure domains among them.
    pub domains: usize,
    /// Warnings about independence.
    pub warnings: Vec<String>,
    /// Counters of client calls.
    pub calls: CallCounts,
    /// Latency that clients see; `None` before the first call.
    pub latency_us: Option<LatencyView>,
    /// Who is let in; `None` before that is known.
    pub places: Option<PlacesView>,
    /// Forks that are known to come, in configured order.
    pub forks: Vec<ForkView>,
    /// The upstreams in configured order.
    pub upstreams: Vec<UpstreamView>,
}

/// What an upstream may be used for, as `/v1/chains/NAME` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpstreamState {
    /// Agrees with the others and answers.
    Serving,
    /// Behind the agreed head, frozen, or pausing at its own wish.
    Lagging,
    /// Came back and must first show that it stays.
    Probation,
    /// On a branch of its own, or claims what nobody confirms.
    Quarantined,
    /// On another chain.
    Rejected,
    /// Gives no usable answer, or has not been heard from yet.
    #[default]
    Unreachable,
}

/// How much an upstream lets us ask, and how much of that is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaView {
    /// Requests within the last second.
    pub second_used: u64,
    /// Requests a second that it bears; `None` where none is known.
    pub second_limit: Option<u64>,
    /// Whether that was learned from its refusals rather than declared.
    pub learned: bool,
    /// Requests within the last 24 hours.
    pub day_used: u64,
    /// Requests a day that it bears; `None` where none is declared.
    pub day_limit: Option<u64>,
}

/// One upstream of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamView {
    /// Its configured name.
    pub name: String,
    /// Its state.
    pub state: UpstreamState,
    /// Why, in words without a full stop.
    pub reason: String,
    /// Since when it is in this state; 0 where that is not known.
    pub since_unix_ms: u64,
    /// Its own head.
    pub head: Option<BlockView>,
    /// Blocks behind the agreed head; `None` where that is not known, which is not zero.
    pub behind_blocks: Option<u64>,
    /// Client software as it names itself, such as `Geth/v1.14.0-stable/linux-amd64`; "" where unknown.
    pub client: String,
    /// The implementation, such as `geth`; "" where neither declared nor discovered.
    pub family: String,
    /// Who operates it; "" where not declared.
    pub operator: String,
    /// Where it runs; "" where not declared.
    pub cloud: String,
    /// Its present average time to answer us, in microseconds.
    pub latency_us: Option<u64>,
    /// Method classes that it is out for, because their breaker is open.
    pub failing_classes: Vec<String>,
    /// Calls under way to it.
    pub under_way: u32,
    /// Calls that may be under way to it at once; `None` where that is not bounded.
    pub room: Option<u32>,
    /// What it lets us ask.
    pub quota: QuotaView,
    /// Calls sent to it.
    pub calls: u64,
    /// Calls that it failed.
    pub failures: u64,
}

/// One entry of the event log: what was decided and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventView {
    /// When it was decided.
    pub at_unix_ms: u64,
    /// The chain it is about.
    pub chain: String,
    /// The upstream it is about, if it is about one.
    pub upstream: Option<String>,
    /// What kind of decision, in one word.
    pub kind: String,
    /// The decision and its reason.
    pub text: String,
}

impl Verdict {
    /// The verdict in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Split => "split",
            Self::Undecided => "undecided",
            Self::Stalled => "stalled",
            Self::Unreachable => "unreachable",
            Self::Unknown => "unknown",
        }
    }
}

impl BranchStanding {
    /// The standing in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreed | Self::Winner => "followed",
            Self::Loser => "rejected",
            Self::Outlier => "outlier",
            Self::Contested => "undecided",
        }
    }

    /// Whether `latest` is answered from it.
    #[must_use]
    pub const fn is_followed(self) -> bool {
        matches!(self, Self::Agreed | Self::Winner)
    }
}

impl UpstreamState {
    /// The state in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Lagging => "lagging",
            Self::Probation => "probation",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether calls are sent to it without reserve or to see that it stays well.
    #[must_use]
    pub const fn is_out(self) -> bool {
        match self {
            Self::Serving | Self::Probation => false,
            Self::Lagging | Self::Quarantined | Self::Rejected | Self::Unreachable => true,
        }
    }
}

impl ChainView {
    /// The upstreams that serve.
    pub fn serving(&self) -> impl Iterator<Item = &UpstreamView> {
        self.upstreams.iter().filter(|upstream| upstream.state == UpstreamState::Serving)
    }

    /// The upstream of this name.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<&UpstreamView> {
        self.upstreams.iter().find(|upstream| upstream.name == name)
    }

    /// The upstreams that are out.
    pub fn out(&self) -> impl Iterator<Item = &UpstreamView> {
        self.upstreams.iter().filter(|upstream| upstream.state.is_out())
    }
}
