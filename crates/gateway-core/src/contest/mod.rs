//! Contests: branches that have parted for more than an ordinary reorg, and which of them is followed.
//!
//! `partings` finds them, `roll` says who has a vote, `decide` is the rule. How the chain carries it out is in
//! `ruling`, what it rules on in `evidence`, and how it keeps to it in `uphold`. A contest lasts until everyone
//! is back on one branch.

mod decide;
mod partings;
mod roll;

use core::fmt;

use units::Timestamp;

use crate::block::{BlockHash, BlockRef};
use crate::domain::WEIGHT;

pub use decide::Ground;
pub(crate) use decide::{Decision, Evidence, by_finality, contenders, decide};
pub(crate) use partings::{Parted, Partings, Side};
pub(crate) use roll::{Candidate, Member, Roll};

/// Contests remembered at once. A second one begins above the first only where the winners part again.
pub(crate) const CONTESTS_MAX: usize = 4;

/// Blocks that the agreed head moves on before an upstream that was on a wrong branch serves and votes again:
/// an epoch, within which a node that is still broken parts again.
pub(crate) const PROBATION_BLOCKS: u64 = 32;

/// A contest and how it stands.
#[derive(Clone, Debug)]
pub(crate) struct Contest {
    /// The last block that the branches share.
    pub(crate) fork: BlockRef,
    /// When the branches were first seen to part.
    pub(crate) parted_at: Timestamp,
    /// Who has a vote.
    pub(crate) roll: Roll,
    /// The branches.
    pub(crate) sides: Vec<Side>,
    /// The winner, once there is one.
    pub(crate) won: Option<Won>,
    /// Why there is none.
    pub(crate) undecided: String,
}

/// The branch that is followed.
#[derive(Clone, Debug)]
pub(crate) struct Won {
    /// Its first block after the fork: every head must descend from it.
    pub(crate) first: BlockRef,
    /// What decided.
    pub(crate) ground: Ground,
    /// The reason in words.
    pub(crate) reason: String,
    /// Answers about blocks of other branches that had gone to clients before.
    pub(crate) served_before: u64,
}

/// Why an upstream is put out for the branch that it is on, until it shows a head on ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exile {
    /// The last block that it shares with us.
    pub(crate) fork: BlockRef,
    /// Its branch's first block.
    pub(crate) first: BlockRef,
    /// Whether its branch lost a contest, which only finality or the operator can undo.
    pub(crate) lost: bool,
    /// The reason in words, without the alarm.
    pub(crate) reason: String,
    /// What is to be feared, where it may be right and everyone else wrong.
    pub(crate) alarm: Option<ExileAlarm>,
}

impl Exile {
    /// Being put out for standing on a branch that lost a contest.
    pub(crate) const fn lost(fork: BlockRef, first: BlockRef, reason: String) -> Self {
        Self { fork, first, lost: true, reason, alarm: None }
    }

    /// The reason in words, with the alarm.
    pub(crate) fn told(&self) -> String {
        let alarm = self.alarm.as_ref().map_or_else(String::new, |alarm| format!("; {alarm}"));
        format!("{}{alarm}", self.reason)
    }
}

/// One against all, where all are of one client family: a bug of that family looks just like a fault of the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExileAlarm {
    /// The client family of who is put out; `None` where it is not known.
    pub(crate) family: Option<String>,
    /// The one that all others run.
    pub(crate) others: String,
}

impl fmt::Display for ExileAlarm {
    /// Writes `all others run geth: if besu is right, everyone else is wrong`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.family.as_deref().unwrap_or("it");
        write!(
            formatter,
            "all others run {}: if {family} is right, everyone else is wrong",
            self.others
        )
    }
}

/// Why a command to follow a branch was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// There is nothing to choose from.
    #[error("no branches have parted for longer than an ordinary reorg")]
    NoContest,
    /// The block is on none of the branches.
    #[error("block {block} is on none of the branches; their first blocks are {branches}")]
    NotABranch {
        /// The block that was named.
        block: BlockHash,
        /// The branches' first blocks.
        branches: String,
    },
}

impl Ground {
    /// The ground as it is written in events and pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Finality => "finality",
            Self::Trust => "trust",
            Self::Command => "command",
        }
    }
}

/// A weight as a number of votes, such as `1.500`.
pub(crate) fn votes(weight: u64) -> String {
    let milli = weight_milli(weight);
    let (whole, rest) = (milli.checked_div(1_000), milli.checked_rem(1_000));
    format!("{}.{:03}", whole.unwrap_or(0), rest.unwrap_or(0))
}

/// A weight in thousandths of one operator's vote, rounded to the nearest.
pub(crate) fn weight_milli(weight: u64) -> u64 {
    let half = WEIGHT.checked_div(2).unwrap_or(0);
    weight.saturating_mul(1_000).saturating_add(half).checked_div(WEIGHT).unwrap_or(0)
}
