//! What is asked, found and remembered of the truth of answers, as plain values.

use crate::class::MethodClass;
use crate::request::Needs;
use crate::settings::UpstreamId;

/// How the block of a read is fixed, so that every honest node gives one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// By its hash; `pins` where that takes a node that accepts hash objects (EIP-1898).
    Hash {
        /// Nodes that do not are sent the number in its place, and cannot be compared.
        pins: bool,
    },
    /// By its number, which says the same only once it is final.
    Number(u64),
}

/// What a delivered answer looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Like any answer.
    Plain,
    /// It says that there is nothing.
    Empty,
    /// A check found it strange, though not wrong.
    Suspect,
}

/// A read that was answered and may be asked again.
#[derive(Clone, Copy, Debug)]
pub struct OpinionRequest<'a> {
    /// The method's class.
    pub class: MethodClass,
    /// The method's name.
    pub method: &'a str,
    /// What an upstream must have.
    pub needs: Needs,
    /// How its block is fixed.
    pub fixed: Fixed,
    /// Who answered it.
    pub first: UpstreamId,
    /// What the answer looked like.
    pub look: Look,
}

/// How a third upstream's answer stands to two that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is the first one's.
    First,
    /// It is the second one's.
    Second,
    /// It is neither's, or cannot be compared.
    Neither,
}

/// Second opinions since the start, by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpinionCounts {
    /// Both said the same.
    pub same: u64,
    /// They contradicted each other.
    pub different: u64,
    /// They could not be held against each other.
    pub incomparable: u64,
    /// The second gave no answer.
    pub unanswered: u64,
}

/// What is known of how headers of this chain are hashed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seals {
    /// Headers are known to hash to their hash.
    pub(crate) sure: bool,
    /// That they do not has been told.
    pub(crate) told: bool,
}
