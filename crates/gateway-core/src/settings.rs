//! What the core is told about a chain, with the reason for each default.

use units::Span;

use crate::block::BlockHash;
use crate::inventory::ForkSettings;
use crate::quota::QuotaSettings;

/// A chain and its upstreams, as the operator declared them.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// The chain's name in events.
    pub name: String,
    /// The chain id (EIP-155) that every upstream must report.
    pub chain_id: u64,
    /// The usual time between two blocks.
    pub block_time: Span,
    /// The hash of block 0, where declared; else what most operators report.
    pub genesis: Option<BlockHash>,
    /// Extra calls allowed, in per cent of first calls over ten seconds.
    pub retry_budget_percent: u32,
    /// Reads that are asked again of another domain, in a thousand; 0 for none.
    pub second_opinion_per_mille: u32,
    /// Changes of the rules that are known beforehand.
    pub forks: Vec<ForkSettings>,
    /// Who has a vote on heads and branches.
    pub votes: Votes,
    /// What is made of a branch that one operator holds alone.
    pub lone_dissenter: LoneDissenter,
    /// What `latest` means while branches have parted and none has won.
    pub when_undecided: WhenUndecided,
    /// The upstreams; ids are positions in this list.
    pub upstreams: Vec<UpstreamSettings>,
}

/// Who has a vote on heads and branches. Only the first of these guards against anything; the others are there to be
/// compared with it, in drills and on one's own traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Votes {
    /// Each operator has one, shared by its endpoints, and between branches each client family has one at most.
    #[default]
    Operator,
    /// Each endpoint has one, whoever runs it and whatever it runs.
    Endpoint,
    /// Nobody has: the highest head that any upstream shows is the head, whatever branch it is on, and no upstream is put
    /// out for its branch or for standing still. It is what a plain balancer does.
    Nobody,
}

/// What is made of a branch that one operator holds alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoneDissenter {
    /// It is the odd one out: put out, with an alarm where all the others run one client.
    #[default]
    Outlier,
    /// It is heard like any other: no branch is followed until the contest is decided.
    Undecided,
}

/// What `latest` means while branches have parted and none has won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenUndecided {
    /// Nothing: calls about it are refused, with the branches named.
    #[default]
    Refuse,
    /// The agreed finalized block, which all branches share; refused where that is not known.
    Finalized,
}

/// An upstream's position in [`ChainSettings::upstreams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpstreamId(pub u8);

impl UpstreamId {
    /// The position in the list of upstreams.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One upstream, as the operator declared it.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// Its name in events and snapshots.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Where it runs.
    pub cloud: Option<String>,
    /// Its client family, where declared.
    pub client: Option<String>,
    /// Whether the operator of this gateway vouches for it, which breaks ties between branches.
    pub trusted: bool,
    /// What it lets us ask, where declared.
    pub quota: QuotaSettings,
}

/// About how many probes one upstream is sent a day on a chain with this block time: heads four times a block,
/// `safe` and `finalized` once, and the few that come by the hour. Prices are asked of one for all.
#[must_use]
pub fn probes_per_day(block_time: Span) -> u64 {
    let day = Span::from_secs(86_400).as_millis();
    let every = |interval: Span| day.checked_div(interval.as_millis().max(1)).unwrap_or(0);
    let tags = every(block_time.max(Span::from_millis(500))).saturating_mul(2);
    every(poll_interval(block_time)).saturating_add(tags)
}

fn poll_interval(block_time: Span) -> Span {
    block_time.divided_by(4).clamped(Span::from_millis(100), Span::from_secs(3))
}

impl ChainSettings {
    /// A chain with nothing declared but what it needs to have.
    #[must_use]
    pub fn new(
        name: &str,
        chain_id: u64,
        block_time: Span,
        upstreams: Vec<UpstreamSettings>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            chain_id,
            block_time,
            genesis: None,
            retry_budget_percent: 20,
            second_opinion_per_mille: 10,
            forks: Vec::new(),
            votes: Votes::default(),
            lone_dissenter: LoneDissenter::default(),
            when_undecided: WhenUndecided::default(),
            upstreams,
        }
    }

    /// Time between two looks at an upstream's head: a quarter of the block time, so that a new head is
    /// known well within its own block, but not under 100 ms nor over 3 s.
    #[must_use]
    pub fn poll_interval(&self) -> Span {
        poll_interval(self.block_time)
    }

    /// Longest wait for a probe: one block time, at least 500 ms (a far provider under load answers
    /// within that) and at most 3 s.
    #[must_use]
    pub fn probe_timeout(&self) -> Span {
        self.block_time.clamped(Span::from_millis(500), Span::from_secs(3))
    }

    /// After this long without a new block, while others have two more, an upstream is frozen. Two block
    /// times, so that with the poll interval it is out before it is three blocks behind.
    #[must_use]
    pub fn frozen_after(&self) -> Span {
        self.block_time.times(2)
    }

    /// Who has not shown its head for this long has no say between branches: three block times, or three looks
    /// where blocks come faster than looks.
    #[must_use]
    pub fn fresh_for(&self) -> Span {
        self.block_time.times(3).max(self.poll_interval().times(3))
    }

    /// After this long without known parents a head near ours is on no branch we know. Two block times, and
    /// long enough on fast chains for a gap to be filled header by header.
    #[must_use]
    pub fn unlinked_after(&self) -> Span {
        self.block_time.times(2).max(Span::from_secs(2))
    }

    /// After this long without a new block anywhere the chain is stalled: three block times (36 s on
    /// mainnet, where two missed slots in a row are ordinary) and at least 3 s.
    #[must_use]
    pub fn stalled_after(&self) -> Span {
        self.block_time.times(3).max(Span::from_secs(3)).plus(self.poll_interval())
    }
}

/// Blocks behind the agreed head after which an upstream is lagging although it moves.
pub(crate) const LAG_BLOCKS_MAX: u64 = 3;

/// Blocks that a branch may part from ours before it is more than an ordinary reorg.
pub(crate) const REORG_BLOCKS_MAX: u64 = 2;

/// Blocks below the agreed head that the tree remembers; more than two epochs of mainnet, so that
/// the finalized block is in it.
pub(crate) const TREE_WINDOW: u64 = 256;
